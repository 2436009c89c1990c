/** Classes of urgency, and what each of them is worth against the others. Pure. */
import * as Schema from "effect/Schema"

/** From the most urgent to the least. */
export const priorities = ["interactive", "high", "normal", "low", "background"] as const
export const Priority = Schema.Literals(priorities)
export type Priority = typeof Priority.Type

/** What a class is worth. */
export const PriorityTerms = Schema.Struct({
  /**
   * A job of this class goes strictly before one of a lesser class for as long as the difference of their head starts,
   * in milliseconds, counted from when the oldest of the lesser class could first have been started.
   */
  headStartMillis: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  /** After that, classes that wait at one provider share its starts in these proportions. */
  share: Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 100 })),
})
export type PriorityTerms = typeof PriorityTerms.Type

export const PrioritySettings = Schema.Record(Priority, PriorityTerms)
export type PrioritySettings = typeof PrioritySettings.Type

/** Head starts of 20, 15, 10, 5 and 0 minutes; shares of 16, 8, 4, 2 and 1. */
export const defaultPrioritySettings: PrioritySettings = {
  interactive: { headStartMillis: 20 * 60_000, share: 16 },
  high: { headStartMillis: 15 * 60_000, share: 8 },
  normal: { headStartMillis: 10 * 60_000, share: 4 },
  low: { headStartMillis: 5 * 60_000, share: 2 },
  background: { headStartMillis: 0, share: 1 },
}

/** The place of a class, from 0 for the most urgent. */
export const precedence = (priority: Priority): number => priorities.indexOf(priority)

/** How long a job of `lesser` may be made to wait strictly behind `greater`, in milliseconds. Never negative. */
export const headStartOver = (settings: PrioritySettings, greater: Priority, lesser: Priority): number =>
  Math.max(0, settings[greater].headStartMillis - settings[lesser].headStartMillis)
