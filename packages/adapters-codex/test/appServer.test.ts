import type { AgentEvent, MessageDelta, Protocol, SessionCommand } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { appServerProtocol } from "./appServer.ts"
import { eventsOf, linesOf, recorded } from "./recorded.ts"

const Entry = Schema.fromJsonString(Schema.Struct({ dir: Schema.Literals(["in", "out", "note"]), line: Schema.String }))
const decodeEntry = Schema.decodeSync(Entry)
const decodeIn = Schema.decodeSync(
  Schema.fromJsonString(
    Schema.Struct({
      id: Schema.optionalKey(Schema.Int),
      method: Schema.optionalKey(Schema.String),
      params: Schema.optionalKey(
        Schema.Struct({
          threadId: Schema.optionalKey(Schema.String),
          turnId: Schema.optionalKey(Schema.String),
          input: Schema.optionalKey(Schema.Array(Schema.Struct({ text: Schema.String }))),
        }),
      ),
      result: Schema.optionalKey(Schema.Struct({ decision: Schema.String })),
    }),
  ),
)

type Sent = ReturnType<typeof decodeIn>

/** What a person at the recorded session asked for, in the words of the contract. */
const commandOf = (sent: Sent): SessionCommand | undefined => {
  if (sent.method === "turn/start") return { kind: "message", text: sent.params?.input?.[0]?.text ?? "" }
  if (sent.method === "turn/interrupt") return { kind: "interrupt" }
  if (sent.result === undefined) return undefined
  return {
    kind: "answer",
    approvalId: String(sent.id),
    decision: sent.result.decision.startsWith("accept") ? "allow" : "deny",
  }
}

/** Plays the recorded server to the protocol, and gives back what each side wrote. */
const replay = (name: string) => {
  const protocol: Protocol = appServerProtocol({})
  const events: Array<AgentEvent> = []
  const deltas: Array<MessageDelta> = []
  const wanted: Array<Sent> = []
  const written = (protocol.open?.() ?? []).map((line) => decodeIn(line))
  let unknown = 0
  for (const { dir, line } of linesOf(recorded(name)).map((entry) => decodeEntry(entry))) {
    if (dir === "in") {
      const sent = decodeIn(line)
      const command = commandOf(sent)
      wanted.push(sent)
      const answer = command === undefined ? undefined : protocol.encode?.(command)
      if (answer !== undefined) written.push(...Result.getOrThrow(answer).map((text) => decodeIn(text)))
    } else if (dir === "out") {
      const live = protocol.delta?.(line)
      if (live !== undefined) {
        deltas.push(...live)
        continue
      }
      const decoded = protocol.decode({ stream: "stdout", text: line, json: JSON.parse(line) })
      events.push(...decoded.events)
      if (decoded.original === "unknown") unknown++
      written.push(...(decoded.send ?? []).map((text) => decodeIn(text)))
    }
  }
  return { events, deltas, wanted, written, unknown, verdict: protocol.end({ code: 0, signal: null }) }
}

const calls = (sent: ReadonlyArray<Sent>) =>
  sent.map(({ id, method, params }) => [id, method, params?.threadId, params?.turnId, params?.input])

describe("the contract carries codex app-server", () => {
  it("with approvals: the protocol writes what the recorded client wrote", () => {
    const run = replay("codex-0.169.0/app-server-approval-accept.io.jsonl")
    assert.strictEqual(run.unknown, 0)
    assert.deepStrictEqual(calls(run.written), calls(run.wanted))
    const decisions = run.wanted.flatMap(({ result }) => (result === undefined ? [] : [result.decision]))
    assert.deepStrictEqual(decisions, ["accept", "acceptForSession", "decline", "cancel"])
    const requested = eventsOf(run, "approval.requested")
    assert.strictEqual(requested.length, 4)
    assert.strictEqual(requested[0]?.approvalId, "0")
    assert.include(
      eventsOf(run, "agent.tool_started").map(({ toolId }) => toolId),
      requested[0]?.toolId,
    )
    assert.include(
      eventsOf(run, "agent.tool_completed").map(({ status }) => status),
      "denied",
    )
  })

  it("with deltas: the pieces are the finished message", () => {
    const run = replay("codex-0.169.0/app-server-approval-accept.io.jsonl")
    const [message] = eventsOf(run, "agent.message")
    const pieces = run.deltas.filter(({ messageId }) => messageId === message?.messageId)
    assert.isAtLeast(pieces.length, 2)
    assert.strictEqual(pieces.map(({ text }) => text).join(""), message?.text)
  })

  it("with an interrupt, after which the next turn works", () => {
    const run = replay("codex-0.169.0/app-server-interrupt-hang.io.jsonl")
    assert.deepStrictEqual(calls(run.written), calls(run.wanted))
    assert.deepStrictEqual(
      eventsOf(run, "agent.turn_ended").map(({ status }) => status),
      ["interrupted", "completed"],
    )
    assert.deepInclude(run.verdict, { outcome: "succeeded", finalMessage: "Hello from the fake model.", turns: 2 })
  })

  it("keeps a message that comes before the thread, and sends it then", () => {
    const protocol = appServerProtocol({})
    assert.deepStrictEqual(protocol.encode?.({ kind: "message", text: "hi" }), Result.succeed([]))
    const decoded = protocol.decode({
      stream: "stdout",
      text: "",
      json: { id: 1, result: { thread: { id: "t" }, model: "m" } },
    })
    assert.strictEqual(decoded.send?.length, 1)
    assert.include(decoded.send?.[0], '"text":"hi"')
  })
})
