/** A schedule as commands name it and show it. */
import { type RunSchedule, Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { Argument } from "effect/cli"
import { say } from "../output.ts"
import { localTime } from "../render.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"

const line = ({ enabled, id, lastRefusal, lastRun, name, nextAt, request, times, waiting }: RunSchedule): string => {
  const title = name ?? request.title ?? request.prompt.replaceAll(/\s+/g, " ")
  const state = !enabled ? "paused" : nextAt === undefined ? "over" : `next ${localTime(nextAt)}`
  return [
    id,
    `${times.expression} (${times.timeZone ?? "UTC"})`,
    state,
    ...(waiting === undefined ? [] : [`waits since ${localTime(waiting)}`]),
    ...(lastRun === undefined ? [] : [`last ${lastRun.runId}`]),
    ...(lastRefusal === undefined ? [] : [`refused at ${localTime(lastRefusal.due)}: ${lastRefusal.error.code}`]),
    title.slice(0, 60),
  ]
    .map(terminalText)
    .join("  ")
}

export const show = (schedule: RunSchedule, asJson: boolean): void =>
  say(asJson ? terminalJson(schedule) : line(schedule))

export const scheduleArgument = Argument.String("schedule").pipe(
  Argument.withDescription("a schedule's id, or the end of one"),
)

/** The id that a text means. */
export const idOf = Effect.fnUntraced(function* (text: string) {
  const found = (yield* (yield* Runyard).schedules.list).filter(
    ({ id }) => id === text || (text.length >= 4 && id.endsWith(text)),
  )
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only.id
  return yield* runyardError("QUEUE_SCHEDULE_NOT_FOUND", {
    message:
      only === undefined
        ? `No schedule "${text.slice(0, 60)}" in this store`
        : `${found.length} schedules end in "${text.slice(0, 60)}"`,
  })
})
