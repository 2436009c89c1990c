/**
 * What is shown of messages while the log and the live view come by two ways: of runs made at random, in any order of
 * arrival that a server, a stream that breaks and a person who scrolls can bring about.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RunEvent } from "../../src/api/types.ts"
import { Conversation } from "../../src/run/Conversation.ts"
import { EventWindow } from "../../src/run/EventWindow.ts"
import { LivePieces } from "../../src/run/LivePieces.ts"
import type { LiveFrame } from "../../src/run/timeline.ts"
import { event } from "./events.ts"

/** What one message says: no two begin alike for longer than a few letters. */
const textOf = (message: number, part: number) =>
  `${["I'll", "Now", "The"][(message + part) % 3]} m${message}p${part} look at all of it, and then at the rest. Done.`

/** The same when it is finished: what is masked in the whole may be more than in its pieces. */
const wholeOf = (message: number, part: number) =>
  textOf(message, part).replace(/rest/, part % 2 === 0 ? "rest" : "[redacted:key#1]")

/** Which message and part a block is of that is being written. */
const partIn = (key: string): readonly [number, number] => {
  const [, message = "", part = ""] = /msg(\d+):(\d+)/.exec(key) ?? []
  return [Number(message), Number(part)]
}
const wholeIn = (key: string): string => wholeOf(...partIn(key))

/** A server: a log, and what is being written beside it. Each message has parts, which are told one by one. */
const serve = () => {
  const log: Array<RunEvent> = []
  const board = new Map<string, string>()
  let [message, part, written, saved] = [0, 0, 0, 0]
  const name = () => `msg${message}:${part}`
  const add = (...events: ReadonlyArray<(seq: number) => RunEvent>) => {
    for (const make of events) log.push(make(log.length + 1))
  }
  const finish = (isWhole: boolean) => {
    const text = wholeOf(message, part)
    const messageId = `msg${message}`
    add((seq) => event(seq, "agent.message", { messageId, text }))
    for (const id of board.keys()) if (id.startsWith(`${messageId}:`)) board.delete(id)
    ;[part, written, saved] = [part + 1, 0, 0]
    if (isWhole) [message, part] = [message + 1, 0]
  }
  const acts = [
    (count: number) => {
      const text = textOf(message, part)
      const next = Math.min(text.length, written + 1 + (count % 20))
      if (next > written) board.set(name(), (board.get(name()) ?? "") + text.slice(written, next))
      written = next
    },
    () => {
      const [messageId, offset, text] = [name(), saved, textOf(message, part).slice(saved, written)]
      if (text === "") return
      add((seq) => event(seq, "agent.message_partial", { messageId, offset, text }))
      saved = written
    },
    () => finish(false),
    () => finish(true),
    (count: number) => add((seq) => event(seq, "agent.warning", { text: `w${count}` })),
  ]
  return { log, board, act: (which: number, count: number) => acts[which % acts.length]?.(count) }
}

/** Frames for one reader, as the server makes them: what was added since its last look. */
const reader = (board: ReadonlyMap<string, string>) => {
  const seen = new Map<string, number>()
  return (): ReadonlyArray<LiveFrame> => {
    const frames: Array<LiveFrame> = []
    for (const id of seen.keys()) if (!board.has(id)) seen.delete(id)
    for (const [messageId, text] of board) {
      const offset = seen.get(messageId) ?? 0
      if (text.length > offset) frames.push({ messageId, offset, text: text.slice(offset) })
      seen.set(messageId, text.length)
    }
    return frames
  }
}

const seqsOf = (blocks: Conversation["timeline"]["blocks"]) => blocks.map(({ seq }) => seq)

/** Whatever was delivered: nothing twice, nothing below what the log has told, and each text a part of what is written. */
const check = (conversation: Conversation, told: ReadonlyArray<RunEvent>) => {
  const { blocks, live } = conversation.timeline
  const messages = blocks.filter((block) => block.kind === "message")
  const keys = new Set(blocks.map(({ key }) => key))
  assert.strictEqual(keys.size, blocks.length, "each block has a key of its own")
  const done = messages.filter(({ state }) => state === "done").map(({ text }) => text)
  const whole = told.flatMap((each) => (each.type === "agent.message" ? [each.payload.text] : []))
  assert.deepStrictEqual(done, whole, "what the log has told stands there once, in its order")
  for (const { key, missing, state, text } of messages) {
    if (state === "done") continue
    assert.notInclude(whole, wholeIn(key), `"${text}" is being written though it was told`)
    assert.isTrue(textOf(...partIn(key)).startsWith(text, missing), `"${text}" is what was written`)
  }
  const open = messages.filter(({ state }) => state !== "done").map(({ key }) => wholeIn(key))
  assert.strictEqual(new Set(open).size, open.length, "no piece is there twice")
  assert.isTrue(
    blocks.slice(blocks.length - live).every((block) => block.kind === "message" && block.state === "writing"),
    "what the log does not have stands behind all others",
  )
  const settled = seqsOf(blocks.slice(0, blocks.length - live))
  assert.isTrue(settled.every((seq, index) => index === 0 || seq >= (settled[index - 1] ?? 0)))
}

const Step = Schema.Struct({
  what: Schema.Literals(["act", "act", "act", "look", "frames", "events", "break", "shown", "reload", "poll"]),
  which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })),
})

describe("What is being written, beside the log", () => {
  it.effect.prop(
    "is shown once and in its place, however pieces, events and broken streams come together",
    { steps: Schema.Array(Step).check(Schema.isMinLength(40), Schema.isMaxLength(160)) },
    ({ steps }) =>
      Effect.promise(async () => {
        const { act, board, log } = serve()
        const notices: Array<() => void> = []
        const window = new EventWindow({
          fetch: (after, limit) => Promise.resolve({ events: log.slice(after, after + limit), lastSeq: log.length }),
          lastSeq: 0,
          schedule: (notice) => notices.push(notice),
        })
        const conversation = new Conversation(window, () => 0)
        await conversation.latest()
        let look = reader(board)
        // On their way, each by its own.
        let frames: Array<LiveFrame> = []
        let sent = 0
        const show = () => {
          for (const notice of notices.splice(0)) notice()
        }
        const deliver = (count: number) => {
          const events = log.slice(sent, sent + count)
          sent += events.length
          conversation.hear(events)
          window.append(events)
        }
        const shownEvents = () => log.slice(0, conversation.timeline.lastSeq)
        for (const { count, what, which } of steps) {
          if (what === "act") act(which, count)
          else if (what === "look") frames.push(...look())
          else if (what === "frames") conversation.addLive(frames.splice(0, count))
          else if (what === "events") deliver(count)
          else if (what === "shown") show()
          else if (what === "poll") window.grow(log.length)
          else if (what === "break") {
            // What was on its way is lost; the next stream begins with all that is being written.
            frames = []
            look = reader(board)
          } else {
            // oxlint-disable-next-line no-await-in-loop -- one step after the other
            await conversation.latest()
          }
          // oxlint-disable-next-line no-await-in-loop -- what was fetched meanwhile
          for (let tick = 0; tick < 8; tick++) await Promise.resolve()
          check(conversation, shownEvents())
        }
        frames.push(...look())
        deliver(log.length)
        show()
        conversation.addLive(frames.splice(0))
        // oxlint-disable-next-line no-await-in-loop -- what was fetched meanwhile
        for (let tick = 0; tick < 20; tick++) await Promise.resolve()
        show()
        assert.strictEqual(conversation.timeline.lastSeq, log.length, "nothing of the log is missing at the end")
        check(conversation, log)
        const last = conversation.timeline.blocks.filter(
          (block) => block.kind === "message" && block.state === "writing",
        )
        for (const text of board.values()) {
          assert.isTrue(
            last.some((block) => block.kind === "message" && block.text === text.slice(block.missing)) ||
              log.some((each) => each.type === "agent.message" && each.payload.text.startsWith(text)),
            `"${text}" is shown`,
          )
        }
      }),
    { arbitrary: { runs: 1000 } },
  )

  it("is forgotten when the log tells it, also while an earlier part is shown", () => {
    const pieces = new LivePieces()
    pieces.add([{ messageId: "a:0", offset: 0, text: "Hello" }])
    pieces.hear([event(1, "agent.message", { messageId: "a", text: "Hello!" })])
    assert.deepStrictEqual(pieces.frames(), [])
    assert.deepStrictEqual(pieces.add([{ messageId: "a:0", offset: 5, text: "!" }]), [])
    // Where more is masked in the whole, too.
    pieces.add([
      { messageId: "c", offset: 0, text: "The key a-b" },
      { messageId: "d:0", offset: 0, text: "The key a-b" },
    ])
    pieces.hear([
      event(2, "agent.message", { messageId: "c", text: "The key [redacted:key#1] works" }),
      event(3, "agent.message", { messageId: "d", text: "The key [redacted:key#1] works" }),
    ])
    for (const messageId of ["c", "d:0"]) {
      assert.deepStrictEqual(pieces.add([{ messageId, offset: 11, text: "-c works" }]), [])
    }
    // Not a piece of it was known before.
    pieces.hear([event(4, "agent.message", { messageId: "b", text: "The end" })])
    assert.deepStrictEqual(pieces.add([{ messageId: "b:0", offset: 0, text: "The" }]), [])
    assert.deepStrictEqual(pieces.add([{ messageId: "b:0", offset: 3, text: " en" }]), [])
    assert.deepStrictEqual(pieces.frames(), [])
  })

  it("is forgotten also where the end of the log was there before what led to it", () => {
    const pieces = new LivePieces()
    pieces.add([{ messageId: "a:0", offset: 0, text: "Hello" }])
    pieces.hear([event(9_000, "agent.message", { messageId: "z", text: "The end" })])
    assert.lengthOf(pieces.frames(), 1)
    const told = event(5, "agent.message", { messageId: "a", text: "Hello!" })
    pieces.hear([told])
    assert.deepStrictEqual(pieces.frames(), [])
    // The next part begins alike, and the first one is told again.
    pieces.add([{ messageId: "a:1", offset: 0, text: "Hello, again" }])
    pieces.hear([told])
    assert.lengthOf(pieces.frames(), 1)
  })

  it("is shown from its beginning once it is known to be the next part", () => {
    const pieces = new LivePieces()
    pieces.hear([event(1, "agent.message", { messageId: "a", text: "The end" })])
    assert.deepStrictEqual(pieces.add([{ messageId: "a:1", offset: 0, text: "The " }]), [])
    assert.deepStrictEqual(pieces.add([{ messageId: "a:1", offset: 4, text: "list" }]), [
      { messageId: "a:1", offset: 0, text: "The list" },
    ])
  })

  it("may have the id of one of an earlier attempt", () => {
    const pieces = new LivePieces()
    const error = { code: "CLI_OVERLOADED", class: "transient", message: "Busy", remedy: "Wait.", detail: {} } as const
    pieces.hear([
      event(1, "agent.message", { messageId: "item_1", text: "One" }),
      event(2, "run.retry_scheduled", { at: 0, error }),
    ])
    const frames = [{ messageId: "item_1", offset: 0, text: "Two" }]
    assert.deepStrictEqual(pieces.add(frames), frames)
    pieces.hear([event(1, "agent.message", { messageId: "item_1", text: "One" })])
    assert.deepStrictEqual(pieces.frames(), frames)
  })
})
