/** Advanced mode: its switch is a file and its row is in the store, and a program may die between any two steps. */
import fs, * as Fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
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

  test("can be taken back", (directory) =>
    Effect.gen(function* () {
      yield* yield* decideAdvanced(directory, on)
      yield* carryOut(directory)
      assert.isFalse(isOn(directory))
      assert.deepStrictEqual(yield* rows, [])
    }))

  const byNobody = ["policy.advanced_off", "unknown", 2_000]
  /** Switched on, and then a decision was left in this state. */
  const left = (name: string, leave: (file: string, text: string) => void) =>
    test(`is one to switch off where it is ${name}`, (directory) =>
      Effect.gen(function* () {
        yield* decideAdvanced(directory, on)
        yield* carryOut(directory)
        // Whichever it was, it cannot be told.
        yield* decideAdvanced(directory, { ...on, at: 2_000 })
        const [noted = ""] = decisions(directory)
        const file = Path.join(directory, noted)
        leave(file, Fs.readFileSync(file, "utf8"))
        assert.isTrue(isSwitchedOn(directory))
        assert.isFalse(isOn(directory))
        for (let time = 0; time < 2; time++) yield* carryOut(directory)
        assert.isFalse(isSwitchedOn(directory))
        assert.deepStrictEqual(yield* rows, [byNobody, wentOn])
        // It has counted, and does not come in the way of what is decided after it.
        assert.deepStrictEqual(decisions(directory), [`${noted}.unread`])
        yield* decideAdvanced(directory, { ...on, at: 3_000 })
        yield* carryOut(directory)
        assert.isTrue(isOn(directory))
      }))

  left("empty", (file) => Fs.writeFileSync(file, ""))
  left("cut in the middle", (file, text) => Fs.writeFileSync(file, text.slice(0, text.length / 2)))
  left("of another form", (file) => Fs.writeFileSync(file, JSON.stringify({ on: "yes" })))
  left("one that somebody else could have written", (file) => Fs.chmodSync(file, 0o666))
  left("a directory", (file) => {
    Fs.rmSync(file)
    Fs.mkdirSync(file)
  })
  left("a link to one", (file) => {
    const real = Path.join(Path.dirname(file), "real")
    Fs.renameSync(file, real)
    Fs.symlinkSync(real, file)
  })

  test("is off where what was decided cannot be listed", (directory) =>
    Effect.gen(function* () {
      yield* decideAdvanced(directory, on)
      yield* carryOut(directory)
      assert.isTrue(isOn(directory))
      const listed = Fs.readdirSync
      try {
        Object.assign(fs, { readdirSync: () => assert.fail("EIO") })
        syncBuiltinESMExports()
        assert.isFalse(isOn(directory))
      } finally {
        Object.assign(fs, { readdirSync: listed })
        syncBuiltinESMExports()
      }
      assert.isTrue(isOn(directory))
    }))
})
