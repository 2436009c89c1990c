/** When a usage limit ends, as the error of a run says it. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ResetClock, resetInstant } from "./ResetClock.ts"
import type { ErrorInfo } from "./RunyardError.ts"

const readClock = Schema.decodeUnknownOption(ResetClock)

/** Words are cut to the minute, and who comes too early is refused once more. */
const minuteMillis = 60_000

/**
 * The end of the limit in milliseconds since the epoch: the number that the vendor gave, else the end of the
 * minute that its words name, read at `now`, else its wait. Undefined when it told none of them. Words without a date mean a later instant when they are read later:
 * read them when the failure happened.
 */
export const limitReset = (error: ErrorInfo, now: number): number | undefined => {
  const { resetsAt, resetsClock } = error.detail
  if (typeof resetsAt === "number" && Number.isFinite(resetsAt)) return resetsAt
  const clock = readClock(resetsClock)
  const minute = Option.isSome(clock) ? resetInstant(clock.value, now) : undefined
  return (
    (minute === undefined ? undefined : minute + minuteMillis) ??
    (error.retryAfterMillis === undefined ? undefined : now + error.retryAfterMillis)
  )
}
