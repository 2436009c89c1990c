/** A budget of two programs on one store, with real processes that say once what they cost and are silent then. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import type { Adapter } from "@runyard/core"
import { fakeAdapter, fakeLine } from "@runyard/core/testing/FakeAdapter"
import * as Result from "effect/Result"
import { open, type Yard } from "runyard"

const told = fakeLine({
  event: { type: "run.usage", payload: { cost: { usd: 0.3, source: "reported", basis: "run" } } },
}).trim()

const spender: Adapter = {
  ...fakeAdapter,
  version: { ...fakeAdapter.version, args: ["-c", "echo 1.0.0"] },
  prepare: () =>
    Result.succeed({
      args: ["-c", `echo '${told}'; exec sleep 600`],
      env: {},
      stdin: { kind: "closed" },
      files: {},
      format: "lines",
      transport: "pipe",
    }),
}

describe("A budget that is set while two programs spend it", () => {
  let directory = ""
  const yards: Array<Yard> = []
  const another = async () => {
    const yard = await open({
      directory: join(directory, "store"),
      allowAnyWorkspace: true,
      adopt: false,
      env: { PATH: process.env["PATH"] ?? "" },
      containment: "portable",
      adapters: [spender],
      executables: { fake: "/bin/sh" },
      concurrency: { global: 2, perProvider: 2 },
    })
    yards.push(yard)
    return yard
  }
  beforeEach(() => void (directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-budgets-")))))
  afterEach(async () => {
    await Promise.all(yards.splice(0).map((yard) => yard.close({ force: true })))
    rmSync(directory, { recursive: true, force: true })
  })

  it("stops the attempts of both, though neither says anything more", { timeout: 60_000 }, async () => {
    const [one, two, three] = [await another(), await another(), await another()]
    const request = { provider: "fake", prompt: "spend", cwd: directory }
    const runs = [await one.start(request), await two.start(request)]
    for (const run of runs) {
      for await (const { type } of run.events()) if (type === "run.usage") break
    }
    const rule = { id: "cap", scope: "all", kind: "money", window: "total", unknown: "allow" } as const
    await three.budgets.set({ ...rule, limit: 599_999_999 })
    for (const run of runs) {
      const { error, state } = await run.result()
      assert.deepStrictEqual([state, error?.code], ["failed", "POLICY_BUDGET"])
    }
    const [report] = await three.budgets.list()
    assert.deepStrictEqual(report?.uses, [{ subject: [], spent: 600_000_000, aside: 0, unknown: 0 }])
  })
})
