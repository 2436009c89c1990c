/** kill -9 of a host with a queued run whose prompt holds a secret: the next host runs the exact prompt, and the store never has it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { open } from "runyard"
import { programAt } from "../support/programs.ts"

const fixture = fileURLToPath(new URL("fixtures/sealedHost.ts", import.meta.url))
const secret = ["ghp", `FAKE${"a1B2c3D4e5F6g7H8".repeat(2)}`].join("_")
const prompt = `Deploy with ${secret}, please.\nNothing else.`

/** A CLI that writes down what it was asked, and hangs when it is asked to. */
const cli = (place: string): string => {
  const path = join(place, "claude.mjs")
  const result = { type: "result", subtype: "success", is_error: false, result: "done", num_turns: 1, session_id: "s" }
  writeFileSync(
    path,
    `#!${process.execPath}
import { readFileSync, writeFileSync } from "node:fs"
if (process.argv[2] === "--version") console.log("2.1.329 (Claude Code)")
else {
  const prompt = readFileSync(0, "utf8")
  if (prompt === "hang") setInterval(() => undefined, 1000)
  else {
    writeFileSync(${JSON.stringify(join(place, "asked"))}, prompt)
    console.log(${JSON.stringify(JSON.stringify(result))})
  }
}
`,
  )
  chmodSync(path, 0o755)
  return path
}

/** Ids of what a host has queued when it is killed. */
const crash = async (directory: string, program: string): Promise<ReadonlyArray<string>> => {
  const host = spawn(process.execPath, [...programAt(fixture), directory, program], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const exited = once(host, "exit")
  host.stdin.end(prompt)
  const ids: Array<string> = []
  for await (const line of createInterface({ input: host.stdout })) {
    ids.push(line)
    if (ids.length === 2) host.kill("SIGKILL")
  }
  assert.strictEqual((await exited)[1], "SIGKILL")
  return ids
}

const withSecret = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes(secret))

const sealedRows = (directory: string): number => {
  const database = new DatabaseSync(join(directory, "runyard.db"), { readOnly: true })
  const rows = database.prepare("SELECT run_id FROM sealed_requests").all().length
  database.close()
  return rows
}

describe("a host that is killed with a sealed run in its queue", () => {
  it("leaves it to the next host, which runs the exact prompt and forgets it", async () => {
    const place = mkdtempSync(join(tmpdir(), "runyard-sealed-"))
    const directory = join(place, "store")
    mkdirSync(directory)
    try {
      const program = cli(place)
      const [, queued = ""] = await crash(directory, program)
      assert.deepStrictEqual(withSecret(directory), [])
      assert.strictEqual(sealedRows(directory), 1)
      const yard = await open({
        directory,
        allowAnyWorkspace: true,
        env: { PATH: process.env["PATH"] ?? "" },
        executables: { claude: program },
      })
      const run = await yard.run(queued).result()
      assert.strictEqual(run.state, "succeeded", run.error?.message)
      assert.match(run.request.prompt, /^Deploy with \[redacted:github-token#[0-9a-f]{8}\], please\.\nNothing else\.$/)
      assert.strictEqual(readFileSync(join(place, "asked"), "utf8"), prompt)
      assert.strictEqual(sealedRows(directory), 0)
      assert.deepStrictEqual(withSecret(directory), [])
      await yard.close()
      assert.deepStrictEqual(withSecret(directory), [])
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })
})
