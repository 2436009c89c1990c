/** A schedule in words. Pure. */
import type { Schedule } from "../api/types.ts"

/** What it is called: its name, or what its runs are. */
export const scheduleTitle = ({ name, request }: Schedule): string =>
  name ?? request.title ?? request.prompt.replaceAll(/\s+/g, " ").slice(0, 200)

export const zoneOf = ({ times }: Schedule): string => times.timeZone ?? "UTC"

export type Missed = Schedule["times"]["missed"]

export const missedItems: ReadonlyArray<{ readonly value: Missed; readonly label: string; readonly hint: string }> = [
  { value: "skip", label: "Leave them out", hint: "The next run comes at the next time." },
  { value: "once", label: "One run for all", hint: "As soon as a server is there again." },
  { value: "all", label: "A run for each", hint: "For the latest ten of them." },
]

export const missedText = (missed: Missed): string => missedItems.find(({ value }) => value === missed)?.label ?? missed

export type Overlap = Schedule["overlap"]

export const overlapItems: ReadonlyArray<{ readonly value: Overlap; readonly label: string; readonly hint: string }> = [
  { value: "allow", label: "A run of its own", hint: "It waits for its turn like any other." },
  { value: "skip", label: "No run", hint: "The next one comes at the next time after the end." },
  { value: "queue", label: "One run after it", hint: "Others that come until then are skipped." },
]

export const overlapText = (overlap: Overlap): string =>
  overlapItems.find(({ value }) => value === overlap)?.label ?? overlap

/** Why a time became no run. */
export const whyText: Readonly<
  Record<Extract<Schedule["fires"][number], { readonly outcome: "skipped" }>["why"], string>
> = {
  overlap: "a run had not ended",
  missed: "no server was there",
  paused: "it was paused",
}

/** Expressions to begin with. */
export const presets: ReadonlyArray<{ readonly label: string; readonly expression: string }> = [
  { label: "Every hour", expression: "0 * * * *" },
  { label: "Every night", expression: "0 3 * * *" },
  { label: "Weekdays at 9", expression: "0 9 * * 1-5" },
  { label: "Mondays", expression: "0 9 * * 1" },
]
