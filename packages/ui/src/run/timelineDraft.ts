/** A timeline, and the same while events are added to it: finds the block that an event belongs to, and changes it in place. */
import type { RunEvent } from "../api/types.ts"
import type { Bare, Block, MessageBlock } from "./Block.ts"
import { type Piece, pieceOf } from "./messagePieces.ts"

/** What was added to a message that is still being written. */
export interface LiveFrame {
  readonly messageId: string
  readonly offset: number
  readonly text: string
}

export interface Timeline {
  readonly blocks: ReadonlyArray<Block>
  /** How many of the last blocks are of the live view alone. They have no place in the log yet, so they stay behind all others. */
  readonly live: number
  /** Where blocks are that more may be added to, by what they are about. */
  readonly open: ReadonlyMap<string, number>
  readonly lastSeq: number
  /** The first event that tells of a failure. */
  readonly firstError: number | undefined
  /** Tokens of a turn that goes on, where the CLI tells them. */
  readonly interim: Extract<RunEvent, { readonly type: "run.usage" }>["payload"]["usage"]
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }
export interface Draft extends Mutable<Omit<Timeline, "blocks" | "open">> {
  blocks: Array<Block>
  open: Map<string, number>
  /** Blocks of the live view, by name, while events are added before them. */
  tail: Map<string, MessageBlock>
}

export const draftOf = (timeline: Timeline): Draft => ({
  ...timeline,
  blocks: [...timeline.blocks],
  open: new Map(timeline.open),
  tail: new Map(),
})

export const timelineOf = ({ blocks, firstError, interim, lastSeq, live, open }: Draft): Timeline => ({
  blocks,
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

/** A piece of an unfinished message. @param isStored from a checkpoint of the log, and not from the live view. */
export const addPiece = (draft: Draft, event: Pick<RunEvent, "seq" | "at">, piece: LiveFrame, isStored: boolean) => {
  const { messageId, offset, text } = piece
  const name = messageName(messageId)
  const live = draft.tail.get(name)
  if (live !== undefined) {
    // From now on it has a place in the log.
    draft.tail.delete(name)
    draft.open.set(name, draft.blocks.length)
    draft.blocks.push({ ...live, seq: event.seq })
  }
  change(draft, name, event, "message", (found) => {
    const before = found?.text ?? ""
    const missing = found?.missing ?? offset
    const start = offset - missing
    const goesOn = { kind: "message", state: "writing", missing } as const
    // The live view is ahead of what the log keeps of the same message.
    if (isStored && start >= 0 && before.startsWith(text, start)) return { ...goesOn, text: before }
    // A piece of the live view at the beginning begins the message again; another that is known already adds nothing.
    if (start < 0 || start > before.length) return { ...goesOn, text, missing: offset }
    if (offset > 0 && start + text.length <= before.length) return { ...goesOn, text: before }
    return { ...goesOn, text: before.slice(0, start) + text }
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

/** The names of messages that are being written, in the log or in the live view alone. */
const written = (draft: Draft): ReadonlyArray<readonly [string, Piece]> => {
  const found: Array<readonly [string, Piece]> = []
  const add = (name: string, block: Block | undefined) => {
    if (block?.kind !== "message") return
    found.push([name.slice(messageName("").length), { text: block.text, from: block.missing }])
  }
  for (const [name, index] of draft.open) add(name, draft.blocks[index])
  for (const [name, block] of draft.tail) add(name, block)
  return found
}

/** A finished message takes the place of its piece. */
export const finishMessage = (draft: Draft, event: Extract<RunEvent, { readonly type: "agent.message" }>) => {
  const { messageId, parentToolId, text } = event.payload
  const whole: Bare<MessageBlock> = { kind: "message", text, state: "done", missing: 0, parent: parentToolId }
  const name = messageName(messageId === undefined ? "" : (pieceOf(written(draft), messageId, text) ?? ""))
  const found = openBlock(draft, name, "message")
  const live = draft.tail.get(name)
  draft.open.delete(name)
  draft.tail.delete(name)
  if (found !== undefined) draft.blocks[found.index] = { ...found.block, ...whole }
  // Under the name that it was written with, so that it is drawn in place of that.
  else if (live !== undefined) draft.blocks.push({ ...live, ...whole, seq: event.seq })
  else push(draft, event, whole)
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
  for (const block of draft.tail.values())
    if (block.text !== "") draft.blocks.push({ ...block, state: "cut", seq: draft.lastSeq })
  draft.tail.clear()
}
