/**
 * Decisions about advanced mode, whose switch is a file and whose row is in the store. What was decided is written beside
 * the switch first; whoever opens the store next does what a program that died had left undone, the switch and the row.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { AuditLog, localScope, type RunyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { isPrivate, isSwitchedOn, keeping, turnSwitch } from "./advanced.ts"

export const AdvancedDecision = Schema.Struct({ on: Schema.Boolean, by: Schema.String, at: Schema.Finite })
export type AdvancedDecision = typeof AdvancedDecision.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(AdvancedDecision))
const pending = /^advanced-\d{1,16}-\d{1,10}\.decision$/

interface Pending {
  readonly file: string
  readonly decision: AdvancedDecision
}

/** Those that were not carried out in full, oldest first. What somebody else could have written there does not count. */
const pendingIn = (directory: string): ReadonlyArray<Pending> => {
  try {
    return fs
      .readdirSync(directory)
      .filter((name) => pending.test(name))
      .flatMap((name): ReadonlyArray<Pending> => {
        const file = path.join(directory, name)
        if (!isPrivate(file)) return []
        return Option.match(decode(fs.readFileSync(file, "utf8")), {
          onNone: () => [],
          onSome: (decision) => [{ file, decision }],
        })
      })
      .toSorted((one, other) => one.decision.at - other.decision.at)
  } catch {
    return []
  }
}

/**
 * By the environment of the program, or by `runyard policy advanced on` for this data directory. Where the last decision is
 * to switch it off it is off, carried out or not.
 */
export const isAdvancedOn = (env: Readonly<Record<string, string | undefined>>, directory: string): boolean =>
  env["RUNYARD_ALLOW_DANGEROUS"] === "1" ||
  (isSwitchedOn(directory) && pendingIn(directory).at(-1)?.decision.on !== false)

/** Writes down what was decided. Gives how to take it back, which is only for one that was not carried out. */
export const decideAdvanced = (
  directory: string,
  decision: AdvancedDecision,
): Effect.Effect<Effect.Effect<void>, RunyardError> =>
  keeping(() => {
    const file = path.join(directory, `advanced-${decision.at}-${process.pid}.decision`)
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    // Whole, or not there: a part of it would be no decision.
    fs.writeFileSync(`${file}.new`, JSON.stringify(decision), { mode: 0o600, flush: true })
    fs.renameSync(`${file}.new`, file)
    return Effect.sync(() => fs.rmSync(file, { force: true }))
  })

const rowOf = ({ at, by, on }: AdvancedDecision) => ({
  scope: localScope,
  at,
  actor: by,
  action: on ? ("policy.advanced_on" as const) : ("policy.advanced_off" as const),
  subject: "this host",
  detail: {},
})

/**
 * Carries out what was decided and is not yet done in full. Doing it twice is doing it once. Nothing keeps it from being
 * switched off; switched on it is only where that is written down.
 */
export const carryOut = Effect.fnUntraced(function* (
  directory: string,
): Effect.fn.Return<void, RunyardError, AuditLog> {
  const log = yield* AuditLog
  for (const { decision, file } of pendingIn(directory)) {
    if (!decision.on) yield* turnSwitch(directory, decision)
    yield* log.record(rowOf(decision), { once: true })
    if (decision.on) yield* turnSwitch(directory, decision)
    yield* keeping(() => fs.rmSync(file, { force: true }))
  }
})
