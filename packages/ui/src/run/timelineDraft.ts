/** A timeline while events are added to it: finds the block that an event belongs to, and changes it in place. */
import type { RunEvent } from "../api/types.ts"
import type { Bare, Block, MessageBlock } from "./Block.ts"
import type { LiveFrame, Timeline } from "./timeline.ts"

/** Pieces of finished messages that are remembered. */
const maxDone = 256

type Mutable<A> = { -readonly [K in keyof A]: A[K] }
export interface Draft extends Mutable<Omit<Timeline, "blocks" | "open" | "done">> {
  blocks: Array<Block>
  open: Map<string, number>
  done: Set<string>
  /** Blocks of the live view, by name, while events are added before them. */
  tail: Map<string, MessageBlock>
}

export const draftOf = (timeline: Timeline): Draft => ({
  ...timeline,
  blocks: [...timeline.blocks],
  open: new Map(timeline.open),
  done: new Set(timeline.done),
  tail: new Map(),
})

export const timelineOf = ({ blocks, done, firstError, interim, lastSeq, live, open }: Draft): Timeline => ({
  blocks,
  done,
  firstError,
  interim,
  lastSeq,
  live,
  open,
})

/** Puts the blocks of the live view aside, so that events come before them. */
export const takeLive = (draft: Draft) => {
  const settled = draft.blocks.length - draft.live
  const taken = [...draft.open].filter(([, index]) => index >= settled).toSorted(([, a], [, b]) => a - b)
  for (const [name, index] of taken) {
    const block = draft.blocks[index]
    draft.open.delete(name)
    if (block?.kind === "message") draft.tail.set(name, block)
  }
  draft.blocks.length = settled
  draft.live = 0
}

/** Puts those that are still being written back, behind all others. */
export const putLive = (draft: Draft) => {
  for (const [name, block] of draft.tail) {
    draft.open.set(name, draft.blocks.length)
    draft.blocks.push(block)
  }
  draft.live = draft.tail.size
  draft.tail.clear()
}

export const push = (
  draft: Draft,
  { at, seq }: Pick<RunEvent, "seq" | "at">,
  block: Bare<Block>,
  name: string = block.kind,
) => {
  draft.blocks.push({ ...block, key: `${name}-${seq}`, seq, at })
}

/** The open block of this name, for a change in place. */
export const openBlock = <K extends Block["kind"]>(draft: Draft, name: string, kind: K) => {
  const index = draft.open.get(name)
  const block = index === undefined ? undefined : draft.blocks[index]
  return index !== undefined && block?.kind === kind
    ? { index, block: block as Extract<Block, { readonly kind: K }> }
    : undefined
}

/** Changes the open block of this name, or begins it. */
export const change = <K extends Block["kind"]>(
  draft: Draft,
  name: string,
  event: Pick<RunEvent, "seq" | "at">,
  kind: K,
  next: (found: Extract<Block, { readonly kind: K }> | undefined) => Bare<Extract<Block, { readonly kind: K }>>,
) => {
  const found = openBlock(draft, name, kind)
  if (found !== undefined) {
    draft.blocks[found.index] = { ...found.block, ...next(found.block) }
    return
  }
  draft.open.set(name, draft.blocks.length)
  push(draft, event, next(undefined), `${kind}-${name}`)
}

const messageName = (id: string) => `message ${id}`

/** How many of the last blocks a piece that comes late is looked for in. */
const lateBlocks = 20

/** Whether the log has the message already that this is a piece of: the live view may be behind it. */
const isLate = ({ blocks, done }: Draft, { messageId, offset, text }: LiveFrame): boolean =>
  done.has(messageId) ||
  (done.has(messageId.replace(/:\d+$/, "")) &&
    blocks
      .slice(-lateBlocks)
      .some((block) => block.kind === "message" && block.state === "done" && block.text.startsWith(text, offset)))

/** A piece of an unfinished message, from the live view or from a checkpoint. */
export const addPiece = (draft: Draft, event: Pick<RunEvent, "seq" | "at">, piece: LiveFrame) => {
  if (isLate(draft, piece)) return
  const { messageId, offset, text } = piece
  const name = messageName(messageId)
  const live = draft.tail.get(name)
  if (live !== undefined) {
    // From now on it has a place in the log.
    draft.tail.delete(name)
    draft.open.set(name, draft.blocks.length)
    draft.blocks.push(live)
  }
  change(draft, name, event, "message", (found) => {
    const before = found?.text ?? ""
    const missing = found?.missing ?? offset
    // A piece at the beginning begins the message again; one that is known already adds nothing.
    const start = offset - missing
    const kept = start < 0 ? "" : before.slice(0, start)
    const next = offset > 0 && start + text.length <= before.length ? before : kept + text
    return { kind: "message", text: next, state: "writing", missing: start < 0 ? offset : missing }
  })
}

/** Takes blocks out, and says where the others are now. */
const without = (draft: Draft, gone: ReadonlySet<number>) => {
  if (gone.size === 0) return
  const places = new Map<number, number>()
  draft.blocks = draft.blocks.filter((_, index) => {
    if (gone.has(index)) return false
    places.set(index, places.size)
    return true
  })
  for (const [name, index] of draft.open) {
    const place = places.get(index)
    if (place === undefined) draft.open.delete(name)
    else draft.open.set(name, place)
  }
}

const markDone = (draft: Draft, messageId: string) => {
  draft.done.add(messageId)
  const [oldest] = draft.done
  if (draft.done.size > maxDone && oldest !== undefined) draft.done.delete(oldest)
}

/** A finished message takes the place of its pieces: `id`, `id:0`, `id:1`. */
export const finishMessage = (draft: Draft, event: Extract<RunEvent, { readonly type: "agent.message" }>) => {
  const { messageId, parentToolId, text } = event.payload
  const whole: Bare<MessageBlock> = { kind: "message", text, state: "done", missing: 0, parent: parentToolId }
  const isPiece = (name: string): boolean =>
    messageId !== undefined && (name === messageName(messageId) || name.startsWith(`${messageName(messageId)}:`))
  const pieces: Array<number> = []
  for (const [name, index] of draft.open) {
    if (!isPiece(name)) continue
    pieces.push(index)
    draft.open.delete(name)
    markDone(draft, name.slice("message ".length))
  }
  let live: MessageBlock | undefined
  for (const [name, block] of draft.tail) {
    if (!isPiece(name)) continue
    live ??= block
    draft.tail.delete(name)
    markDone(draft, name.slice("message ".length))
  }
  const [first, ...others] = pieces.toSorted((a, b) => a - b)
  const block = first === undefined ? undefined : draft.blocks[first]
  if (first === undefined || block === undefined) {
    if (messageId !== undefined) markDone(draft, messageId)
    // Under the name that it was written with, so that it is drawn in place of that.
    if (live === undefined) push(draft, event, whole)
    else draft.blocks.push({ ...live, ...whole })
    return
  }
  draft.blocks[first] = { ...block, ...whole } as Block
  without(draft, new Set(others))
}

/** No message goes on after this, and no tool if `tools` says so. */
export const closeOpen = (draft: Draft, tools: boolean) => {
  const gone = new Set<number>()
  for (const [name, index] of draft.open) {
    const block = draft.blocks[index]
    if (block?.kind === "message") {
      draft.open.delete(name)
      if (block.text === "") gone.add(index)
      else draft.blocks[index] = { ...block, state: "cut" }
    } else if (tools && block?.kind === "tool") {
      draft.open.delete(name)
      draft.blocks[index] = { ...block, state: "unfinished" }
    }
  }
  without(draft, gone)
  for (const block of draft.tail.values()) if (block.text !== "") draft.blocks.push({ ...block, state: "cut" })
  draft.tail.clear()
}
