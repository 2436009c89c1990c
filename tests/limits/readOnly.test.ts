/** A store that can be read and not written, by the whole program. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { makeProgram } from "../cli/program.ts"
import { canMount, makeDisk } from "./disk.ts"

describe("a store that can only be read", () => {
  it.skipIf(!canMount)(
    "is listed, shown and replayed; what writes is refused with a reason",
    async () => {
      const disk = makeDisk(16)
      const program = makeProgram()
      try {
        const env = { RUNYARD_HOME: join(disk.directory, "store") }
        const run = (...args: ReadonlyArray<string>) => program.run(args, { env })
        assert.strictEqual((await run("grant", "add", program.directory)).code, 0)
        const written = await run("exec", "scripted", "hello", "--json")
        assert.strictEqual(written.code, 0)
        disk.forbidWriting()
        for (const [args, text] of [
          [["ls"], "hello"],
          [["show", "last"], "hello"],
          [["logs", "last"], "whole run"],
        ] as const) {
          const { code, stdout, stderr } = await run(...args)
          assert.strictEqual(code, 0, stderr)
          assert.include(stdout, text)
          assert.include(stderr, "can be read but not written")
        }
        assert.strictEqual((await run("logs", "last", "--json")).stdout, written.stdout)
        const refused = await run("exec", "scripted", "again")
        assert.notStrictEqual(refused.code, 0)
        assert.include(refused.stderr, "STORE_UNAVAILABLE")
      } finally {
        program.remove()
        disk.remove()
      }
    },
    60_000,
  )
})
