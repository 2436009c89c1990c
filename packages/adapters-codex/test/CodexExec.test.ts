import { agentPayloads, type ErrorCode } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readdirSync } from "node:fs"
import { eventsOf, exited, killed, linesOf, readRun, recorded } from "./recorded.ts"

const versions = ["0.42.0", "0.72.0", "0.98.0", "0.121.0", "0.142.5", "0.155.1", "0.169.0"]
const recordings = versions.flatMap((version) =>
  readdirSync(new URL(`./recorded/codex-${version}/`, import.meta.url))
    .filter((name) => name.endsWith(".ndjson"))
    .map((name) => ({ version, name: `codex-${version}/${name}` })),
)

describe("the lines of codex exec --json", () => {
  it("are all understood in every recording", () => {
    assert.isAtLeast(recordings.length, 30)
    for (const { name, version } of recordings) {
      assert.strictEqual(readRun({ stdout: recorded(name), request: { version } }).unknown, 0, name)
    }
  })

  it("become events that the log's schemas accept", () => {
    for (const { name, version } of recordings) {
      const { events, drained } = readRun({ stdout: recorded(name), request: { version } })
      for (const event of [...events, ...drained]) {
        const accepts = Schema.is(agentPayloads[event.type])
        assert.isTrue(accepts(event.payload), `${name}: ${event.type}`)
      }
    }
  })

  it("give the session, the message, the usage and the turn's end of a plain run", () => {
    const run = readRun({ stdout: recorded("codex-0.169.0/hello.ndjson"), exit: exited(0) })
    assert.deepStrictEqual(
      run.events.map(({ type }) => type),
      ["agent.session", "agent.turn_started", "agent.message", "run.usage", "agent.turn_ended"],
    )
    assert.deepStrictEqual(run.counts, {
      "thread.started": 1,
      "turn.started": 1,
      "item.completed/agent_message": 1,
      "turn.completed": 1,
    })
    assert.strictEqual(run.verdict.outcome, "succeeded")
    assert.strictEqual(run.verdict.finalMessage, "Hello from the fake model.")
    assert.match(run.verdict.sessionId ?? "", /^[0-9a-f-]{36}$/)
    assert.deepStrictEqual(run.verdict.usage, {
      inputTokens: 12,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 6,
      reasoningTokens: 0,
      cacheIncluded: true,
      basis: "run",
    })
  })

  it("keep a command, its output and its exit code", () => {
    const run = readRun({ stdout: recorded("codex-0.42.0/multi-turn-tools.ndjson"), exit: exited(0) })
    assert.strictEqual(eventsOf(run, "agent.tool_started").length, 5)
    const completed = eventsOf(run, "agent.tool_completed")
    assert.strictEqual(completed.length, 5)
    assert.strictEqual(completed[0]?.kind, "command")
    assert.strictEqual(completed[0]?.exitCode, 0)
    assert.strictEqual(completed[0]?.status, "completed")
  })

  it("keep the files of a change, announced or not", () => {
    const announced = readRun({ stdout: recorded("codex-0.169.0/edit-file.ndjson") })
    const alone = readRun({ stdout: recorded("codex-0.98.0/edit-file.ndjson") })
    const changes = (run: typeof alone) => eventsOf(run, "agent.tool_completed").flatMap(({ changes = [] }) => changes)
    assert.deepStrictEqual(
      changes(announced).map(({ kind }) => kind),
      ["update"],
    )
    assert.match(changes(alone)[0]?.path ?? "", /README\.md$/)
    const started = (run: typeof alone) =>
      eventsOf(run, "agent.tool_started").filter(({ kind }) => kind === "file_change")
    assert.strictEqual(started(announced).length, 1)
    assert.strictEqual(started(alone).length, 0)
  })

  it("name an MCP tool with its server, and say when it was denied", () => {
    const ran = readRun({ stdout: recorded("codex-0.169.0/mcp-tool.ndjson") })
    assert.deepInclude(eventsOf(ran, "agent.tool_completed")[0], { name: "demo/add", status: "completed", output: "5" })
    assert.deepStrictEqual(eventsOf(ran, "agent.tool_started")[0]?.input, { a: 2, b: 3 })
    const denied = readRun({ stdout: recorded("codex-0.121.0/mcp-tool-no-hint.ndjson") })
    assert.strictEqual(eventsOf(denied, "agent.tool_completed")[0]?.status, "denied")
    assert.strictEqual(eventsOf(denied, "agent.permission_denied")[0]?.toolName, "demo/add")
  })

  it("match the ends of a web search though the line has the key id twice", () => {
    const run = readRun({ stdout: recorded("codex-0.169.0/web-search.ndjson") })
    assert.strictEqual(eventsOf(run, "agent.tool_started")[0]?.toolId, eventsOf(run, "agent.tool_completed")[0]?.toolId)
    assert.deepStrictEqual(run.drained, [])
  })

  it("tell the plan each time it changes", () => {
    const plans = eventsOf(readRun({ stdout: recorded("codex-0.98.0/todo-twice.ndjson") }), "agent.plan")
    assert.strictEqual(plans.length, 3)
    assert.deepStrictEqual(plans[0]?.items, [
      { text: "first", status: "pending" },
      { text: "second", status: "pending" },
    ])
    const done = JSON.stringify({
      type: "item.updated",
      item: { type: "todo_list", items: [{ text: "a", completed: true }] },
    })
    assert.deepStrictEqual(eventsOf(readRun({ stdout: done }), "agent.plan")[0]?.items, [
      { text: "a", status: "completed" },
    ])
  })

  it("turn notices of retries and warnings into no errors", () => {
    const run = readRun({ stdout: recorded("codex-0.142.5/no-auth-openai.ndjson"), exit: exited(0) })
    assert.strictEqual(eventsOf(run, "agent.retrying").length, 4)
    assert.deepInclude(eventsOf(run, "agent.retrying")[0], { maxAttempts: 5, httpStatus: 404 })
    assert.strictEqual(eventsOf(run, "agent.warning").length, 1)
    assert.strictEqual(eventsOf(run, "agent.error").length, 0)
    assert.strictEqual(run.verdict.outcome, "succeeded")
  })

  it("give the delay of a retry where 0.42 names it", () => {
    const retries = eventsOf(readRun({ stdout: recorded("codex-0.42.0/error-401.ndjson") }), "agent.retrying")
    assert.deepStrictEqual(
      retries.map(({ attempt, maxAttempts, delayMillis }) => [attempt, maxAttempts, delayMillis]),
      [
        [1, 5, 193],
        [2, 5, 406],
        [3, 5, 745],
        [4, 5, 1750],
        [5, 5, 3267],
      ],
    )
  })

  it("leave a command that never completed unfinished", () => {
    const run = readRun({ stdout: recorded("codex-0.169.0/tool-running-at-end.ndjson"), exit: exited(0) })
    assert.strictEqual(run.verdict.outcome, "succeeded")
    const [event] = run.drained
    assert.strictEqual(run.drained.length, 1)
    assert.isTrue(event?.type === "agent.tool_completed" && event.payload.status === "unfinished")
    assert.isTrue(event?.type === "agent.tool_completed" && event.payload.command === "/bin/bash -lc 'sleep 300'")
  })

  it("tell a failure once although Codex prints it twice", () => {
    const run = readRun({ stdout: recorded("codex-0.169.0/error-401.ndjson"), exit: exited(1) })
    assert.strictEqual(eventsOf(run, "agent.error").length, 1)
    assert.deepStrictEqual(
      eventsOf(run, "agent.turn_ended").map(({ status }) => status),
      ["failed"],
    )
  })

  it("tell a failure of a turn that no error announced", () => {
    const run = readRun({ stdout: '{"type":"turn.failed","error":{"message":"Quota exceeded."}}\n' })
    assert.strictEqual(eventsOf(run, "agent.error")[0]?.error.code, "AUTH_BILLING")
  })

  it("count a line that no version is known to print, and go on", () => {
    const stdout = [
      '{"type":"thread.started","thread_id":"01a1fc54-df4f-70b0-b175-7120dac96006"}',
      '{"type":"item.completed","item":{"id":"item_9","type":"hologram","depth":3}}',
      '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":7}}',
      '{"type":"weather.changed"}',
      "[1,2]",
      "null",
      "not json",
      '{"type":"turn.completed","usage":{"input_tokens":-1,"output_tokens":"many"}}',
    ].join("\n")
    const run = readRun({ stdout, exit: exited(0) })
    assert.strictEqual(run.unknown, 6)
    assert.strictEqual(run.counts["item.completed/hologram"], 1)
    assert.strictEqual(run.counts["weather.changed"], 1)
    assert.strictEqual(run.verdict.outcome, "succeeded")
    assert.isUndefined(run.verdict.usage)
  })

  it("read the deprecated dialect of 0.42", () => {
    const run = readRun({ stdout: recorded("codex-0.42.0/hello-old-json.ndjson"), exit: exited(0) })
    assert.strictEqual(run.verdict.outcome, "succeeded")
    assert.strictEqual(run.verdict.finalMessage, "Hello from the fake model.")
    assert.strictEqual(run.verdict.usage?.outputTokens, 6)
    assert.strictEqual(run.counts["legacy/token_count"], 2)
  })

  it("remember no more open tools than the bound", () => {
    const stdout = Array.from({ length: 3000 }, (_, index) =>
      JSON.stringify({
        type: "item.started",
        item: { id: `item_${index}`, type: "command_execution", command: "x", status: "in_progress" },
      }),
    ).join("\n")
    assert.strictEqual(readRun({ stdout }).drained.length, 1024)
  })

  it.prop("never throw, whatever the value", { json: Schema.Json }, ({ json }) => {
    readRun({ stdout: JSON.stringify(json), format: "jsonl" })
    readRun({ stdout: JSON.stringify({ type: "item.completed", item: json }), format: "jsonl" })
  })
})

describe("the verdict", () => {
  const codeOf = (name: string, exit = exited(1)): ErrorCode | undefined =>
    readRun({ stdout: recorded(name), exit }).verdict.error?.code

  it("names the failure of a turn by its prose", () => {
    assert.strictEqual(codeOf("codex-0.169.0/error-401.ndjson"), "AUTH_REJECTED")
    assert.strictEqual(codeOf("codex-0.42.0/error-401.ndjson", exited(0)), "AUTH_REJECTED")
    assert.strictEqual(codeOf("codex-0.169.0/error-500.ndjson"), "CLI_SERVICE_ERROR")
    assert.strictEqual(codeOf("codex-0.72.0/error-usage-limit.ndjson"), "CLI_USAGE_LIMIT")
    assert.strictEqual(codeOf("codex-0.155.1/error-quota.ndjson"), "AUTH_BILLING")
    assert.strictEqual(codeOf("codex-0.169.0/max-tokens.ndjson"), "CLI_OUTPUT_LIMIT")
  })

  it("names the variable that Codex's configuration asks for, and how to pass it", () => {
    const { verdict } = readRun({ stdout: recorded("codex-0.169.0/no-auth.ndjson"), exit: exited(1) })
    assert.strictEqual(verdict.error?.code, "AUTH_ENV_MISSING")
    assert.deepStrictEqual(verdict.error?.detail, { variable: "FAKE_KEY" })
    assert.include(verdict.error?.remedy, "--env FAKE_KEY")
  })

  it("is a success after a truncated answer that Codex itself took up again", () => {
    const { verdict } = readRun({ stdout: recorded("codex-0.142.5/max-tokens.ndjson"), exit: exited(0) })
    assert.deepInclude(verdict, { outcome: "succeeded", finalMessage: "Done." })
  })

  it("is no success by exit code 0 alone", () => {
    const stdout = recorded("codex-0.169.0/hang-mid-sigint.ndjson")
    assert.strictEqual(readRun({ stdout, exit: exited(0) }).verdict.error?.code, "CLI_NO_RESULT")
    assert.strictEqual(readRun({ stdout }).verdict.error?.code, "CLI_NO_RESULT")
    assert.strictEqual(readRun({ exit: exited(0), format: "jsonl" }).verdict.error?.code, "CLI_NO_RESULT")
  })

  it("says which signal ended Codex before its result", () => {
    const stdout = recorded("codex-0.169.0/hang-mid-sigint.ndjson")
    const { error } = readRun({ stdout, exit: killed("SIGTERM") }).verdict
    assert.strictEqual(error?.code, "CLI_KILLED")
    assert.strictEqual(error?.detail["signal"], "SIGTERM")
    assert.strictEqual(readRun({ stdout, exit: exited(137) }).verdict.error?.detail["signal"], "SIGKILL")
  })

  it("keeps the protocol's word over an exit that comes after it", () => {
    const stdout = recorded("codex-0.169.0/hello.ndjson")
    assert.strictEqual(readRun({ stdout, exit: exited(1) }).verdict.outcome, "succeeded")
    assert.strictEqual(readRun({ stdout, exit: killed("SIGKILL") }).verdict.outcome, "succeeded")
  })

  it("judges 0.42, which tells no end, by its last message", () => {
    const hello = recorded("codex-0.42.0/hello.ndjson")
    assert.strictEqual(readRun({ stdout: hello, exit: exited(0) }).verdict.outcome, "succeeded")
    assert.strictEqual(readRun({ stdout: hello, exit: killed("SIGTERM") }).verdict.outcome, "failed")
    assert.strictEqual(
      readRun({ stdout: recorded("codex-0.42.0/todo.ndjson"), exit: exited(0) }).verdict.outcome,
      "succeeded",
    )
    // The launcher of 0.42 exits with 0 after a SIGTERM.
    assert.strictEqual(codeOf("codex-0.42.0/tool-sleep-sigterm.ndjson", exited(0)), "CLI_NO_RESULT")
    const [session, , , ...rest] = linesOf(recorded("codex-0.42.0/multi-turn-tools.ndjson"))
    const midway = [session, ...rest.slice(0, -1)].join("\n")
    assert.strictEqual(readRun({ stdout: midway, exit: exited(0) }).verdict.error?.code, "CLI_NO_RESULT")
    const cut = `${hello}{"type":"item.completed","item":{"id":"it`
    assert.strictEqual(readRun({ stdout: cut, exit: exited(0) }).verdict.error?.code, "CLI_OUTPUT_TRUNCATED")
  })

  it("fails a resumed run that silently began another conversation", () => {
    const stdout = recorded("codex-0.72.0/resume-bad-id.ndjson")
    const request = { resumed: true, sessionId: "00000000-0000-4000-8000-000000000000", version: "0.98.0" }
    const { verdict } = readRun({ stdout, exit: exited(0), request })
    assert.strictEqual(verdict.error?.code, "CLI_SESSION_NOT_FOUND")
    assert.strictEqual(verdict.usage?.basis, "run")
    const same = { ...request, sessionId: verdict.sessionId?.toUpperCase() ?? "" }
    assert.strictEqual(readRun({ stdout, exit: exited(0), request: same }).verdict.outcome, "succeeded")
  })

  it("says that the usage of a resumed run covers its conversation since 0.98", () => {
    const stdout = recorded("codex-0.98.0/resume.2-resume.ndjson")
    const basis = (request: { readonly resumed?: boolean; readonly version?: string }) =>
      readRun({ stdout, request }).verdict.usage?.basis
    assert.strictEqual(basis({ resumed: true, version: "0.98.0" }), "session")
    assert.strictEqual(basis({ resumed: true, version: "0.72.0" }), "run")
    assert.strictEqual(basis({ resumed: true }), "session")
    assert.strictEqual(basis({ version: "0.98.0" }), "run")
  })

  it("names what kept Codex from coming to a turn", () => {
    const start = (stderr: string, code = 1) => readRun({ stderr, exit: exited(code), format: "jsonl" }).verdict.error
    const cases: ReadonlyArray<readonly [string, number, ErrorCode]> = [
      ["Not inside a trusted directory and --skip-git-repo-check was not specified.", 1, "CLI_NOT_A_REPOSITORY"],
      ["Reading prompt from stdin...\nNo prompt provided via stdin.", 1, "CLI_NO_PROMPT"],
      ["error: unexpected argument '--no-such-flag' found", 2, "CLI_USAGE"],
      ["error: invalid value 'banana' for '--sandbox <SANDBOX_MODE>'", 2, "CLI_USAGE"],
      ["Error: Model provider `nope` not found", 1, "CLI_CONFIG_INVALID"],
      ['Error: approval_policy = "untrusted" is no longer supported; remove this setting', 1, "CLI_CONFIG_INVALID"],
      ['Error finding codex home: CODEX_HOME points to "/none", but that path does not exist', 1, "CLI_CONFIG_INVALID"],
      ["Failed to read output schema file /none.json: No such file or directory (os error 2)", 1, "IO_FILE_UNREADABLE"],
      ["Output schema file /bad.json is not valid JSON: key must be a string at line 1 column 2", 1, "CLI_USAGE"],
      ["Error: No such file or directory (os error 2)", 1, "IO_DIRECTORY_UNREADABLE"],
      ["", 2, "CLI_USAGE"],
      ["", 101, "CLI_CRASHED"],
      ["2026-01-01T00:00:00Z ERROR codex_core: Error: No such file or directory", 1, "CLI_NO_RESULT"],
    ]
    for (const [stderr, code, expected] of cases) assert.strictEqual(start(stderr, code)?.code, expected, stderr)
    assert.strictEqual(start(recorded("codex-0.169.0/resume-bad-id.stderr.txt"))?.code, "CLI_SESSION_NOT_FOUND")
  })

  it("gives the reason that stands on the line after", () => {
    const config = readRun({ stderr: recorded("codex-0.169.0/invalid-config.stderr.txt"), exit: exited(1) }).verdict
      .error
    assert.strictEqual(config?.code, "CLI_CONFIG_INVALID")
    assert.include(config?.message, "config.toml:1:6: key with no value")
    const crash = readRun({ stderr: recorded("codex-0.169.0/stdout-closed.stderr.txt"), exit: exited(101) }).verdict
      .error
    assert.strictEqual(crash?.code, "CLI_CRASHED")
    assert.include(crash?.message, "Broken pipe")
  })

  it("tells a line that was cut from one that never came", () => {
    const stdout = '{"type":"turn.started"}\n{"type":"item.comple'
    assert.strictEqual(readRun({ stdout, exit: exited(1) }).verdict.error?.code, "CLI_OUTPUT_TRUNCATED")
  })

  it("believes no word of stderr once the turn is complete", () => {
    const { verdict } = readRun({
      stdout: recorded("codex-0.169.0/hello.ndjson"),
      stderr: "Error: No such file or directory (os error 2)",
      exit: exited(0),
    })
    assert.strictEqual(verdict.outcome, "succeeded")
  })
})
