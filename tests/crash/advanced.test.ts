/**
 * kill -9 of a program that switches advanced mode, at random instants, and what a disk may leave of its last decision: the
 * mode is on only where that was the last word. `RUNYARD_CRASH_ROUNDS` sets how often (15), `RUNYARD_CRASH_SEED` which instants.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { AuditLog } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { carryOut, isAdvancedOn } from "../../packages/cli/src/advancedDecisions.ts"
import { programAt } from "../support/programs.ts"

const rounds = Number(process.env["RUNYARD_CRASH_ROUNDS"] ?? 15)
const seed = process.env["RUNYARD_CRASH_SEED"] ?? "advanced"
const fixture = Path.join(Path.dirname(fileURLToPath(import.meta.url)), "fixtures/switcher.ts")

/** Gives the last that it said. */
const crash = (directory: string, first: number, wanted: number, delayMillis: number) =>
  Effect.promise(async () => {
    const args = [...programAt(fixture), directory, String(first)]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const exited = once(child, "exit")
    let last = `${first} begun`
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (line === `${first + wanted} begun`) setTimeout(() => child.kill("SIGKILL"), delayMillis)
        last = line
      }
    } finally {
      child.kill("SIGKILL")
    }
    assert.strictEqual((await exited)[1], "SIGKILL")
    const [at = "", step = ""] = last.split(" ")
    return { at: Number(at), step }
  })

const pendingIn = (directory: string) => Fs.readdirSync(directory).filter((name) => name.endsWith(".decision"))

describe("a program that is killed while it switches advanced mode", () => {
  it.live(
    "leaves it on only where that was decided last, whatever is left of the decision",
    () =>
      Effect.gen(function* () {
        const directory = yield* Effect.acquireRelease(
          Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "runyard-crash-"))),
          (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true })),
        )
        const isOn = () => isAdvancedOn({}, directory)
        let next = 0
        for (let round = 0; round < rounds; round++) {
          const wanted = yield* Random.nextIntBetween(0, 8)
          const { at, step } = yield* crash(directory, next, wanted, yield* Random.nextIntBetween(0, 6))
          const isForOn = at % 2 === 0
          if (step !== "begun" && !isForOn) assert.isFalse(isOn(), `${at} ${step}`)
          if (step === "done" && isForOn) assert.isTrue(isOn(), `${at} ${step}`)
          let expected = isOn()
          const pending = pendingIn(directory)
          assert.isAtMost(pending.length, 1)
          for (const name of pending) {
            const file = Path.join(directory, name)
            const text = Fs.readFileSync(file, "utf8")
            // A disk may have lost the end of it.
            for (let length = 0; length < text.length; length++) {
              Fs.writeFileSync(file, text.slice(0, length))
              assert.isFalse(isOn(), text.slice(0, length))
            }
            const isWhole = yield* Random.nextBoolean
            if (isWhole) Fs.writeFileSync(file, text)
            expected = isWhole && isForOn
          }
          yield* Effect.provide(carryOut(directory), AuditLog.layerMemory)
          assert.deepStrictEqual(pendingIn(directory), [])
          assert.strictEqual(isOn(), expected, `${at} ${step}`)
          next = at + 1
        }
      }).pipe(Random.withSeed(seed)),
    { timeout: 60_000 + rounds * 10_000 },
  )
})
