/** The programs of `examples/`, as they stand, with the scripted agent. */
import { spawn } from "node:child_process"
import { existsSync, globSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const root = path.resolve(import.meta.dirname, "..")

/** A home and a directory for temporary files of their own, so that what an example leaves behind is seen. */
let place = ""
beforeAll(() => {
  place = mkdtempSync(path.join(tmpdir(), "runyard-examples-"))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const run = (file: string): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@runyard/source", path.join(root, "examples", file)], {
      cwd: root,
      env: { PATH: process.env["PATH"], HOME: place, TMPDIR: place, RUNYARD_HOME: path.join(place, "runs") },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })

describe("examples", () => {
  const seen = new Map<string, RegExp>([
    ["01-run-once.ts", /^succeeded: (\d+) events, \d+ of them read again$/m],
    ["02-watch-and-cancel.ts", /^ended by SIGINT in \d+ ms, 0 survivors\ncanceled$/m],
    ["03-effect.ts", /^QUEUE_PROVIDER_UNKNOWN: [\s\S]*^first: succeeded\nsecond: succeeded$/m],
    ["04-in-express.ts", /^the app itself\na stranger: 401\n[\s\S]*^ana's run: succeeded$/m],
    ["05-route-handler.ts", /^succeeded: (\d+) of \1 events\nanother name: 421 HTTP_HOST_REFUSED$/m],
  ])

  it("are all tested here", () => {
    assert.deepStrictEqual(globSync("*.ts", { cwd: path.join(root, "examples") }).toSorted(compare), [...seen.keys()])
  })

  for (const [file, output] of seen) {
    it(`${file} works, says nothing on stderr and leaves nothing behind`, { timeout: 60_000 }, async () => {
      const { code, stdout, stderr } = await run(file)
      assert.strictEqual(stderr, "")
      assert.match(stdout, output)
      assert.notInclude(stdout, "sk-ant-")
      assert.strictEqual(code, 0)
      assert.isFalse(existsSync(path.join(place, "runs")), "it kept runs in the user's own directory")
      assert.deepStrictEqual(
        readdirSync(place).filter((name) => name.startsWith("runyard-")),
        [],
      )
    })
  }
})

const compare = (left: string, right: string): number => left.localeCompare(right)
