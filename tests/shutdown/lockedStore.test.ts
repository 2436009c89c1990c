/** The program when it is stopped while its store never answers: it waits for bounds, so that these wait at once. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { type Program, withProgram } from "../cli/program.ts"
import { processesOf } from "../support/processes.ts"
import { planted, stoppable, timed } from "./Stoppable.ts"

/** The timers of both bounds, 5 s for a cancel and 8 s for a shutdown, never fire. */
const endlessShutdown = planted(
  `const real = setTimeout; globalThis.setTimeout = (act, after) => real(act, after === 5000 || after === 8000 ? 1e9 : after)`,
)

/** Holds the store of the program while `use` goes on. */
const withLockedStore = async <A>({ env }: Program, use: () => Promise<A>): Promise<A> => {
  const database = new DatabaseSync(join(env["RUNYARD_HOME"] ?? "", "runyard.db"))
  database.exec("BEGIN IMMEDIATE")
  try {
    return await use()
  } finally {
    database.close()
  }
}

describe.concurrent("A store that is locked for ever", () => {
  it(
    "does not keep the program: it ends the run and names it, and the next command records it",
    () =>
      withProgram(async (program) => {
        const { logOf, startHostile } = stoppable(program)
        const started = await startHostile()
        const { code, stderr, millis } = await withLockedStore(program, () => timed(started, "SIGINT"))
        assert.strictEqual(code, 70, stderr)
        assert.match(stderr, new RegExp(`✗ QUEUE_RUNS_LEFT: .*${started.id}\\n {2}.+`))
        assert.isBelow(millis, 20_000)
        assert.deepStrictEqual(await processesOf(started.id), [])
        await program.run(["ls"])
        assert.strictEqual((await logOf(started.id)).at(-1)?.["type"], "run.interrupted")
      }),
    60_000,
  )

  it(
    "does not keep it either when the shutdown itself hangs",
    () =>
      withProgram(async (program) => {
        const { logOf, startHostile } = stoppable(program)
        const started = await startHostile(endlessShutdown)
        const { code, stderr, millis } = await withLockedStore(program, () => timed(started, "SIGTERM"))
        assert.strictEqual(code, 70, stderr)
        assert.include(stderr, "could not end by itself within 20 s")
        assert.include(stderr, `Left behind: ${started.id}`)
        assert.isBelow(millis, 22_000)
        await program.run(["ls"])
        assert.strictEqual((await logOf(started.id)).at(-1)?.["type"], "run.interrupted")
        assert.deepStrictEqual(await processesOf(started.id), [])
      }),
    60_000,
  )
})
