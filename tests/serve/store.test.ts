/** A server whose store gets into trouble, or is in trouble when it starts: it says so, and nothing is lost. */
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { ApiProblem } from "@runyard/http/client"
import { withProgram } from "../cli/program.ts"
import { canMount, makeDisk } from "../limits/disk.ts"
import { makeBench } from "../limits/misbehaving.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "./Server.ts"

const problemOf = (call: Promise<unknown>): Promise<ApiProblem> =>
  call.then(
    () => assert.fail("It was no problem"),
    (error: unknown) => (error instanceof ApiProblem ? error : assert.fail(String(error))),
  )

const codex = { provider: "codex", prompt: "go", options: { skipGitRepoCheck: true } }

describe("A server", () => {
  it.skipIf(!canMount)(
    "goes on reading while its disk is full, refuses what would be written, and loses nothing when there is room",
    { timeout: 90_000 },
    () =>
      withProgram(async (program) => {
        const disk = makeDisk(6)
        const bench = makeBench()
        const env = { RUNYARD_HOME: disk.directory, RUNYARD_CODEX_PATH: bench.agent("flood", 10_000) }
        try {
          await program.run(["grant", "add", program.directory], { env })
          const server = await serve(program, [], { env })
          const { client } = server
          const request = { ...codex, cwd: program.directory }
          const { run } = await client.runs.submit({ payload: request })
          const seqs: Array<number> = []
          const watching = (async () => {
            for await (const frame of client.runs.events(run.id)) if (frame.kind === "run") seqs.push(frame.event.seq)
          })()
          await eventually(() => (disk.isFull() ? true : undefined))
          const refused = await problemOf(client.runs.submit({ payload: request }))
          assert.deepStrictEqual([refused.status, refused.code], [507, "STORE_FULL"])
          assert.isNotEmpty(refused.remedy)
          assert.strictEqual((await client.runs.get({ params: { id: run.id } })).state, "running")
          assert.isNotEmpty((await client.runs.log({ params: { id: run.id } })).events)
          assert.strictEqual((await client.system.health()).status, "ok")
          disk.resize(200)
          await watching
          const ended = await client.runs.get({ params: { id: run.id } })
          assert.strictEqual(ended.state, "succeeded")
          assert.deepStrictEqual(
            seqs,
            Array.from({ length: ended.lastSeq }, (_, index) => index + 1),
          )
          assert.strictEqual((await server.stop()).code, 0)
        } finally {
          bench.remove()
          disk.remove()
        }
      }),
  )

  it.skipIf(!canMount)(
    "shows a store that cannot be written, says so, and refuses with a reason what would write",
    { timeout: 60_000 },
    () =>
      withProgram(async (program) => {
        const disk = makeDisk(16)
        const env = { RUNYARD_HOME: disk.directory }
        try {
          await program.run(["grant", "add", program.directory], { env })
          const before = await serve(program, [], { env })
          const { run } = await before.client.runs.submit({
            payload: { provider: "scripted", prompt: "hello", cwd: program.directory },
          })
          for await (const frame of before.client.runs.events(run.id)) void frame
          await before.stop()
          disk.forbidWriting()
          const { client, stop } = await serve(program, [], { env })
          assert.isTrue((await client.system.settings()).store.readOnly)
          assert.strictEqual((await client.runs.get({ params: { id: run.id } })).state, "succeeded")
          const seen: Array<string> = []
          for await (const frame of client.runs.events(run.id)) if (frame.kind === "run") seen.push(frame.event.type)
          assert.strictEqual(seen.at(-1), "run.completed")
          const again = await problemOf(client.runs.rerun({ params: { id: run.id }, payload: {} }))
          assert.deepStrictEqual([again.status, again.code], [503, "STORE_UNAVAILABLE"])
          const pause = await problemOf(client.queue.decide({ payload: { change: { kind: "pause" } } }))
          assert.deepStrictEqual([pause.status, pause.code], [503, "STORE_UNAVAILABLE"])
          assert.strictEqual((await stop()).code, 0)
        } finally {
          disk.remove()
        }
      }),
  )

  it("does not start on a file that is no database, or is cut, and leaves it as it was", { timeout: 60_000 }, () =>
    withProgram(async (program) => {
      const broken = join(program.directory, "broken")
      mkdirSync(broken, { mode: 0o700 })
      writeFileSync(join(broken, "runyard.db"), "this is no database at all".repeat(400), { mode: 0o600 })
      const cut = join(program.directory, "cut")
      cpSync(join(program.directory, "store"), cut, { recursive: true })
      truncateSync(join(cut, "runyard.db"), 10_000)
      for (const directory of [broken, cut]) {
        const before = readFileSync(join(directory, "runyard.db"))
        const { code, stderr } = await program.run(["serve", "--port", "0"], { env: { RUNYARD_HOME: directory } })
        assert.include(stderr, "STORE_CORRUPT")
        assert.notInclude(stderr, "    at ")
        assert.notStrictEqual(code, 0)
        assert.isTrue(before.equals(readFileSync(join(directory, "runyard.db"))))
      }
    }),
  )

  it("does not start on a store of a newer version, and says what to do", { timeout: 60_000 }, () =>
    withProgram(async (program) => {
      const database = new DatabaseSync(join(program.directory, "store", "runyard.db"))
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%migrations%'").all()
      assert.lengthOf(tables, 1)
      const [table] = tables
      database.exec(`INSERT INTO ${String(table?.["name"])} (migration_id, name) VALUES (9999, 'from_the_future')`)
      database.close()
      const { code, stderr } = await program.run(["serve", "--port", "0"])
      assert.include(stderr, "UPDATE_REQUIRED")
      assert.notStrictEqual(code, 0)
    }),
  )
})
