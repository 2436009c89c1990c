/** What SQLite says, as the errors of the store. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ErrorCode } from "@runyard/core/ErrorCode"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"

/** Result codes of SQLite (https://sqlite.org/rescode.html), the low byte of the extended ones. */
const codes: Readonly<Record<number, ErrorCode>> = {
  3: "STORE_UNAVAILABLE", // PERM
  5: "STORE_BUSY",
  6: "STORE_BUSY", // LOCKED
  8: "STORE_UNAVAILABLE", // READONLY
  11: "STORE_CORRUPT",
  13: "STORE_FULL",
  14: "STORE_UNAVAILABLE", // CANTOPEN
  15: "STORE_BUSY", // PROTOCOL: gave up on the locks of the WAL index
  23: "STORE_UNAVAILABLE", // AUTH
  26: "STORE_CORRUPT", // NOTADB
}

/** The result code, wherever effect/sql or the driver has put it. */
const resultCode = (cause: unknown): number | undefined => {
  if (typeof cause !== "object" || cause === null) return undefined
  if ("errcode" in cause && typeof cause.errcode === "number") return cause.errcode & 0xff
  if ("reason" in cause) return resultCode(cause.reason)
  return "cause" in cause ? resultCode(cause.cause) : undefined
}

/** Names the file and what SQLite says of it; never a statement or its values. */
export const storeError =
  (filename: string) =>
  (cause: unknown): RunyardError => {
    const result = resultCode(cause)
    const code = (result === undefined ? undefined : codes[result]) ?? "STORE_FAILED"
    return runyardError(code, {
      message: sentence(code, filename),
      detail: { path: filename, sqlite: result ?? null },
      cause,
    })
  }

const sentence = (code: ErrorCode, filename: string): string => {
  switch (code) {
    case "STORE_BUSY":
      return `Another program holds the store ${filename}`
    case "STORE_FULL":
      return `The disk of the store ${filename} is full`
    case "STORE_UNAVAILABLE":
      return `The store ${filename} cannot be opened or written`
    case "STORE_CORRUPT":
      return `${filename} is damaged or not a store of Runyard`
    default:
      return `The store ${filename} failed`
  }
}

/** From 5 ms up to 250 ms between tries, jittered, for 10 s in all. */
const whileBusy = Schedule.min([Schedule.exponential("5 millis"), Schedule.spaced("250 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "10 seconds" }),
)

/** Tries again while another connection holds the store; then fails with `STORE_BUSY`. */
export const retryBusy = <A, R>(effect: Effect.Effect<A, RunyardError, R>): Effect.Effect<A, RunyardError, R> =>
  // The schedule is set up only once it is needed: it costs more than a commit.
  Effect.catchIf(
    effect,
    ({ code }) => code === "STORE_BUSY",
    () => Effect.retry(effect, { schedule: whileBusy, while: ({ code }) => code === "STORE_BUSY" }),
  )
