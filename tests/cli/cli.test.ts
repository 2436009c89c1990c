/** The program from the outside: what it prints, what it stores, how it exits. */
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram } from "./program.ts"
import { processesOf } from "../support/processes.ts"

const program = makeProgram()
const { run, start } = program
afterAll(program.remove)

const slow = { RUNYARD_SCRIPT_DELAY_MS: "400" }

describe("runyard exec", () => {
  it("streams a run for people, masks the secret, and exits with 0", async () => {
    const { code, stdout, stderr } = await run(["exec", "scripted", "say hello"])
    assert.strictEqual(code, 0, stderr)
    assert.isAbove(stdout.length, 20)
    assert.match(stderr, /● run run_/)
    assert.match(stderr, /\[redacted:/)
    assert.match(stderr, /succeeded/)
    assert.notMatch(stdout + stderr, /FAKE[A-Za-z0-9_-]{16}/)
  })

  it("prints one event a line with --json, and logs replays the very same lines", async () => {
    const live = await run(["exec", "scripted", "--json", "say hello"])
    assert.strictEqual(live.code, 0, live.stderr)
    const events = jsonLines(live.stdout)
    assert.deepStrictEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    )
    assert.strictEqual(events.at(-1)?.["type"], "run.completed")
    const id = String(events[0]?.["runId"])
    assert.strictEqual((await run(["logs", id, "--json"])).stdout, live.stdout)
    const after = jsonLines((await run(["logs", id, "--json", "--after", "3"])).stdout)
    assert.deepStrictEqual(after, events.slice(3))
    const shown = JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>
    assert.strictEqual(shown["state"], "succeeded")
    assert.strictEqual(shown["lastSeq"], events.length)
    const listed = jsonLines((await run(["ls", "--json"])).stdout)
    assert.isTrue(listed.some((run) => run["id"] === id))
  })

  it("tells by its fingerprint that two runs spilled the same secret, and shows how often it was masked", async () => {
    const masked = async () => {
      assert.strictEqual((await run(["exec", "scripted", "--quiet", "say hello"])).code, 0)
      const shown = JSON.parse((await run(["show", "last", "--json"])).stdout) as Record<string, unknown>
      return shown["redactions"] as ReadonlyArray<Record<string, unknown>>
    }
    const [first, second] = [await masked(), await masked()]
    assert.deepStrictEqual(first, second)
    assert.strictEqual(first[0]?.["rule"], "anthropic-key")
    assert.strictEqual(first[0]?.["category"], "token")
    assert.match(String(first[0]?.["fingerprint"]), /^[0-9a-f]{8}$/)
    const { stdout } = await run(["show", "last"])
    assert.include(stdout, `anthropic-key ×${String(first[0]?.["count"])} (#${String(first[0]?.["fingerprint"])})`)
  })

  it("takes the prompt from stdin for -", async () => {
    const { code, stdout } = await run(["exec", "scripted", "--json", "-"], { stdin: "from a pipe" })
    assert.strictEqual(code, 0)
    assert.match(stdout, /from a pipe/)
  })

  it("cancels at the first Ctrl-C, exits with 130, and leaves no process", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const id = await idOf(started)
    started.child.kill("SIGINT")
    const { code, stderr } = await started.finished
    assert.strictEqual(code, 130, stderr)
    assert.match(stderr, /canceled by SIGINT/)
    assert.deepStrictEqual(await processesOf(id), [])
    const shown = JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>
    assert.strictEqual(shown["state"], "canceled")
  })

  it("takes a Ctrl-C that arrives twice, from the terminal and from a parent, for one", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    started.child.kill("SIGINT")
    started.child.kill("SIGINT")
    const { code, stderr } = await started.finished
    assert.strictEqual(code, 130, stderr)
    assert.notMatch(stderr, /killing…/)
  })

  it("cancels and says so when its output cannot be written", async () => {
    const full = openSync("/dev/full", "w")
    const { code, stderr } = await run(["exec", "scripted", "hello"], { stdout: full })
    closeSync(full)
    assert.strictEqual(code, 70)
    assert.match(stderr, /canceled by closed output/)
    assert.match(stderr, /✗ IO_OUTPUT_CLOSED: .*ENOSPC/)
    assert.notMatch(stderr, /\n\s+at /)
  })

  it("is canceled by another program on the same store", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const id = await idOf(started)
    const canceled = await run(["cancel", id, "--reason", "a test"])
    assert.strictEqual(canceled.code, 0, canceled.stderr)
    const ending = /canceled by runyard cancel \(a test\): SIG[A-Z]+ worked, \d+ ms, \d+ process(?:es)?, none left/
    assert.match(canceled.stdout, ending)
    assert.strictEqual((await started.finished).code, 130)
    assert.deepStrictEqual(await processesOf(id), [])
    assert.match((await run(["show", id])).stdout, ending)
    const again = JSON.parse((await run(["cancel", id, "--json"])).stdout) as { type: string; payload: { by: string } }
    assert.strictEqual(again.type, "run.canceled")
    assert.strictEqual(again.payload.by, "runyard cancel")
  })

  it("is followed by another program while it runs", async () => {
    const started = start(["exec", "scripted", "--json", "hello"], { env: { RUNYARD_SCRIPT_DELAY_MS: "40" } })
    await started.until("run.started")
    const follower = start(["logs", "last", "-f", "--json"])
    const [live, followed] = await Promise.all([started.finished, follower.finished])
    assert.strictEqual(followed.stdout, live.stdout)
  })

  it("is left by a follower whose reader has gone, and goes on", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const follower = start(["logs", "last", "-f"])
    await follower.until("● started")
    follower.child.stdout?.destroy()
    assert.strictEqual((await follower.finished).code, 0)
    const id = await idOf(started)
    const shown = JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>
    assert.strictEqual(shown["state"], "running")
    started.child.kill("SIGINT")
    await started.finished
  })

  it("leaves a run of a killed program interrupted at the next start, and nothing of it alive", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const id = await idOf(started)
    started.child.kill("SIGKILL")
    await started.finished
    await run(["ls"])
    const shown = JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>
    assert.strictEqual(shown["state"], "interrupted")
    assert.deepStrictEqual(await processesOf(id), [])
  })

  it("goes on with a run of a killed program when it is asked to, and not before", async () => {
    const started = start(["exec", "scripted", "--recover", "resume", "hello"], { env: slow })
    await started.until("● model")
    const id = await idOf(started)
    started.child.kill("SIGKILL")
    await started.finished
    await run(["ls"])
    assert.deepStrictEqual(await processesOf(id), [])
    assert.strictEqual(JSON.parse((await run(["show", id, "--json"])).stdout).state, "queued")
    const recovered = await run(["recover"])
    assert.strictEqual(recovered.stdout, `${id}  succeeded\n`, recovered.stderr)
    assert.match((await run(["logs", id])).stdout, /back in the queue/)
    assert.match((await run(["recover"])).stderr, /Nothing is left to do/)
  })
})

const idOf = async (started: ReturnType<typeof start>): Promise<string> => {
  let id = ""
  await started.until(/run_[0-9a-z]{16,40}/)
  for (const run_ of jsonLines((await run(["ls", "--json", "-n", "1"])).stdout)) id = String(run_["id"])
  return id
}

describe("bad input", () => {
  const file = (name: string, text: string): string => {
    const path = join(program.directory, name)
    writeFileSync(path, text)
    return path
  }
  const missing = join(program.directory, "nowhere")

  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, string, number]> = [
    ["an empty prompt", ["exec", "scripted", "  "], "CLI_NO_PROMPT", 2],
    ["no prompt at all", ["exec", "scripted"], "CLI_NO_PROMPT", 2],
    ["an unknown provider", ["exec", "nobody", "hello"], "QUEUE_PROVIDER_UNKNOWN", 2],
    ["an unreadable directory", ["exec", "scripted", "-C", missing, "hello"], "IO_DIRECTORY_UNREADABLE", 2],
    [
      "a schema that is not JSON",
      ["exec", "scripted", "--schema", file("bad.json", "{"), "hello"],
      "QUEUE_REQUEST_INVALID",
      2,
    ],
    [
      "a schema that is no schema",
      ["exec", "scripted", "--schema", file("odd.json", '{"type":"nonsense"}'), "x"],
      "QUEUE_REQUEST_INVALID",
      2,
    ],
    ["a missing schema file", ["exec", "scripted", "--schema", missing, "hello"], "IO_FILE_UNREADABLE", 2],
    ["an unknown flag", ["exec", "scripted", "--nonsense", "hello"], "QUEUE_REQUEST_INVALID", 2],
    ["an unknown option", ["exec", "scripted", "--option", "nonsense=1", "hello"], "QUEUE_OPTION_UNSUPPORTED", 2],
    ["an unknown command", ["nonsense"], "QUEUE_REQUEST_INVALID", 2],
    ["a dangerous mode", ["exec", "scripted", "--mode", "bypassPermissions", "hello"], "POLICY_DANGEROUS", 3],
    [
      "a secret in the prompt",
      ["exec", "scripted", `use ${["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")}`],
      "POLICY_SECRET_IN_PROMPT",
      3,
    ],
    ["a limit below 1", ["ls", "--limit", "0"], "QUEUE_REQUEST_INVALID", 2],
    ["a limit above 1000", ["ls", "--limit", "1001"], "QUEUE_REQUEST_INVALID", 2],
    ["an unknown run", ["show", "run_00000000000000000"], "STORE_RUN_NOT_FOUND", 2],
    ["a recording that is not there", ["parse", "claude", missing], "IO_FILE_UNREADABLE", 2],
    [
      "a format that is none",
      ["parse", "claude", "--format", "nonsense", file("x.txt", "hi")],
      "QUEUE_REQUEST_INVALID",
      2,
    ],
  ]
  it.each(cases)("gives %s a code, a remedy and its exit code", async (_name, args, errorCode, exitCode) => {
    const { code, stderr, stdout } = await run(args)
    assert.match(stderr, new RegExp(`✗ ${errorCode}: .+\n {2}.+`))
    assert.strictEqual(code, exitCode)
    assert.strictEqual(stdout, "")
    assert.notMatch(stderr, /\n\s+at /)
  })

  it("says that a CLI is missing and how to get it, and stores nothing", async () => {
    const before = (await run(["ls", "--json"])).stdout
    const { code, stderr } = await run(["exec", "codex", "hello"], { env: { RUNYARD_CODEX_PATH: missing } })
    assert.match(stderr, /✗ CLI_NOT_FOUND/)
    assert.match(stderr, /RUNYARD_CODEX_PATH/)
    assert.strictEqual(code, 2)
    assert.strictEqual((await run(["ls", "--json"])).stdout, before)
  })

  it("prints the error as one JSON object on stderr with --json", async () => {
    const { stderr } = await run(["exec", "nobody", "--json", "hello"])
    const error = (JSON.parse(stderr) as { error: { code: string; remedy: string } }).error
    assert.strictEqual(error.code, "QUEUE_PROVIDER_UNKNOWN")
  })

  it("says that the store cannot be opened when its place is a file", async () => {
    const { code, stderr } = await run(["ls", "--directory", file("a-file", "")])
    assert.match(stderr, /✗ STORE_UNAVAILABLE/)
    assert.strictEqual(code, 70)
  })
})

describe("a terminal", () => {
  it("gets nothing to obey from an agent, not from JSON either", async () => {
    const path = join(program.directory, "escaping.stdout.jsonl")
    const text = "a\u001b]52;c;eA==\u0007b\u009b31mc\u202ed\u007fe"
    const item = { id: "i", type: "agent_message", text }
    writeFileSync(path, `${JSON.stringify({ type: "item.completed", item })}\n`)
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/
    const shown = await run(["parse", "codex", path])
    assert.strictEqual(shown.stdout.split("\n", 1)[0], "abcde")
    assert.notMatch(shown.stdout + shown.stderr, obeyed)
    const { stdout } = await run(["parse", "codex", "--json", path])
    assert.notMatch(stdout, obeyed)
    assert.deepInclude(jsonLines(stdout)[0]?.["payload"], { text })
  })
})

describe("the store", () => {
  it("is private to its user", async () => {
    await run(["exec", "scripted", "hello"])
    const store = program.env["RUNYARD_HOME"] ?? ""
    assert.strictEqual(statSync(store).mode & 0o777, 0o700)
    for (const name of readdirSync(store)) assert.strictEqual(statSync(join(store, name)).mode & 0o777, 0o600, name)
  })

  it("keeps no byte of the secret that the agent printed", async () => {
    const { stdout } = await run(["exec", "scripted", "--json", "hello"])
    assert.match(stdout, /\[redacted:/)
    const store = program.env["RUNYARD_HOME"] ?? ""
    for (const name of readdirSync(store)) {
      assert.isFalse(/sk-ant-api03-FAKE/.test(readFileSync(join(store, name), "latin1")), name)
    }
  })
})

describe("runyard parse", () => {
  it("prints the events and, last, one summary object", async () => {
    const live = await run(["exec", "scripted", "--json", "hello"])
    const id = String(jsonLines(live.stdout)[0]?.["runId"])
    const path = join(program.directory, "recorded.stdout.jsonl")
    writeFileSync(path, (await run(["logs", id, "--raw"])).stdout)
    const { code, stdout } = await run(["parse", "claude", "--json", path, "--exit-code", "0"])
    assert.strictEqual(code, 0)
    const lines = jsonLines(stdout)
    const summary = lines.at(-1)
    assert.strictEqual(summary?.["type"], "summary")
    assert.strictEqual(summary?.["outcome"], "succeeded")
    assert.strictEqual(summary?.["errorCode"], null)
    assert.strictEqual(summary?.["unknownLines"], 0)
    const agentEvents = (events: ReadonlyArray<Record<string, unknown>>) =>
      events.filter(({ type }) => String(type).startsWith("agent.")).map(({ type, payload }) => ({ type, payload }))
    assert.deepStrictEqual(agentEvents(lines), agentEvents(jsonLines(live.stdout)))
  })
})

describe("runyard doctor", () => {
  it("names every provider, what is wrong and what to do", async () => {
    const bin = join(program.directory, "bin")
    mkdirSync(bin)
    const fake = join(bin, "codex")
    writeFileSync(
      fake,
      '#!/bin/sh\n[ "$1" = --version ] && echo "codex-cli 0.169.0" || { echo "Not logged in" >&2; exit 1; }\n',
    )
    chmodSync(fake, 0o755)
    const { code, stdout } = await run(["doctor"], { env: { PATH: `${bin}:/usr/bin:/bin` } })
    assert.strictEqual(code, 0)
    assert.match(stdout, /Codex.*0\.169\.0/)
    assert.match(stdout, /login: missing/)
    assert.match(stdout, /✗ Claude Code \(claude\): .*not found/i)
    assert.match(stdout, /CLI_NOT_FOUND/)
    assert.isTrue(existsSync(fake))
  })
})
