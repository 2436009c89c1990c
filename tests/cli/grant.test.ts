/** `runyard grant`, and what the program says and asks where nothing is granted. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram } from "./program.ts"
import { runyard } from "../support/programs.ts"

const program = makeProgram({ granted: false })
const { directory, run } = program
afterAll(program.remove)

const inside = (name: string): string => {
  const path = join(directory, name)
  mkdirSync(path, { recursive: true })
  return path
}
const hello = (cwd: string) => ["exec", "scripted", "hello", "-C", cwd]

describe("runyard exec without a grant", () => {
  it("refuses, stores nothing, and names the command that helps", async () => {
    const cwd = inside("a b")
    const refused = await run(hello(cwd))
    assert.strictEqual(refused.code, 3)
    assert.strictEqual(refused.stdout, "")
    assert.match(refused.stderr, /^✗ POLICY_NO_GRANT: .*a b is not a directory that agents may work in/m)
    const command = /runyard grant add (.+)$/m.exec(refused.stderr)?.[1]
    assert.strictEqual(command, `'${cwd}'`)
    assert.strictEqual((await run(["ls", "--json"])).stdout, "")
    const asJson = await run([...hello(cwd), "--json"])
    const { error } = JSON.parse(asJson.stderr) as { readonly error: Record<string, unknown> }
    assert.strictEqual(error["code"], "POLICY_NO_GRANT")
    assert.deepInclude(error["detail"], { field: "cwd", path: cwd, asked: cwd, mode: "write" })
  })

  it("runs after `grant add`, below the directory too, and no longer after `grant revoke`", async () => {
    const cwd = inside("project/src")
    const project = join(directory, "project")
    const added = await run(["grant", "add", project, "--json"])
    assert.strictEqual(added.code, 0, added.stderr)
    const grant = JSON.parse(added.stdout) as Record<string, unknown>
    assert.deepInclude(grant, { path: project, mode: "write", remote: false })
    assert.strictEqual((await run(hello(cwd))).code, 0)
    const listed = await run(["grant", "ls"])
    assert.include(listed.stdout, project)
    assert.include(listed.stdout, String(grant["id"]))
    // The name of the user that runs the tests is in it.
    assert.notStrictEqual(grant["by"], "")
    const revoked = await run(["grant", "revoke", project])
    assert.strictEqual(revoked.code, 0, revoked.stderr)
    assert.match(revoked.stdout, /revoked \d{4}-/)
    assert.strictEqual((await run(hello(cwd))).code, 3)
    assert.strictEqual((await run(["grant", "revoke", project])).code, 2)
    assert.strictEqual(jsonLines((await run(["grant", "ls", "--json"])).stdout).length, 0)
    assert.isAbove(jsonLines((await run(["grant", "ls", "--all", "--json"])).stdout).length, 0)
  })

  it("needs a grant for each directory that is added", async () => {
    const [one, two] = [inside("one"), inside("two")]
    assert.strictEqual((await run(["grant", "add", one])).code, 0)
    const refused = await run([...hello(one), "--add-dir", two])
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, `runyard grant add ${two}`)
    assert.strictEqual((await run(["grant", "add", two, "--for", "1h"])).code, 0)
    const allowed = await run([...hello(one), "--add-dir", two])
    assert.strictEqual(allowed.code, 0, allowed.stderr)
  })
})

describe("runyard grant add", () => {
  it("does not let agents work where Runyard keeps its own data", async () => {
    const store = join(directory, "store")
    const below = inside("store/below")
    for (const path of [store, below]) {
      const refused = await run(["grant", "add", path])
      assert.strictEqual(refused.code, 3, refused.stdout)
      assert.match(refused.stderr, /POLICY_GRANT_REFUSED: .* holds Runyard's own data/)
    }
    assert.strictEqual((await run(["grant", "add", directory])).code, 0)
    for (const args of [hello(below), [...hello(directory), "--add-dir", below]]) {
      const started = await run(args)
      assert.strictEqual(started.code, 3)
      assert.include(started.stderr, "POLICY_GRANT_REFUSED")
    }
    assert.strictEqual((await run(["grant", "revoke", directory])).code, 0)
  })

  it("grants what a link leads to only when that is what is named", async () => {
    const real = inside("real")
    symlinkSync(real, join(directory, "link"))
    const refused = await run(["grant", "add", join(directory, "link")])
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, `link is a link to ${real}`)
    assert.include(refused.stderr, `runyard grant add ${real}`)
    assert.strictEqual((await run(["grant", "add", real])).code, 0)
    assert.strictEqual((await run(hello(join(directory, "link")))).code, 0)
  })

  it("refuses the root, warns of the home directory, and of what is no directory or no time", async () => {
    assert.match(
      (await run(["grant", "add", "/"])).stderr,
      /is or holds your home directory[^]*POLICY_GRANT_REFUSED/,
      "the warning comes before what is done",
    )
    // The home directory of the program under test is its own.
    const home = await run(["grant", "add", directory, "--for", "1m"])
    assert.strictEqual(home.code, 0)
    assert.match(home.stderr, /is or holds your home directory/)
    assert.strictEqual((await run(["grant", "revoke", directory])).code, 0)
    assert.match((await run(["grant", "add", join(directory, "nowhere")])).stderr, /IO_DIRECTORY_UNREADABLE/)
    assert.match((await run(["grant", "add", directory, "--for", "soon"])).stderr, /--for takes a number/)
  })
})

describe("An empty path", () => {
  it("is a variable that a script has not set, and not the directory that one is in", async () => {
    for (const args of [["grant", "add", ""], hello(""), [...hello(directory), "--add-dir", ""]]) {
      const unset = await run(args)
      assert.strictEqual(unset.code, 2, unset.stdout)
      assert.match(unset.stderr, /QUEUE_REQUEST_INVALID: A path is empty/)
    }
  })
})

/** The program on a terminal of its own; `typed` is what somebody answers to each question. */
const onTerminal = (args: ReadonlyArray<string>, answers: ReadonlyArray<string>): Promise<string> =>
  new Promise((resolve) => {
    const quoted = [process.execPath, ...runyard, ...args].map((arg) => `'${arg}'`).join(" ")
    const child = spawn("/usr/bin/script", ["-qefc", quoted, "/dev/null"], { env: program.env, cwd: directory })
    const left = [...answers]
    let text = ""
    let asked = 0
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part
      const questions = text.split("[y/N/once]").length - 1
      if (questions <= asked) return
      asked = questions
      child.stdin.write(`${left.shift() ?? "n"}\n`)
    })
    child.on("close", (code) => resolve(`${text}\nexit ${String(code)}`))
  })

describe.runIf(existsSync("/usr/bin/script"))("runyard exec at a terminal", () => {
  it("asks, and remembers a yes", async () => {
    const cwd = inside("asked")
    const first = await onTerminal(hello(cwd), ["y"])
    assert.include(first, `Allow agents to work in ${cwd}? [y/N/once]`)
    assert.match(first, /succeeded[\s\S]*exit 0$/)
    assert.strictEqual((await run(hello(cwd))).code, 0)
  })

  it("asks for each directory, again after an answer that is none, and forgets `once`", async () => {
    const [cwd, other] = [inside("asked-once"), inside("asked-too")]
    const first = await onTerminal([...hello(cwd), "--add-dir", other], ["what?", "once", "once"])
    assert.strictEqual(first.split("[y/N/once]").length - 1, 3)
    assert.match(first, /exit 0$/)
    assert.strictEqual((await run(hello(cwd))).code, 3)
  })

  it("does not ask about where Runyard keeps its own data", async () => {
    const said = await onTerminal(hello(inside("store/below")), ["y"])
    assert.match(said, /POLICY_GRANT_REFUSED[\s\S]*exit 3$/)
    assert.notInclude(said, "[y/N/once]")
  })

  it("takes everything else for a no", async () => {
    const cwd = inside("denied")
    for (const answer of ["", "n", "NO"]) {
      const said = await onTerminal(hello(cwd), [answer])
      assert.match(said, /POLICY_NO_GRANT[\s\S]*exit 3$/)
    }
  })
})

describe("runyard grant revoke --stop-runs", () => {
  it("cancels what is executed there, wherever", async () => {
    const cwd = inside("stopped")
    assert.strictEqual((await run(["grant", "add", cwd])).code, 0)
    const live = program.start(hello(cwd), { env: { RUNYARD_SCRIPT_DELAY_MS: "5000" } })
    await live.until("● started")
    const revoked = await run(["grant", "revoke", cwd, "--stop-runs"])
    assert.strictEqual(revoked.code, 0, revoked.stderr)
    assert.match(revoked.stdout, /^run_\w+ +canceled$/m)
    const { code, stderr } = await live.finished
    assert.strictEqual(code, 130)
    assert.include(stderr, "canceled")
  })
})
