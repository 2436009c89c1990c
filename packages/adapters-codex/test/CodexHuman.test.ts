import { agentPayloads } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { codexAdapter } from "../src/index.ts"
import { eventsOf, exited, killed, linesOf, readRun, recorded } from "./recorded.ts"

const long = recorded("codex-human-0.72.0.log.gz")
const longLines = linesOf(long)
const blocks = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => !name.endsWith("/line") && name !== "text"))

const longCounts = {
  stdin_notice: 1,
  banner: 1,
  user: 1,
  mcp: 3,
  exec: 44,
  thinking: 44,
  patch_begin: 13,
  patch_end: 13,
  turn_diff: 34,
  agent_message: 1,
  tokens: 1,
  final_message: 1,
}

describe("a long run in the format for people", () => {
  const merged = readRun({ stdout: long, exit: exited(0) })

  it("has the blocks that a careful reader counts", () => {
    assert.strictEqual(longLines.length, 8345)
    assert.deepStrictEqual(blocks(merged.counts), longCounts)
  })

  it("has 42 commands that succeeded, one that failed and one that ran out of time", () => {
    const commands = eventsOf(merged, "agent.tool_completed").filter(({ kind }) => kind === "command")
    const codes = commands.map(({ exitCode }) => exitCode)
    assert.strictEqual(codes.filter((code) => code === 0).length, 42)
    assert.deepStrictEqual(
      codes.filter((code) => code !== 0),
      [124, 1],
    )
    assert.deepInclude(
      commands.find(({ exitCode }) => exitCode === 124),
      {
        command: "/bin/zsh -lc 'find .. -name AGENTS.md -print'",
        durationMillis: 10_000,
        status: "failed",
        output: "find: ../.fleet: Permission denied",
      },
    )
    assert.isTrue(commands.every(({ command = "" }) => command.startsWith("/bin/zsh -lc ")))
    assert.isTrue(commands.some(({ command = "" }) => command.includes("\n")))
  })

  it("has 13 patches, each with its diff and its end", () => {
    const begun = eventsOf(merged, "agent.tool_started")
    const ended = eventsOf(merged, "agent.tool_completed").filter(({ kind }) => kind === "file_change")
    assert.deepStrictEqual(
      begun.map(({ toolId }) => toolId),
      ended.map(({ toolId }) => toolId),
    )
    assert.isTrue(ended.every(({ status, changes = [] }) => status === "completed" && changes.length === 1))
    assert.match(JSON.stringify(begun[0]?.input), /@@ -1,2 \+1,2 @@/)
  })

  it("has diffs that begin as diffs, and titles on its thoughts", () => {
    assert.isTrue(eventsOf(merged, "agent.diff").every(({ diff }) => diff.startsWith("diff --git ")))
    assert.isTrue(eventsOf(merged, "agent.reasoning").every(({ text }) => /^\*\*.+\*\*/.test(text)))
  })

  it("ends well, with its answer byte for byte, its tokens and its session", () => {
    const { verdict } = merged
    assert.strictEqual(verdict.outcome, "succeeded")
    assert.strictEqual(verdict.finalMessage, longLines.slice(8299).join("\n"))
    assert.strictEqual(verdict.totalTokens, 68_853)
    assert.strictEqual(verdict.sessionId, "019b278f-4d04-71a0-90a4-6f19e759fcea")
    assert.strictEqual(verdict.model, "gpt-5.2")
    assert.strictEqual(eventsOf(merged, "agent.message")[0]?.text, verdict.finalMessage)
    assert.deepStrictEqual(merged.drained, [])
  })

  it("reads the same with its two streams apart", () => {
    const apart = readRun({
      stderr: longLines.slice(0, 8299).join("\n"),
      stdout: longLines.slice(8299).join("\n"),
      exit: exited(0),
      format: "human",
    })
    assert.deepStrictEqual(blocks(apart.counts), longCounts)
    assert.deepStrictEqual(apart.verdict, merged.verdict)
    assert.deepStrictEqual(apart.events, merged.events)
  })

  it("becomes events that the log's schemas accept", () => {
    for (const event of merged.events) {
      assert.isTrue(Schema.is(agentPayloads[event.type])(event.payload), event.type)
    }
  })

  it("has no result when it stops in the middle", () => {
    const cut = readRun({ stdout: longLines.slice(0, 5000).join("\n"), exit: killed("SIGKILL") })
    assert.strictEqual(cut.verdict.error?.code, "CLI_KILLED")
    assert.strictEqual(cut.drained.length, 1)
    assert.strictEqual(
      readRun({ stdout: longLines.slice(0, 5000).join("\n"), exit: exited(0) }).verdict.outcome,
      "failed",
    )
  })
})

const text = (name: string, code = 0) => {
  const stdout = code === 0 ? recorded(`${name}.stdout.txt`) : ""
  return readRun({ stdout, stderr: recorded(`${name}.stderr.txt`), exit: exited(code) })
}

describe("the format for people of later versions", () => {
  it("gives the answer, the tokens and the session", () => {
    for (const version of ["0.98.0", "0.142.5", "0.155.1"]) {
      const run = text(`codex-${version}/hello-text`)
      assert.deepInclude(run.verdict, {
        outcome: "succeeded",
        finalMessage: "Hello from the fake model.",
        totalTokens: 18,
      })
      assert.match(run.verdict.sessionId ?? "", /^01a1fc/)
      assert.strictEqual(eventsOf(run, "agent.message").length, 1)
      assert.strictEqual(eventsOf(run, "agent.session")[0]?.version, version)
    }
  })

  it("has the status of a command on a line of its own", () => {
    for (const version of ["0.121.0", "0.169.0"]) {
      const run = text(`codex-${version}/bash-tool-text`)
      assert.strictEqual(run.counts["exec"], 1)
      assert.deepInclude(eventsOf(run, "agent.tool_completed")[0], {
        command: "/bin/bash -lc 'echo hi-from-tool'",
        output: "hi-from-tool",
        exitCode: 0,
        status: "completed",
        durationMillis: 0,
      })
      assert.strictEqual(run.verdict.finalMessage, "It printed hi.")
    }
  })

  it("tells retries from the error that ends the run", () => {
    for (const version of ["0.121.0", "0.169.0"]) {
      const run = text(`codex-${version}/error-401-text`, 1)
      assert.strictEqual(run.verdict.error?.code, "AUTH_REJECTED")
      assert.strictEqual(eventsOf(run, "agent.retrying").length, 5)
      assert.strictEqual(eventsOf(run, "agent.error").length, 1)
    }
  })

  it("takes the answer alone for the message when there is no progress", () => {
    const run = readRun({ stdout: "Line one\n\nLine two\n", exit: exited(0) })
    assert.deepInclude(run.verdict, { outcome: "succeeded", finalMessage: "Line one\n\nLine two" })
    assert.deepStrictEqual(run.drained, [{ type: "agent.message", payload: { text: "Line one\n\nLine two" } }])
  })

  it("reads durations of more than a minute", () => {
    const run = readRun({ stderr: "exec\n/bin/bash -lc 'make' in /w\n exited 2 in 1m 05s:\nno\n", format: "human" })
    const [event] = run.drained
    assert.isTrue(event?.type === "agent.tool_completed" && event.payload.durationMillis === 65_000)
    assert.isTrue(event?.type === "agent.tool_completed" && event.payload.exitCode === 2)
  })

  it("takes a header word for text where the line after does not fit it", () => {
    const stderr = [
      "exec",
      "/bin/bash -lc 'cat words' in /w succeeded in 3ms:",
      "exec",
      "thinking",
      "tokens used",
      "file update",
      "file update:",
      "ERROR: disk on fire",
      "mcp: x ready",
      "",
    ].join("\n")
    const run = readRun({ stderr, format: "human" })
    assert.deepStrictEqual(blocks(run.counts), { exec: 1 })
    const [event] = run.drained
    assert.isTrue(
      event?.type === "agent.tool_completed" &&
        event.payload.output ===
          "exec\nthinking\ntokens used\nfile update\nfile update:\nERROR: disk on fire\nmcp: x ready",
    )
  })

  it("takes a new file's text for no more files", () => {
    const stderr = "file update\nA /w/new.txt\nM other\nA note\napply_patch(auto_approved=true) exited 1 in 3ms:\nno\n"
    const run = readRun({ stderr, format: "human" })
    assert.deepStrictEqual(eventsOf(run, "agent.tool_started")[0]?.input, [
      { path: "/w/new.txt", kind: "add", diff: "M other\nA note" },
    ])
    const [end] = run.drained
    assert.isTrue(
      end?.type === "agent.tool_completed" && end.payload.status === "failed" && end.payload.toolId === "patch_1",
    )
  })

  // The forms below are those of Codex's own source; no recording shows them.
  it("reads calls of MCP tools, web searches, plans, warnings and bare notices of retries", () => {
    const stderr = [
      "thinking",
      "**Why**",
      'tool demo.add({"a":2})',
      'demo.add({"a":2}) success in 5ms:',
      '{"content": 5}',
      "Plan update",
      "  ✓ first",
      "  → second",
      "  • third",
      "🌐 Searched: weather",
      "warning: careful",
      "Reconnecting... 2/5 (stream disconnected)",
    ].join("\n")
    const run = readRun({ stderr, format: "human" })
    assert.deepStrictEqual(eventsOf(run, "agent.reasoning"), [{ text: "**Why**" }])
    assert.deepStrictEqual(eventsOf(run, "agent.tool_completed"), [
      {
        toolId: "mcp_1",
        kind: "mcp",
        name: "demo/add",
        status: "completed",
        output: '{"content": 5}',
        durationMillis: 5,
      },
      { toolId: "web_1", kind: "web", name: "web_search", status: "completed", command: "weather" },
    ])
    assert.deepStrictEqual(eventsOf(run, "agent.plan")[0]?.items, [
      { text: "first", status: "completed" },
      { text: "second", status: "in_progress" },
      { text: "third", status: "pending" },
    ])
    assert.deepStrictEqual(eventsOf(run, "agent.warning"), [{ text: "careful" }])
    assert.deepInclude(eventsOf(run, "agent.retrying")[0], { attempt: 2, maxAttempts: 5 })
  })

  it("believes an answer and a clean exit over an error that a tool printed", () => {
    const stderr =
      "OpenAI Codex v0.169.0\n--------\nsession id: x\n--------\nexec\n/bin/bash -lc 'curl x' in /w\n exited 7 in 3ms:\nERROR: connection refused\ncodex\nIt is down.\ntokens used\n18\n"
    const read = (code: number, stdout: string) =>
      readRun({ stderr, stdout, exit: exited(code), format: "human" }).verdict
    assert.deepInclude(read(0, "It is down.\n"), { outcome: "succeeded", finalMessage: "It is down." })
    assert.strictEqual(read(1, "").error?.code, "CLI_CONNECTION")
  })

  it("is no success when an error came before the tokens", () => {
    const stderr = "OpenAI Codex v0.169.0\n--------\nsession id: x\n--------\nERROR: Quota exceeded.\ntokens used\n18\n"
    const { verdict } = readRun({ stderr, exit: exited(1) })
    assert.strictEqual(verdict.error?.code, "AUTH_BILLING")
  })

  it.prop("never throws, whatever the lines", { lines: Schema.Array(Schema.String) }, ({ lines }) => {
    readRun({ stderr: lines.join("\n"), stdout: lines.join("\n"), format: "human" })
    readRun({ stdout: ["OpenAI Codex v0.72.0", "--------", ...lines].join("\n"), format: "human" })
  })

  it("keeps every line that it is given: each is text, or held until an event takes it", () => {
    const protocol = codexAdapter.formats["human"]?.protocol({})
    const originals = new Set(
      longLines.map((line) => protocol?.decode({ stream: "stdout", text: line, json: undefined }).original),
    )
    assert.deepStrictEqual([...originals].toSorted(), ["hold", "line", "text"])
  })
})
