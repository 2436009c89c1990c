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
const pending = /^advanced-(\d{1,16})-\d{1,10}\.decision$/

interface Pending {
  readonly file: string
  /** As its name says it, which is there also where the rest cannot be read. */
  readonly at: number
  /** Undefined: it cannot be read, or somebody else could have written it. It may be one to switch off, so it counts as that. */
  readonly decision: AdvancedDecision | undefined
}

const isGone = (cause: unknown): boolean => (cause as { readonly code?: unknown } | undefined)?.code === "ENOENT"

/** Nothing where somebody has carried it out meanwhile. */
const pendingOf = (directory: string, name: string): ReadonlyArray<Pending> => {
  const file = path.join(directory, name)
  const at = Number(pending.exec(name)?.[1])
  try {
    fs.lstatSync(file)
    const text = isPrivate(file) ? fs.readFileSync(file, "utf8") : ""
    return [{ file, at, decision: Option.getOrUndefined(decode(text)) }]
  } catch (cause) {
    return isGone(cause) ? [] : [{ file, at, decision: undefined }]
  }
}

/** Those that were not carried out in full, oldest first. Throws where the directory is there and cannot be read. */
const pendingIn = (directory: string): ReadonlyArray<Pending> => {
  let names: ReadonlyArray<string>
  try {
    names = fs.readdirSync(directory)
  } catch (cause) {
    if (isGone(cause)) return []
    throw cause
  }
  return names
    .filter((name) => pending.test(name))
    .flatMap((name) => pendingOf(directory, name))
    .toSorted((one, other) => one.at - other.at)
}

const isLastOff = (directory: string): boolean => {
  try {
    const last = pendingIn(directory).at(-1)
    return last !== undefined && last.decision?.on !== true
  } catch {
    return true
  }
}

/**
 * By the environment of the program, or by `runyard policy advanced on` for this data directory. Where the last decision is
 * to switch it off, or cannot be read, it is off, carried out or not.
 */
export const isAdvancedOn = (env: Readonly<Record<string, string | undefined>>, directory: string): boolean =>
  env["RUNYARD_ALLOW_DANGEROUS"] === "1" ||
  // In this order: whoever carries out a decision turns the switch before its note goes.
  (!isLastOff(directory) && isSwitchedOn(directory))

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

/** What cannot be read has counted once, and is kept for people to look at. */
const setAside = (file: string) =>
  keeping(() => {
    try {
      fs.renameSync(file, `${file}.unread`)
    } catch (cause) {
      if (!isGone(cause)) throw cause
    }
  })

/**
 * Carries out what was decided and is not yet done in full. Doing it twice is doing it once. Nothing keeps it from being
 * switched off; switched on it is only where that is written down.
 */
export const carryOut = Effect.fnUntraced(function* (
  directory: string,
): Effect.fn.Return<void, RunyardError, AuditLog> {
  const log = yield* AuditLog
  for (const { at, decision, file } of yield* keeping(() => pendingIn(directory))) {
    const known = decision ?? { on: false, by: "unknown", at }
    if (!known.on) yield* turnSwitch(directory, known)
    yield* log.record(rowOf(known), { once: true })
    if (known.on) yield* turnSwitch(directory, known)
    yield* decision === undefined ? setAside(file) : keeping(() => fs.rmSync(file, { force: true }))
  }
})
