/** `runyard budget`: set for every program on the store, looked at, taken back. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram, type Program } from "./program.ts"

let program: Program
beforeEach(() => void (program = makeProgram()))
afterEach(() => program.remove())

const budget = (...args: ReadonlyArray<string>) => program.run(["budget", ...args])

describe("runyard budget", () => {
  it("holds every program to it, says what is used, and is taken back", { timeout: 120_000 }, async () => {
    assert.include((await budget("ls")).stderr, "No budgets.")
    const set = await budget("set", "tiny", "--turns", "0", "--of", "workspace", "--reason", "a test")
    assert.deepStrictEqual([set.code, set.stdout], [0, "tiny  0 turns a day (UTC)  each workspace\n"], set.stderr)
    const refused = await program.run(["exec", "scripted", "hello"])
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, "POLICY_BUDGET")
    await budget("set", "tiny", "--tokens", "1000000", "--of", "workspace")
    assert.strictEqual((await program.run(["exec", "scripted", "hello"])).code, 0)
    const [report] = jsonLines((await budget("list", "--json")).stdout)
    assert.deepInclude(report, { from: "store" })
    assert.match(
      (await budget("ls")).stdout,
      /^tiny {2}1000000 tokens a day \(UTC\) {2}each workspace\n {2}local\/\S+: \d+ tokens used\n$/,
    )
    assert.strictEqual((await budget("remove", "tiny")).stdout, "tiny  removed\n")
    assert.include((await budget("remove", "tiny")).stderr, "QUEUE_BUDGET_NOT_FOUND")
    const history = await program.run(["queue", "history"])
    assert.include(history.stdout, "no budget tiny")
    assert.include(history.stdout, "(a test)")
  })

  it("refuses what is no budget", { timeout: 120_000 }, async () => {
    for (const args of [
      ["--usd", "1", "--tokens", "2"],
      [],
      ["--usd", "-1"],
      ["--usd", "1", "--time-zone", "Nowhere"],
    ]) {
      const { code, stderr } = await budget("set", "b", ...args)
      assert.deepStrictEqual([code, /✗ (\w+)/.exec(stderr)?.[1]], [2, "QUEUE_REQUEST_INVALID"], args.join(" "))
    }
  })
})
