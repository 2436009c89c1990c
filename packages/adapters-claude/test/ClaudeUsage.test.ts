import { assert, describe, it } from "@effect/vitest"
import type { ResultLine } from "../src/ClaudeLine.ts"
import { absorbMessage, absorbResult, billedOf, type ClaudeUsage, interimOf, noUsage } from "../src/ClaudeUsage.ts"

const turn = (input_tokens: number, output_tokens: number) => ({ usage: { input_tokens, output_tokens } })
const bill = (inputTokens: number, outputTokens: number) => ({ "claude-a": { inputTokens, outputTokens } })
const read = (alone: boolean, ...lines: ReadonlyArray<Partial<ResultLine>>) => {
  const known = lines.reduce((sofar, line) => absorbResult(sofar, line as ResultLine), noUsage)
  const usage = billedOf(known, alone) ?? known.turns
  return usage === undefined ? undefined : [usage.inputTokens, usage.outputTokens]
}

describe("ClaudeUsage", () => {
  it("sums the turns where nothing finer is told", () => {
    assert.deepStrictEqual(read(true, turn(10, 1), turn(20, 2)), [30, 3])
    assert.isUndefined(read(true, { usage: "none" }))
  })

  it("takes what was billed, with the last request of a turn that was ended, and the CLI's own", () => {
    const modelUsage = { ...bill(2_000, 400), "claude-b": { inputTokens: 36, outputTokens: 18 } }
    assert.deepStrictEqual(read(true, { ...turn(1_000, 200), modelUsage }), [2_036, 418])
  })

  it("does not sum what is told as a total, and forgets nothing at a crash", () => {
    const first = { ...turn(10, 1), modelUsage: bill(12, 1) }
    const second = { ...turn(10, 1), modelUsage: bill(24, 2) }
    assert.deepStrictEqual(read(true, first, second), [24, 2])
    assert.deepStrictEqual(read(true, first, second, { modelUsage: {} }), [24, 2])
  })

  it("tells in the middle of a turn what went into its requests, each once, and not what came out", () => {
    const told = { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1 }
    const after = (...ids: ReadonlyArray<string | undefined>) =>
      ids.reduce((known, id) => absorbMessage(known, id, told), absorbResult(noUsage, turn(5, 2) as ResultLine))
    const counts = (known: ClaudeUsage) => {
      const usage = interimOf(known, true)
      return [usage?.inputTokens, usage?.cachedInputTokens, usage?.outputTokens]
    }
    assert.deepStrictEqual(counts(after("m1", "m1", "m2")), [25, 180, 2])
    assert.deepStrictEqual(counts(after(undefined)), [5, 0, 2])
    assert.deepStrictEqual(counts(absorbResult(after("m1"), turn(10, 7) as ResultLine)), [15, 0, 9])
    // The CLI makes up messages, too.
    const none = { input_tokens: 0, output_tokens: 0 }
    assert.strictEqual(absorbMessage(noUsage, "m1", none), noUsage)
  })

  it("leaves out what earlier processes of a conversation were billed", () => {
    const whole = { ...turn(1_000, 200), modelUsage: bill(3_000, 600) }
    assert.deepStrictEqual(read(false, whole), [1_000, 200])
    const since = { ...whole, model_usage_since_last_result: bill(2_000, 400) }
    assert.deepStrictEqual(read(false, since), [2_000, 400])
    assert.deepStrictEqual(read(false, since, { model_usage_since_last_result: bill(500, 50) }), [2_500, 450])
  })
})
