/** Secrets from the outside: how they are kept and used, and where they are never seen. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { processesOf } from "../support/processes.ts"
import { jsonLines, makeProgram } from "./program.ts"

const program = makeProgram()
const { run, start } = program
afterAll(program.remove)

/** Made up, and of no shape that a rule knows. */
const value = "fake/plain words:nobody-has"
const noisy = (what: string): void => assert.notMatch(what, /nobody-has|nobody%2Dhas/)

describe("runyard secret", () => {
  it("keeps what is piped in, lists its name, and forgets it", { timeout: 60_000 }, async () => {
    const { code, stderr, stdout } = await run(["secret", "set", "LISTED"], { stdin: `${value}\n` })
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "LISTED  file\n")
    const env = { RUNYARD_SECRET_LISTED: value, RUNYARD_SECRET_GIVEN: value }
    const listed = await run(["secret", "ls"], { env })
    assert.strictEqual(listed.stdout, "GIVEN  environment\nLISTED  environment (not used: file)\n")
    assert.deepStrictEqual(jsonLines((await run(["secret", "ls", "--json"])).stdout), [
      { name: "LISTED", place: "file", shadowed: [] },
    ])
    assert.match((await run(["secret", "set", "LISTED"], { stdin: value, env })).stderr, /environment has another one/)
    assert.strictEqual((await run(["secret", "rm", "LISTED"])).code, 0)
    assert.match((await run(["secret", "rm", "LISTED"])).stderr, /✗ SECRET_NOT_FOUND/)
    assert.match((await run(["secret", "rm", "GIVEN"], { env })).stderr, /✗ SECRET_READ_ONLY/)
  })

  const wrong: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, code: string]> = [
    ["a value in the arguments", ["secret", "set", "TOKEN", value], "QUEUE_REQUEST_INVALID"],
    ["a value behind the name", ["secret", "set", `TOKEN=${value}`], "QUEUE_REQUEST_INVALID"],
    ["a value in place of the name", ["secret", "rm", value], "QUEUE_REQUEST_INVALID"],
    ["a value in place of a reference", ["exec", "scripted", "--secret", `A=${value}`, "hi"], "QUEUE_REQUEST_INVALID"],
    ["no value", ["secret", "set", "TOKEN"], "SECRET_VALUE_INVALID"],
    ["a secret that is not there", ["exec", "scripted", "--secret", "A=MISSING", "hi"], "SECRET_NOT_FOUND"],
  ]
  it.each(wrong)("refuses %s, and does not repeat it", async (_what, args, errorCode) => {
    const { code, stderr, stdout } = await run(args)
    assert.match(stderr, new RegExp(`✗ ${errorCode}: .+\n {2}.+`))
    assert.strictEqual(code, 2)
    noisy(stdout + stderr)
  })

  it("stores no run of a request that it refused", async () => {
    assert.strictEqual((await run(["ls", "--json"])).stdout, "")
  })

  it("asks at a terminal, and shows nothing of what is typed", async ({ skip }) => {
    if (spawnSync("script", ["--version"]).status !== 0) return skip("`script` of util-linux is not installed")
    const main = start(["--version"])
    const command = main.child.spawnargs.slice(0, -1).concat("secret", "set", "TYPED")
    await main.finished
    const quoted = command.map((word) => `'${word}'`).join(" ")
    const child = spawn("script", ["-qefc", quoted, "/dev/null"], { env: { ...program.env }, cwd: program.directory })
    let shown = ""
    let typed = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text
      if (typed || !shown.includes("Value of TYPED")) return
      typed = true
      child.stdin.write(`${value}\r`)
    })
    await new Promise((resolve) => child.on("close", resolve))
    assert.match(shown, /TYPED {2}file/)
    noisy(shown)
    assert.strictEqual((await run(["secret", "rm", "TYPED"])).code, 0)
  })

  it("needs the passphrase that its files were made with", { timeout: 60_000 }, async () => {
    const directory = join(program.directory, "with passphrase")
    const at = (args: ReadonlyArray<string>, passphrase?: string) =>
      run([...args, "--directory", directory], {
        stdin: value,
        env: passphrase === undefined ? {} : { RUNYARD_SECRETS_PASSPHRASE: passphrase },
      })
    assert.strictEqual((await run(["grant", "add", program.directory, "--directory", directory])).code, 0)
    assert.strictEqual((await at(["secret", "set", "TOKEN"], "fake passphrase one")).code, 0)
    const exec = ["exec", "scripted", "--secret", "A=TOKEN", "hello"]
    const [wrong, missing, right] = [
      await at(exec, "fake passphrase two"),
      await at(exec),
      await at(exec, "fake passphrase one"),
    ]
    assert.match(wrong.stderr, /✗ SECRET_PASSPHRASE_WRONG/)
    assert.strictEqual(wrong.code, 4)
    assert.match(missing.stderr, /✗ SECRET_PASSPHRASE_MISSING/)
    assert.strictEqual(right.code, 0, right.stderr)
  })
})

/** Every command line of this machine, as `ps` and /proc tell it. */
const commandLines = (): string => {
  const proc = readdirSync("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "latin1")] : []
    } catch {
      return []
    }
  })
  return proc.join("\n") + execFileSync("ps", ["-eww", "-o", "args"], { encoding: "latin1" })
}

describe.skipIf(process.platform !== "linux")("a run with a secret", () => {
  /** Speaks as Codex does; says its secret in several forms, to both pipes, and stays until a file is there. */
  const agent = join(program.directory, "codex")
  writeFileSync(
    agent,
    `#!/usr/bin/env node
if (process.argv[2] === "--version") { console.log("codex-cli 0.169.0"); process.exit(0) }
const { existsSync } = require("node:fs")
const secret = process.env.GITHUB_TOKEN
const say = (event) => console.log(JSON.stringify(event))
const item = (text) => say({ type: "item.completed", item: { id: "i", type: "agent_message", text } })
console.error("stderr has " + secret)
say({ type: "thread.started", thread_id: "0199a213-81c0-7800-8aa1-bbab2a035a53" })
say({ type: "turn.started" })
for (const text of [secret, JSON.stringify({ secret }), encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) item("it is " + text)
item("variables: " + Object.keys(process.env).sort().join(","))
item("ready")
const wait = setInterval(() => {
  if (!existsSync("go")) return
  clearInterval(wait)
  say({ type: "turn.completed", usage: { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 } })
}, 20)
`,
  )
  chmodSync(agent, 0o755)

  it(
    "has it in its environment, and nothing else has it: no command line, log, file, or terminal",
    { timeout: 60_000 },
    async () => {
      await run(["secret", "set", "GH"], { stdin: value })
      const cwd = join(program.directory, "work")
      mkdirSync(cwd)
      const started = start(
        ["exec", "codex", "--skip-git-repo-check", "--json", "-C", cwd, "--secret", "GITHUB_TOKEN=GH", "hello"],
        { env: { RUNYARD_CODEX_PATH: agent, RUNYARD_SECRET_OTHER: "fake-other-secret", NOT_PASSED: "1" } },
      )
      await started.until('"ready"')
      const id = String(jsonLines((await run(["ls", "--json"])).stdout)[0]?.["id"])
      noisy(commandLines())
      const [child] = await processesOf(id)
      assert.include(readFileSync(`/proc/${child?.pid}/environ`, "utf8").split("\0"), `GITHUB_TOKEN=${value}`)
      writeFileSync(join(cwd, "go"), "")
      const { code, stderr, stdout } = await started.finished
      assert.strictEqual(code, 0, stderr)
      noisy(stdout + stderr)
      assert.isAtLeast(stdout.split("[redacted:known:GH#").length - 1, 5)
      const variables = /variables: ([\w,]+)/.exec(stdout)?.[1]?.split(",") ?? []
      assert.include(variables, "GITHUB_TOKEN")
      assert.notIncludeMembers(variables, ["NOT_PASSED"])
      assert.deepStrictEqual(
        variables.filter((name) => name.startsWith("RUNYARD_")),
        ["RUNYARD_RUN"],
      )
      const shown = await run(["show", id, "--json"])
      assert.deepStrictEqual(JSON.parse(shown.stdout).request.secrets, { GITHUB_TOKEN: "secret:GH" })
      const store = program.env["RUNYARD_HOME"] ?? ""
      for (const name of readdirSync(store, { recursive: true, encoding: "utf8" })) {
        const file = join(store, name)
        const { mode } = statSync(file)
        assert.strictEqual(mode & 0o077, 0, name)
        if (!statSync(file).isFile()) continue
        const bytes = readFileSync(file, "latin1")
        noisy(bytes)
        assert.notInclude(bytes, Buffer.from(value).toString("base64").slice(0, 24), name)
      }
    },
  )
})

describe("runyard doctor", () => {
  it("says where secrets are kept, and why not in a stronger place", async () => {
    const { stdout } = await run(["doctor"])
    assert.match(stdout, /secrets: file\n.*RUNYARD_SECRETS_PASSPHRASE.*\n +not keychain: .+/)
    const [first] = JSON.parse((await run(["doctor", "--json"])).stdout) as ReadonlyArray<Record<string, unknown>>
    assert.strictEqual((first?.["secrets"] as { place?: string } | undefined)?.place, "file")
    const wrong = await run(["doctor"], { env: { RUNYARD_SECRETS_STORE: "nonsense" } })
    assert.strictEqual(wrong.code, 0)
    assert.match(wrong.stdout, /SECRET_STORE_UNAVAILABLE/)
  })
})
