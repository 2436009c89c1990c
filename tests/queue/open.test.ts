/** The queue through `open()`: two programs' worth of hosts on one store, with real processes. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { open, type Yard } from "runyard"

describe("The queue of open()", () => {
  let directory = ""
  const yards: Array<Yard> = []
  const another = async () => {
    const env = { PATH: process.env["PATH"] ?? "", RUNYARD_SCRIPT_DELAY_MS: "0" }
    const yard = await open({ directory: join(directory, "store"), workspaces: [directory], adopt: false, env })
    yards.push(yard)
    return yard
  }
  beforeEach(() => void (directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-queue-")))))
  afterEach(async () => {
    await Promise.all(yards.splice(0).map((yard) => yard.close()))
    rmSync(directory, { recursive: true, force: true })
  })

  it("is one for all programs: what one decides holds for the other", { timeout: 60_000 }, async () => {
    const [one, two] = [await another(), await another()]
    const request = { provider: "scripted", prompt: "hello", cwd: directory }
    await one.queue.decide({ kind: "pause" }, { reason: "a test" })
    const admission = await two.admit(request)
    if (admission.decision !== "deferred") return assert.fail(admission.message)
    assert.strictEqual(admission.code, "QUEUE_PAUSED")
    const run = two.run(admission.run.id)
    const elsewhere = one.run(run.id)
    assert.deepStrictEqual((await elsewhere.explain()).reasons, (await run.explain()).reasons)
    await one.queue.change(run.id, { priority: "high" })
    const { control, runs, waiting } = await two.queue.list()
    assert.deepStrictEqual([control.paused, waiting, runs[0]?.priority], [true, 1, "high"])
    await one.queue.decide({ kind: "resume" })
    assert.strictEqual((await run.result()).state, "succeeded")
    await one.queue.drain({ by: "ann" })
    assert.deepStrictEqual(
      (await two.queue.decisions()).map(({ by, change, reason }) => [by, change.kind, reason]),
      [
        ["ann", "pause", undefined],
        ["user", "resume", undefined],
        ["user", "pause", "a test"],
      ],
    )
    await one.queue.decide({ kind: "resume" })
    const again = await run.rerun({ title: "again" })
    assert.deepInclude((await again.result()).request, { rerunOf: run.id, title: "again" })
    const refused = await one.admit({ ...request, provider: "nobody" })
    assert.deepStrictEqual([refused.decision, refused.code], ["rejected", "QUEUE_PROVIDER_UNKNOWN"])
    await run.retry().then(
      () => assert.fail("it has ended"),
      (error: { readonly code: string }) => assert.strictEqual(error.code, "QUEUE_NOT_WAITING"),
    )
  })
})
