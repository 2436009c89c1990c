import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { makeProgram } from "./program.ts"

const { directory, remove, run, start } = makeProgram()
afterAll(remove)

/** Claude Code whose first run gets this answer of the service, and whose others succeed. */
const claudeThatFails = (name: string, failure: { readonly status: number; readonly text: string }) => {
  const path = join(directory, `${name}.mjs`)
  const calls = join(directory, `${name}.calls`)
  const session = "f014aa89-f489-4d90-8bd7-fed01587bcc8"
  const figures = { session_id: session, total_cost_usd: 0, num_turns: 1, usage: { input_tokens: 1, output_tokens: 1 } }
  const init = { type: "system", subtype: "init", session_id: session, model: "m", cwd: "/", tools: [] }
  const failed = { is_error: true, result: failure.text, api_error_status: failure.status }
  writeFileSync(calls, "")
  writeFileSync(
    path,
    `#!${process.execPath}
import { appendFileSync, readFileSync } from "node:fs"
const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n")
if (process.argv[2] === "--version") console.log("2.1.329 (Claude Code)")
else if (process.argv.includes("--output-format")) {
  appendFileSync(${JSON.stringify(calls)}, "x")
  const first = readFileSync(${JSON.stringify(calls)}, "utf8") === "x"
  say(${JSON.stringify({ ...init, permissionMode: "default" })})
  say({ ...${JSON.stringify(figures)}, type: "result", subtype: "success",
    ...(first ? ${JSON.stringify(failed)} : { is_error: false, result: "Done." }) })
  process.exitCode = first ? 1 : 0
}
`,
  )
  chmodSync(path, 0o755)
  return { env: { RUNYARD_CLAUDE_PATH: path }, calls: () => readFileSync(calls, "utf8").length }
}

const overloaded = { status: 529, text: "API Error: Repeated 529 Overloaded errors" }

describe("runyard exec, when the service fails", { timeout: 60_000 }, () => {
  it("says when and why it tries again, goes on to the next attempt, and exits as that ended", async () => {
    const claude = claudeThatFails("once", overloaded)
    const { code, stderr, stdout } = await run(["exec", "claude", "hello"], { env: claude.env })
    assert.strictEqual(code, 0, stderr)
    assert.include(stdout, "Done.")
    assert.match(stderr, /✗ CLI_OVERLOADED: /)
    assert.match(stderr, /● retrying at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\. Tried again in .+: try 1 of 4 failed/)
    assert.strictEqual(claude.calls(), 2)
    const shown = await run(["show", "last"], { env: claude.env })
    assert.match(shown.stdout, /attempts +2\n/)
  })

  it("does not with --retries 0, and says so", async () => {
    const claude = claudeThatFails("never", overloaded)
    const { code, stderr } = await run(["exec", "claude", "--retries", "0", "hello"], { env: claude.env })
    assert.notStrictEqual(code, 0)
    assert.match(stderr, /Not tried again: The request says/)
    assert.strictEqual(claude.calls(), 1)
    assert.match((await run(["show", "last"], { env: claude.env })).stdout, /retry +Not tried again: /)
  })

  it("waits for the end of a usage limit until it is interrupted, and doctor says what is closed", async () => {
    const resetsAt = Math.floor(Date.now() / 1000) + 3600
    const claude = claudeThatFails("limit", { status: 429, text: `Claude AI usage limit reached|${resetsAt}` })
    const waiting = start(["exec", "claude", "hello"], { env: claude.env })
    await waiting.until("● waiting until")
    const state = await run(["show", "last"], { env: claude.env })
    assert.match(state.stdout, /state +retry_wait\n/)
    assert.match(state.stdout, /retry +at .+ The account's usage limit ends in 60 min\./)
    const doctor = await run(["doctor"], { env: claude.env })
    assert.match(doctor.stdout, /! claude: no run is started before .+, after CLI_USAGE_LIMIT/)
    waiting.child.kill("SIGINT")
    const { code } = await waiting.finished
    assert.strictEqual(code, 130)
    assert.match((await run(["show", "last"], { env: claude.env })).stdout, /state +canceled\n/)
    assert.strictEqual(claude.calls(), 1)
  })
})
