/** The short version of `npm run soak`: what is counted must not grow. Memory takes more runs than a test has. */
import { assert, describe, it } from "@effect/vitest"
import { countChecks } from "./Bounds.ts"
import { soak } from "./soak.ts"

// Elsewhere there is no /proc to count in.
describe.skipIf(process.platform !== "linux")("a host that executes run after run", () => {
  it(
    "keeps no handle, listener, child, zombie or file of a run, and loses no event",
    { timeout: 120_000 },
    async () => {
      const report = await soak({ runs: 150, concurrent: 20, samples: 3 })
      assert.deepStrictEqual(report.wrongEnds, [])
      assert.deepStrictEqual(
        countChecks(report).filter(({ met }) => !met),
        [],
      )
    },
  )
})
