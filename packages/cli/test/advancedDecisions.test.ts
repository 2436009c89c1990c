/** Advanced mode: its switch is a file and its row is in the store, and a program may die between any two steps. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { AuditLog, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isSwitchedOn } from "../src/advanced.ts"
import { carryOut, decideAdvanced, isAdvancedOn } from "../src/advancedDecisions.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "runyard-advanced-"))),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true })),
)
const on = { on: true, by: "ann", at: 1_000 }
const off = { on: false, by: "bob", at: 2_000 }
const rows = AuditLog.use((log) =>
  Effect.map(log.list(), (entries) => entries.map(({ action, actor, at }) => [action, actor, at])),
)
const wentOn = ["policy.advanced_on", "ann", 1_000]
const wentOff = ["policy.advanced_off", "bob", 2_000]
const isOn = (directory: string) => isAdvancedOn({}, directory)
const decisions = (directory: string) => Fs.readdirSync(directory).filter((name) => name.includes("decision"))

/** A store that takes nothing, or whose program dies when it has taken it. */
const broken = (takes: boolean) => (log: AuditLog["Service"]) =>
  AuditLog.of({
    ...log,
    record: (entry, options) =>
      Effect.andThen(takes ? log.record(entry, options) : Effect.void, Effect.fail(runyardError("STORE_FULL"))),
  })
const breaking = (takes: boolean, directory: string) =>
  AuditLog.use((log) => Effect.flip(Effect.provideService(carryOut(directory), AuditLog, broken(takes)(log))))

describe("A decision about advanced mode", () => {
  const test = (name: string, body: (directory: string) => Effect.Effect<void, unknown, AuditLog>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(temporary, body), Layer.fresh(AuditLog.layerMemory)))

  test("that nobody carried out is carried out by the next, once", (directory) =>
    Effect.gen(function* () {
      yield* decideAdvanced(directory, on)
      assert.isFalse(isOn(directory))
      for (let time = 0; time < 3; time++) yield* carryOut(directory)
      assert.isTrue(isOn(directory))
      assert.deepStrictEqual(yield* rows, [wentOn])
      assert.deepStrictEqual(decisions(directory), [])
    }))

  test("is switched on only where that is written down, and written down once", (directory) =>
    Effect.gen(function* () {
      yield* decideAdvanced(directory, on)
      yield* breaking(false, directory)
      assert.isFalse(isOn(directory))
      assert.deepStrictEqual(yield* rows, [])
      yield* breaking(true, directory)
      assert.isFalse(isOn(directory))
      yield* carryOut(directory)
      assert.isTrue(isOn(directory))
      assert.deepStrictEqual(yield* rows, [wentOn])
    }))

  test("is off from the instant at which it was decided, whatever the store says", (directory) =>
    Effect.gen(function* () {
      yield* decideAdvanced(directory, on)
      yield* carryOut(directory)
      yield* decideAdvanced(directory, off)
      assert.isTrue(isSwitchedOn(directory))
      assert.isFalse(isOn(directory))
      yield* breaking(false, directory)
      assert.isFalse(isSwitchedOn(directory))
      yield* breaking(true, directory)
      yield* carryOut(directory)
      assert.deepStrictEqual(yield* rows, [wentOff, wentOn])
      assert.isFalse(isOn(directory))
    }))

  test("is carried out in the order in which it was decided", (directory) =>
    Effect.gen(function* () {
      yield* decideAdvanced(directory, off)
      yield* decideAdvanced(directory, on)
      yield* carryOut(directory)
      assert.deepStrictEqual(yield* rows, [wentOff, wentOn])
      assert.isFalse(isOn(directory))
    }))

  test("can be taken back, and counts only in a file that nobody else could have written", (directory) =>
    Effect.gen(function* () {
      yield* yield* decideAdvanced(directory, on)
      yield* decideAdvanced(directory, { ...on, at: 1_500 })
      const [name = ""] = decisions(directory)
      Fs.chmodSync(Path.join(directory, name), 0o666)
      Fs.writeFileSync(Path.join(directory, "advanced-1-1.decision"), "{", { mode: 0o600 })
      yield* carryOut(directory)
      assert.isFalse(isOn(directory))
      assert.deepStrictEqual(yield* rows, [])
    }))
})
