/** The time of day at which a usage limit ends, as the CLIs write it in words, and the instant that it means. Pure. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * What the words say, and nothing more. Without a date it is the next such time of day, without a year the next such
 * date, without a zone the zone of the machine that the CLI ran on.
 */
export const ResetClock = Schema.Struct({
  year: Schema.optionalKey(Schema.Int),
  /** From 1. With `day`, or not at all. */
  month: Schema.optionalKey(Schema.Int),
  day: Schema.optionalKey(Schema.Int),
  hour: Schema.Int,
  minute: Schema.Int,
  /** `UTC` or a name such as `Europe/Berlin`. */
  zone: Schema.optionalKey(Schema.String),
})
export type ResetClock = typeof ResetClock.Type

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** `8:48 PM`, `Nov 29th, 2026 9:25 PM`, `8:48pm (America/New_York)`, `Nov 29, 9:25pm (UTC)`, `Jan 1, 2030, 12am (UTC)`. */
const words =
  /^(?:([A-Z][a-z]{2})[a-z]{0,6} (\d{1,2})(?:st|nd|rd|th)?,? (?:(\d{4}),? )?(?:at )?)?(\d{1,2})(?::(\d{2}))? ?([ap]m)\b(?: \(([A-Za-z0-9_+\-/]{1,40})\))?/i

/** The time that the text begins with; undefined when it begins with none. */
export const readResetClock = (text: string): ResetClock | undefined => {
  const found = words.exec(text.slice(0, 100))
  if (found === null) return undefined
  const [, monthName, day, year, hour, minute, half, zone] = found
  const month = monthName === undefined ? undefined : months.indexOf(monthName.toLowerCase()) + 1
  const hours = Number(hour)
  if (month === 0 || hours < 1 || hours > 12 || Number(minute ?? 0) > 59) return undefined
  if (day !== undefined && (Number(day) < 1 || Number(day) > 31)) return undefined
  return {
    ...(year === undefined ? {} : { year: Number(year) }),
    ...(month === undefined || day === undefined ? {} : { month, day: Number(day) }),
    hour: (hours % 12) + (half?.toLowerCase() === "pm" ? 12 : 0),
    minute: Number(minute ?? 0),
    ...(zone === undefined ? {} : { zone }),
  }
}

/** Words are cut to the minute, and a limit may have ended while its message was on the way. */
const lateMillis = 10 * 60_000

/**
 * The instant that the clock means when it is read at `now`, in milliseconds since the epoch: the first that is not more
 * than ten minutes in the past. Undefined for a zone or a date that does not exist.
 */
export const resetInstant = (clock: ResetClock, now: number): number | undefined => {
  const zone = clock.zone === undefined ? Option.some(DateTime.zoneMakeLocal()) : DateTime.zoneFromString(clock.zone)
  if (Option.isNone(zone)) return undefined
  const today = DateTime.makeZoned(now, { timeZone: zone.value })
  if (Option.isNone(today)) return undefined
  const here = DateTime.toParts(today.value)
  const at = (year: number, month: number, day: number): number | undefined =>
    Option.getOrUndefined(
      Option.map(
        DateTime.makeZoned(
          { year, month, day, hour: clock.hour, minute: clock.minute },
          { timeZone: zone.value, adjustForTimeZone: true },
        ),
        DateTime.toEpochMillis,
      ),
    )
  const { day, month, year } = clock
  if (month !== undefined && day !== undefined) {
    // A day that the month does not have would become one of the next month.
    if (day > new Date(Date.UTC(year ?? 2028, month, 0)).getUTCDate()) return undefined
    if (year !== undefined) return at(year, month, day)
    const thisYear = at(here.year, month, day)
    // A date of the last days of December that is read in January has passed; one that is far behind is the next one.
    return thisYear !== undefined && thisYear < now - lateMillis ? at(here.year + 1, month, day) : thisYear
  }
  const first = at(here.year, here.month, here.day)
  if (first === undefined || first >= now - lateMillis) return first
  const next = DateTime.toParts(DateTime.add(today.value, { days: 1 }))
  return at(next.year, next.month, next.day)
}
