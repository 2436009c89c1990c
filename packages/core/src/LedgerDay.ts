/** The days that the ledger is summed up by, in a time zone. Pure. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** Undefined: UTC. */
export type LedgerZone = DateTime.TimeZone | undefined

/** @param name as the zones of IANA are called, or an offset. One that does not exist is UTC. */
export const ledgerZone = (name: string | undefined): LedgerZone =>
  name === undefined ? undefined : Option.getOrUndefined(DateTime.zoneFromString(name))

/** `2026-02-28`: the day of an instant, which is in milliseconds since the epoch. */
export const ledgerDay = (at: number, zone: LedgerZone): string => {
  const instant = DateTime.makeUnsafe(at)
  return zone === undefined
    ? DateTime.formatIsoDateUtc(instant)
    : DateTime.formatIsoDate(DateTime.setZone(instant, zone))
}

const dayMillis = 86_400_000

const untilMidnight = (at: number, offset: number): number =>
  dayMillis - ((((at + offset) % dayMillis) + dayMillis) % dayMillis)

/** The first instant after `at` that is of another day, in a zone whose clock is never set back across midnight. */
export const ledgerDayEnd = (at: number, zone: LedgerZone): number => {
  if (zone === undefined) return at + untilMidnight(at, 0)
  const today = ledgerDay(at, zone)
  const guess = at + untilMidnight(at, DateTime.zonedOffset(DateTime.setZone(DateTime.makeUnsafe(at), zone)))
  if (ledgerDay(guess - 1, zone) === today && ledgerDay(guess, zone) !== today) return guess
  // The clock is changed before the day ends. A day has 24 hours, or up to a day more where a place crosses the date line.
  let [inside, outside] = [at, at + 2 * dayMillis]
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2)
    if (ledgerDay(middle, zone) === today) inside = middle
    else outside = middle
  }
  return outside
}
