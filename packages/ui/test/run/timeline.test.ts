import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RunEvent } from "../../src/api/types.ts"
import type { Block } from "../../src/run/Block.ts"
import { keptLength, wholeText } from "../../src/run/longText.ts"
import { emptyTimeline, extendTimeline, type LiveFrame, type Timeline, withLive } from "../../src/run/timeline.ts"
import { event, message } from "./events.ts"

const of = (...events: ReadonlyArray<RunEvent>): Timeline => extendTimeline(emptyTimeline, events)
const kinds = (timeline: Timeline) => timeline.blocks.map(({ kind }) => kind)
const texts = (timeline: Timeline) =>
  timeline.blocks.map((block) => (block.kind === "message" ? `${block.state}: ${block.text}` : block.kind))
const only = <K extends Block["kind"]>(timeline: Timeline, kind: K) => {
  const found = timeline.blocks.filter((block) => block.kind === kind)
  assert.strictEqual(found.length, 1)
  return found[0] as Extract<Block, { readonly kind: K }>
}

const error = { code: "CLI_OVERLOADED", class: "transient", message: "Busy", remedy: "Wait.", detail: {} } as const

const started = (seq: number, toolId = "t1") =>
  event(seq, "agent.tool_started", { toolId, kind: "command", name: "Bash", command: "ls" })
const completed = (seq: number, toolId = "t1", more: object = {}) =>
  event(seq, "agent.tool_completed", { toolId, kind: "command", name: "Bash", status: "completed", ...more })

describe("timeline", () => {
  it("joins what a tool was asked, printed and came to, at the place where it began", () => {
    const timeline = of(
      started(1),
      message(2),
      event(3, "agent.tool_output", { toolId: "t1", text: "one\n" }),
      event(4, "agent.tool_output", { toolId: "t1", text: "two\n" }),
      completed(5, "t1", { exitCode: 2, status: "failed" }),
    )
    assert.deepStrictEqual(kinds(timeline), ["tool", "message"])
    const tool = only(timeline, "tool")
    assert.deepInclude(tool, { state: "failed", exitCode: 2, command: "ls", durationMillis: 4_000 })
    assert.strictEqual(wholeText(tool.output), "one\ntwo\n")
  })

  it("takes a tool's whole output at its end in place of the pieces, and shows a tool whose start it has not seen", () => {
    const timeline = of(
      started(1),
      event(2, "agent.tool_output", { toolId: "t1", text: "piece" }),
      completed(3, "t1", { output: "all" }),
      completed(4, "t2", { changes: [{ path: "a.ts", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b" }] }),
    )
    assert.deepStrictEqual(
      timeline.blocks.map((block) => block.kind === "tool" && [block.toolId, block.state, wholeText(block.output)]),
      [
        ["t1", "completed", "all"],
        ["t2", "completed", ""],
      ],
    )
  })

  it("begins a new block for a tool's id that is used again", () => {
    assert.strictEqual(of(started(1), completed(2), started(3)).blocks.length, 2)
  })

  it("keeps the beginning and the end of an output that is too long", () => {
    const timeline = of(
      started(1),
      ...Array.from({ length: 50 }, (_, n) =>
        event(n + 2, "agent.tool_output", { toolId: "t1", text: `${n}`.padEnd(10_000, ".") }),
      ),
    )
    const { output } = only(timeline, "tool")
    assert.strictEqual(output.length, 500_000)
    assert.strictEqual(output.head.length + output.omitted + output.tail.length, 500_000)
    assert.isAtMost(output.head.length + output.tail.length, 3 * keptLength)
    assert.isTrue(output.head.startsWith("0.") && output.tail.endsWith("."))
  })

  it("shows pieces of a message as they come, and the message in their place", () => {
    const live = (timeline: Timeline, ...frames: ReadonlyArray<LiveFrame>) => withLive(timeline, frames, 0)
    let timeline = live(of(message(1)), { messageId: "a:0", offset: 0, text: "Hel" })
    timeline = live(timeline, { messageId: "a:0", offset: 3, text: "lo" })
    assert.deepStrictEqual(texts(timeline), ["done: m1", "writing: Hello"])
    // The checkpoint of the log comes behind the live view, and repeats.
    timeline = extendTimeline(timeline, [
      event(2, "agent.message_partial", { messageId: "a:0", offset: 0, text: "Hel" }),
    ])
    timeline = extendTimeline(timeline, [
      event(3, "agent.message_partial", { messageId: "a:0", offset: 3, text: "lo" }),
    ])
    timeline = live(timeline, { messageId: "a:0", offset: 5, text: "!" })
    assert.strictEqual(texts(timeline)[1], "writing: Hello!")
    const { key } = timeline.blocks[1] ?? { key: "" }
    timeline = extendTimeline(timeline, [event(4, "agent.message", { messageId: "a", text: "Hello!" })])
    assert.deepStrictEqual(texts(timeline), ["done: m1", "done: Hello!"])
    assert.strictEqual(timeline.blocks[1]?.key, key)
    // The next part of the message is another one, also where it is ahead of the log.
    timeline = live(
      timeline,
      { messageId: "a:1", offset: 0, text: "More" },
      { messageId: "a:2", offset: 0, text: "Mo" },
    )
    timeline = extendTimeline(timeline, [event(5, "agent.message", { messageId: "a", text: "More." })])
    assert.deepStrictEqual(texts(timeline), ["done: m1", "done: Hello!", "done: More.", "writing: Mo"])
  })

  it("begins a message again when the live view does, and says what it missed of one", () => {
    let timeline = withLive(emptyTimeline, [{ messageId: "a", offset: 10, text: "end" }], 0)
    assert.deepInclude(only(timeline, "message"), { text: "end", missing: 10 })
    timeline = withLive(timeline, [{ messageId: "a", offset: 0, text: "the beginning" }], 0)
    assert.deepInclude(only(timeline, "message"), { text: "the beginning", missing: 0 })
  })

  it("keeps the order of the log where the live view is ahead of it", () => {
    const frames = [{ messageId: "last:0", offset: 0, text: "The la" }]
    const ahead = withLive(of(message(1)), frames, 1)
    const said = (seq: number, messageId: string, text = messageId) => event(seq, "agent.message", { text, messageId })
    const later = extendTimeline(ahead, [said(2, "middle"), started(3)])
    assert.deepStrictEqual(texts(later), ["done: m1", "done: middle", "tool", "writing: The la"])
    const events = [message(1), said(2, "middle"), started(3), said(4, "last", "The last"), completed(5)]
    const ended = extendTimeline(later, events)
    assert.deepStrictEqual(texts(ended), texts(of(...events)))
    const kept = event(4, "agent.message_partial", { messageId: "last:0", offset: 0, text: "The last" })
    const partial = extendTimeline(later, [kept, message(5, "after")])
    assert.deepStrictEqual(texts(partial).slice(3), ["writing: The last", "done: after"])
  })

  it("leaves nothing running at the end of an attempt", () => {
    const timeline = of(
      started(1),
      event(2, "agent.message_partial", { messageId: "a", offset: 0, text: "Half" }),
      event(3, "run.failed", { error }, { severity: "error" }),
    )
    assert.strictEqual(only(timeline, "tool").state, "unfinished")
    assert.strictEqual(only(timeline, "message").state, "cut")
    assert.deepInclude(only(timeline, "end"), { state: "failed", error })
    assert.strictEqual(timeline.firstError, 3)
    assert.strictEqual(timeline.open.size, 0)
  })

  it("says once why an attempt ended, where the agent has said it last", () => {
    const told = event(1, "agent.error", { error }, { severity: "error" })
    assert.deepStrictEqual(kinds(of(told, event(2, "run.failed", { error }, { severity: "error" }))), ["end"])
    assert.strictEqual(of(told, event(2, "run.failed", { error })).firstError, 1)
    const other = { ...error, message: "Another" }
    assert.deepStrictEqual(kinds(of(told, event(2, "run.failed", { error: other }))), ["notice", "end"])
    assert.deepStrictEqual(kinds(of(told, message(2), event(3, "run.failed", { error }))), ["notice", "message", "end"])
  })

  it("keeps the plan and the whole change in one block for each attempt", () => {
    const plan = (seq: number, status: "pending" | "completed") =>
      event(seq, "agent.plan", { items: [{ text: "step", status }] })
    const timeline = of(
      plan(1, "pending"),
      event(2, "agent.diff", { diff: "one" }),
      plan(3, "completed"),
      event(4, "agent.diff", { diff: "two" }),
      event(5, "run.retry_scheduled", { at: 9_000, error }),
      plan(6, "pending"),
    )
    assert.deepStrictEqual(kinds(timeline), ["plan", "diff", "end", "plan"])
    assert.deepInclude(timeline.blocks[0] as object, { items: [{ text: "step", status: "completed" }] })
    assert.deepInclude(timeline.blocks[1] as object, { diff: "two" })
    assert.deepInclude(timeline.blocks[2] as object, { state: "retry_wait", next: 9_000 })
  })

  it("joins lines that the CLI prints, by stream, and leaves out those that say nothing", () => {
    const chunk = (
      seq: number,
      type: "run.chunk.stdout" | "run.chunk.stderr",
      text: string,
      reason: "text" | "quiet" = "text",
    ) => event(seq, type, { text, reason })
    const timeline = of(
      chunk(1, "run.chunk.stdout", "a"),
      chunk(2, "run.chunk.stdout", "quiet", "quiet"),
      chunk(3, "run.chunk.stdout", "b"),
      chunk(4, "run.chunk.stderr", "c"),
    )
    assert.deepStrictEqual(
      timeline.blocks.map((block) => block.kind === "output" && [block.stream, wholeText(block.text)]),
      [
        ["stdout", "a\nb\n"],
        ["stderr", "c\n"],
      ],
    )
  })

  it("shows an answer with its question, and who gave it", () => {
    const timeline = of(
      event(1, "approval.requested", { approvalId: "p", toolName: "Bash", reason: "It writes" }),
      event(2, "approval.resolved", { approvalId: "p", decision: "deny", by: "me" }),
    )
    assert.deepInclude(only(timeline, "approval"), { toolName: "Bash", decision: { what: "deny", by: "me" } })
  })

  it("adds no event twice", () => {
    const timeline = of(message(1), message(2))
    assert.strictEqual(extendTimeline(timeline, [message(1), message(2), message(3)]).blocks.length, 3)
  })

  it("lets a type pass that this version does not know", () => {
    assert.strictEqual(of({ ...message(1), type: "agent.dance" } as unknown as RunEvent, message(2)).blocks.length, 1)
  })

  const any = (kind: number, seq: number): RunEvent => {
    const toolId = `t${kind % 3}`
    const messageId = `m${kind % 2}`
    switch (kind % 12) {
      case 0:
        return started(seq, toolId)
      case 1:
        return event(seq, "agent.tool_output", { toolId, text: `${seq}` })
      case 2:
        return completed(seq, toolId)
      case 3:
        return event(seq, "agent.message_partial", { messageId: `${messageId}:0`, offset: 0, text: `${seq}` })
      case 4:
        return event(seq, "agent.message", { messageId, text: `${seq}` })
      case 5:
        return event(seq, "run.chunk.stderr", { text: `${seq}`, reason: "text" })
      case 6:
        return event(seq, "agent.plan", { items: [] })
      case 7:
        return event(seq, "run.retry_scheduled", { at: 0, error })
      case 8:
        return event(seq, "agent.turn_ended", { status: "completed" })
      case 9:
        return event(seq, "run.started", {
          executable: "x",
          pid: 1,
          args: [],
          cwd: "/",
          env: [],
          format: "json",
          marker: "m",
        })
      case 10:
        return event(seq, "agent.session", { sessionId: "s", model: `${seq}` })
      default:
        return message(seq)
    }
  }

  it.effect.prop(
    "gives the same blocks however the events are cut, each with a key of its own, and changes none that it gave before",
    {
      numbers: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))).check(
        Schema.isMaxLength(60),
      ),
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })),
    },
    ({ at, numbers }) =>
      Effect.sync(() => {
        const events = numbers.map((kind, index) => any(kind, index + 1))
        const whole = of(...events)
        const first = of(...events.slice(0, at))
        const before = structuredClone(first.blocks)
        const one = extendTimeline(first, events.slice(at))
        const single = events.reduce((timeline, each) => extendTimeline(timeline, [each]), emptyTimeline)
        assert.deepStrictEqual(one, whole)
        assert.deepStrictEqual(single, whole)
        assert.deepStrictEqual(first.blocks, before)
        assert.strictEqual(new Set(whole.blocks.map(({ key }) => key)).size, whole.blocks.length)
      }),
  )
})
