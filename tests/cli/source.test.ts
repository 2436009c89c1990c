/** The other tests start the program as a bundle; here it starts from its sources, and is the same. */
import { spawnSync } from "node:child_process"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { fromSource, runyardSource } from "../support/programs.ts"
import { jsonLines, makeProgram } from "./program.ts"

const program = makeProgram()
afterAll(program.remove)

const { directory: cwd, env } = program
const source = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [...fromSource(runyardSource), ...args], { cwd, env, encoding: "utf8" })

describe("runyard from its sources", () => {
  it("executes a run, and shows it as the bundle does", { timeout: 60_000 }, async () => {
    const { status, stderr, stdout } = source("exec", "scripted", "hello", "--json")
    assert.strictEqual(status, 0, stderr)
    assert.strictEqual(jsonLines(stdout).at(-1)?.["type"], "run.completed")
    for (const args of [["logs", "last"], ["show", "last", "--json"], ["--help"], ["exec", "nobody", "hello"]]) {
      const { code, ...bundled } = await program.run(args)
      const own = source(...args)
      assert.deepStrictEqual([own.status, own.stdout, own.stderr], [code, bundled.stdout, bundled.stderr])
    }
  })
})
