import { assert, describe, it } from "@effect/vitest"
import type { ErrorCode } from "@runyard/core"
import { ofType, recorded, replay, type ReplayOptions } from "./replay.ts"

const ok = { exit: { code: 0 } } satisfies ReplayOptions
const failed = { exit: { code: 1 } } satisfies ReplayOptions

const result = (fields: object): string =>
  JSON.stringify({ type: "result", subtype: "success", is_error: false, session_id: "s", ...fields })
const init = JSON.stringify({ type: "system", subtype: "init", session_id: "s", model: "m" })
const said = (text: string): string =>
  JSON.stringify({ type: "assistant", message: { id: "x", content: [{ type: "text", text }] } })

const code = (lines: ReadonlyArray<string>, options: ReplayOptions = ok): ErrorCode | undefined =>
  replay(lines, options).verdict.error?.code

describe("ClaudeVerdict", () => {
  it("succeeds by the result, with its message, tokens, cost and turns", () => {
    const { verdict } = replay(recorded("2.1.329/edit-file"), ok)
    assert.deepStrictEqual(verdict, {
      outcome: "succeeded",
      finalMessage: "Edited.",
      sessionId: verdict.sessionId ?? "none",
      model: "claude-opus-5-5",
      usage: {
        inputTokens: 36,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 18,
        reasoningTokens: 0,
        cacheIncluded: false,
        basis: "run",
      },
      cost: { usd: 0.0005040000000000001, source: "reported", basis: "run" },
      turns: 3,
    })
    assert.match(verdict.sessionId ?? "", /^[0-9a-f-]{36}$/)
  })

  it("tells what the agent itself said last when the run failed", () => {
    const apiError = JSON.stringify({
      type: "assistant",
      error: "server_error",
      message: { content: [{ type: "text", text: "API Error: 500 x" }] },
    })
    const inner = JSON.stringify({ ...(JSON.parse(said("inner")) as object), parent_tool_use_id: "t" })
    const lines = [init, said("a"), said("b"), inner, apiError]
    const killed = replay(lines, { exit: { signal: "SIGKILL" } }).verdict
    assert.deepStrictEqual([killed.error?.code, killed.finalMessage], ["CLI_KILLED", "b"])
    const { verdict } = replay([...lines, result({ is_error: true, result: "API Error: 500 x" })], failed)
    assert.deepStrictEqual([verdict.error?.code, verdict.finalMessage], ["CLI_SERVICE_ERROR", "b"])
    assert.isUndefined(replay([init, apiError], failed).verdict.finalMessage)
  })

  it("knows how the run went whatever the lesser fields of the result are", () => {
    const odd = { num_turns: -1, total_cost_usd: "1", usage: [], api_error_status: "x", stop_reason: 5, session_id: 7 }
    const { verdict } = replay([init, result({ ...odd, result: "a" })], ok)
    assert.deepStrictEqual(verdict, { outcome: "succeeded", finalMessage: "a", sessionId: "s", model: "m" })
  })

  it("does not forget the cost when the CLI breaks down after a turn", () => {
    const broken = result({ subtype: "error_during_execution", errors: ["boom"], num_turns: 0, total_cost_usd: 0 })
    const { verdict } = replay([init, result({ result: "a", num_turns: 1, total_cost_usd: 0.5 }), init, broken], failed)
    assert.deepStrictEqual([verdict.error?.code, verdict.cost?.usd, verdict.turns], ["CLI_FAILED", 0.5, 1])
  })

  it("judges a recording whose exit is not known", () => {
    assert.strictEqual(replay(recorded("2.1.329/edit-file")).verdict.outcome, "succeeded")
    assert.strictEqual(code([init], {}), "CLI_NO_RESULT")
  })

  it("counts each turn's tokens once, and the cost that already counts all of them", () => {
    const run = replay(recorded("2.1.329/tool-bg-task-exit"), ok)
    assert.strictEqual(run.verdict.finalMessage, "Done.")
    assert.strictEqual(run.verdict.usage?.inputTokens, 36)
    assert.strictEqual(run.verdict.usage?.outputTokens, 18)
    assert.strictEqual(run.verdict.cost?.usd, 0.0005040000000000001)
    assert.strictEqual(run.verdict.turns, 3)
    assert.deepStrictEqual(
      ofType(run, "run.usage").flatMap(({ cost, interim, usage }) =>
        interim === true ? [] : [[usage?.inputTokens, cost?.usd]],
      ),
      [
        [24, 0.00033600000000000004],
        [36, 0.0005040000000000001],
      ],
    )
  })

  it("says that the cost of a resumed session has earlier runs in it, since 2.1.329", () => {
    const lines = recorded("2.1.329/resume")
    assert.strictEqual(replay(lines, { ...ok, request: { resumed: true } }).verdict.cost?.basis, "session")
    assert.strictEqual(replay(lines, ok).verdict.cost?.basis, "run")
    const older = lines.map((line) => line.replaceAll('"2.1.329"', '"2.1.265"'))
    assert.strictEqual(replay(older, { ...ok, request: { resumed: true } }).verdict.cost?.basis, "run")
  })

  it("does not take a success of an earlier turn for that of the last", () => {
    const lines = [init, said("a"), result({ result: "a" })]
    assert.isUndefined(code(lines))
    assert.strictEqual(code([...lines, init]), "CLI_NO_RESULT")
    assert.strictEqual(code([...lines, said("b")]), "CLI_NO_RESULT")
    assert.strictEqual(
      code([...lines, result({ is_error: true, result: "API Error: 500 x" })], failed),
      "CLI_SERVICE_ERROR",
    )
  })

  it("believes the result when the process is ended after it", () => {
    assert.isUndefined(code([init, said("a"), result({ result: "a" })], { exit: { signal: "SIGKILL" } }))
  })

  it("gives the structured answer, and fails without the one that was asked for", () => {
    const request = { outputSchema: { type: "object" } }
    const { verdict } = replay(recorded("2.1.329/structured-ok"), { ...ok, request })
    assert.deepStrictEqual([verdict.outcome, verdict.structured], ["succeeded", { name: "x", n: 3 }])
    const none = replay(recorded("2.1.329/structured-never"), { ...ok, request }).verdict
    assert.strictEqual(none.error?.code, "CLI_STRUCTURED_OUTPUT")
    assert.strictEqual(none.finalMessage, "Hello from the fake model.")
    // The recording alone tells that one was asked for.
    assert.strictEqual(code(recorded("2.1.329/structured-never")), "CLI_STRUCTURED_OUTPUT")
  })

  const failures: ReadonlyArray<readonly [name: string, code: ErrorCode, exit: number]> = [
    ["2.1.329/error-401", "AUTH_REJECTED", 1],
    ["2.0.69/rate-limit-headers", "CLI_USAGE_LIMIT", 1],
    ["2.1.265/max-turns", "CLI_MAX_TURNS", 1],
    ["2.0.69/max-turns-json", "CLI_MAX_TURNS", 0],
    ["2.0.69/eof-mid", "CLI_NO_RESULT", 0],
    ["2.1.329/tool-sleep-sigint", "CLI_INTERRUPTED", 0],
    ["2.0.69/tool-sleep-sigint", "CLI_NO_RESULT", 0],
    ["2.1.100/resume-not-uuid", "CLI_USAGE", 1],
  ]
  for (const [name, expected, exit] of failures) {
    it(`reads ${name} as ${expected}, whatever its exit code ${exit} means`, () => {
      assert.strictEqual(code(recorded(name), { exit: { code: exit } }), expected)
    })
  }

  it("names no session that never began", () => {
    assert.isUndefined(replay(recorded("2.1.100/resume-not-uuid"), failed).verdict.sessionId)
  })

  it("tells when a usage limit ends", () => {
    assert.deepStrictEqual(
      replay(recorded("2.0.69/rate-limit-headers"), failed).verdict.error?.detail["resets"],
      "Jan 1, 2030, 12am (UTC)",
    )
    const words = replay(recorded("2.0.69/usage-limit-days"), failed).verdict.error
    assert.strictEqual(words?.code, "CLI_USAGE_LIMIT")
    assert.deepStrictEqual(words?.detail["resetsClock"], {
      month: 11,
      day: 29,
      hour: 21,
      minute: 25,
      zone: "America/New_York",
    })
    // Since 2.1.100 an event says it in numbers, and the words do not count.
    const numbers = replay(recorded("2.1.329/usage-limit"), failed).verdict.error
    assert.strictEqual(numbers?.code, "CLI_USAGE_LIMIT")
    assert.strictEqual(numbers?.detail["resetsAt"], 1_796_005_530_000)
    assert.isUndefined(numbers?.detail["resetsClock"])
    const limit = JSON.stringify({
      type: "rate_limit_event",
      rate_limit_info: { status: "rejected", resetsAt: 1_900_000_000, rateLimitType: "five_hour" },
    })
    const lines = [
      init,
      limit,
      result({ is_error: true, result: "You've hit your 5-hour limit · resets 3pm", api_error_status: 429 }),
    ]
    const { error } = replay(lines, failed).verdict
    assert.strictEqual(error?.code, "CLI_USAGE_LIMIT")
    assert.deepInclude(error?.detail, { resets: "3pm", resetsAt: 1_900_000_000_000, httpStatus: 429 })
  })

  const words: ReadonlyArray<readonly [fields: object, code: ErrorCode]> = [
    [{ result: 'API Error: 400 {"type":"error","error":{"message":"no"}}' }, "CLI_REQUEST_INVALID"],
    [{ result: "Failed to authenticate. API Error: 403 no", api_error_status: 403 }, "AUTH_FORBIDDEN"],
    [{ result: "There's an issue with the selected model (x).", api_error_status: 404 }, "CLI_MODEL_NOT_FOUND"],
    [{ result: "Request too large (max 32MB).", terminal_reason: "image_error" }, "CLI_REQUEST_TOO_LARGE"],
    [{ result: "API Error: Request rejected (429) · slow down" }, "CLI_RATE_LIMITED"],
    [{ result: "API Error: 500 no" }, "CLI_SERVICE_ERROR"],
    [{ result: "API Error: Repeated 529 Overloaded errors" }, "CLI_OVERLOADED"],
    [{ result: "Prompt is too long" }, "CLI_CONTEXT_TOO_LONG"],
    [{ result: "Credit balance is too low", api_error_status: 400 }, "AUTH_BILLING"],
    [{ result: "Not logged in · Please run /login" }, "AUTH_REQUIRED"],
    [{ result: "Invalid API key · Please run /login" }, "AUTH_REQUIRED"],
    [{ result: "API Error: Connection refused (ECONNREFUSED)" }, "CLI_CONNECTION"],
    [{ result: "API Error: JSON Parse error: Unterminated string" }, "CLI_CONNECTION"],
    [{ result: "API Error: x", stop_reason: "refusal" }, "CLI_MODEL_REFUSED"],
    [{ result: "API Error: Claude's response exceeded the 32000 output token maximum." }, "CLI_OUTPUT_LIMIT"],
    [{ result: "something new" }, "CLI_FAILED"],
    [{ subtype: "error_max_budget_usd", is_error: false }, "CLI_BUDGET_EXCEEDED"],
    [{ subtype: "error_max_structured_output_retries" }, "CLI_STRUCTURED_OUTPUT"],
    [{ subtype: "error_during_execution", terminal_reason: "aborted_tools", errors: ["x"] }, "CLI_INTERRUPTED"],
    [
      { subtype: "error_during_execution", errors: ["No conversation found with session ID: x"] },
      "CLI_SESSION_NOT_FOUND",
    ],
    [{ subtype: "error_of_a_newer_version", errors: ["what"] }, "CLI_FAILED"],
    [{ subtype: "error_during_execution", errors: ["[ede_diagnostic] result_type=assistant"] }, "CLI_NO_RESULT"],
    [{ subtype: "error_during_execution", errors: ["[ede_diagnostic] x", "read ECONNRESET"] }, "CLI_CONNECTION"],
  ]
  for (const [fields, expected] of words) {
    it(`reads ${JSON.stringify(fields)} as ${expected}`, () => {
      assert.strictEqual(code([init, result({ is_error: true, ...fields })], failed), expected)
    })
  }

  it("takes the service's own words out of a quoted answer", () => {
    const text =
      'API Error: 401 {"type":"error","error":{"type":"authentication_error","message":"Fake key"}} · Please run /login'
    const { error } = replay([init, result({ is_error: true, result: text })], failed).verdict
    assert.strictEqual(error?.message, "API Error: 401 Fake key · Please run /login")
  })

  const startups: ReadonlyArray<readonly [stderr: string, code: ErrorCode]> = [
    ["error: unknown option '--no-such-flag'", "CLI_USAGE"],
    ["Error: --json-schema is not valid JSON: JSON Parse error: Expected '}'", "CLI_USAGE"],
    ["Error: Invalid session ID. Must be a valid UUID.", "CLI_USAGE"],
    ["--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons", "CLI_USAGE"],
    ["Error: Session ID 22222222-2222-4222-8222-222222222222 is already in use.", "CLI_SESSION_IN_USE"],
    ["No conversation found with session ID: 44444444-4444-4444-8444-444444444444", "CLI_SESSION_NOT_FOUND"],
    ["Error: Settings file not found: {nope", "CLI_CONFIG_INVALID"],
    ["Error: Invalid MCP configuration:\nMCP config file not found: /nope.json", "CLI_CONFIG_INVALID"],
    ["Error: Input must be provided either through stdin or as a prompt argument when using --print", "CLI_NO_PROMPT"],
    ["Error: ENOENT: no such file or directory, uv_cwd\n    at x (node:internal/y:1:2)", "IO_DIRECTORY_UNREADABLE"],
    ["TypeError: x is not a function\n    at f (file:///cli.js:4698:10)", "CLI_CRASHED"],
    ["Warning: something", "CLI_NO_RESULT"],
  ]
  for (const [stderr, expected] of startups) {
    it(`reads a start that fails with "${stderr.slice(0, 60)}" as ${expected}`, () => {
      assert.strictEqual(code([], { ...failed, stderr: stderr.split("\n") }), expected)
    })
  }

  it("tells who ended the process, by signal or by the CLI's own exit codes", () => {
    for (const exit of [{ signal: "SIGTERM" }, { code: 143 }]) {
      const { error } = replay([init], { exit }).verdict
      assert.strictEqual(error?.code, "CLI_KILLED")
      assert.strictEqual(error?.detail["signal"], "SIGTERM")
    }
    assert.strictEqual(code([init], { exit: { code: 129 } }), "CLI_KILLED")
  })

  it("sees that the output was cut in the middle of its last line", () => {
    const whole = result({ result: "x".repeat(100) })
    assert.strictEqual(code([init, said("x"), whole.slice(0, 90)]), "CLI_OUTPUT_TRUNCATED")
    assert.isUndefined(code([init, '{"cut', said("x"), whole]))
    assert.strictEqual(code([init, whole.slice(0, 90), "...", whole.slice(95, 100)]), "CLI_OUTPUT_TRUNCATED")
    // The end is there, so that no output was lost at it.
    assert.strictEqual(code([init, whole.slice(0, 90), "...", whole.slice(95)]), "CLI_NO_RESULT")
  })

  describe("in text format", () => {
    const text = (line: string, exit: number | undefined): ErrorCode | undefined =>
      code([line], { format: "text", exit: exit === undefined ? undefined : { code: exit } })

    it("takes stdout for the answer", () => {
      const { verdict } = replay(["Hello", "you"], { format: "text", exit: { code: 0 } })
      assert.deepStrictEqual(verdict, { outcome: "succeeded", finalMessage: "Hello\nyou" })
    })

    it("lets the exit code say whether such words are an answer", () => {
      assert.isUndefined(text("API Error: 401 is what you get without a key.", 0))
      assert.strictEqual(text("API Error: 401 no", 1), "AUTH_REJECTED")
      assert.strictEqual(text("API Error: 401 no", undefined), "AUTH_REJECTED")
      assert.strictEqual(text("Not logged in · Please run /login", 1), "AUTH_REQUIRED")
      assert.strictEqual(text("Credit balance is too low", 1), "AUTH_BILLING")
      assert.strictEqual(text("half an answer", 143), "CLI_KILLED")
    })

    it("knows the endings that older versions tell with exit code 0", () => {
      assert.strictEqual(text("Error: Reached max turns (1)", 0), "CLI_MAX_TURNS")
    })

    it("does not repeat what may be the agent's words in an error", () => {
      const { error } = replay(["my half of an answer"], { format: "text", exit: { code: 1 } }).verdict
      assert.strictEqual(error?.code, "CLI_NO_RESULT")
      assert.notInclude(JSON.stringify(error), "half")
    })

    it("fails where nothing was written", () => {
      assert.strictEqual(code([], { format: "text", exit: { code: 0 } }), "CLI_NO_RESULT")
    })
  })
})
