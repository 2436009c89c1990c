/** What all handlers do with what core gives. */
import type { RunyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { type Problem, problemOf } from "../Problem.ts"

/** Events that one request looks at, where it wants some of them: there is no index of severities. */
export const maxLooked = 10_000

/** Every error becomes a problem. */
export const answered = <A, R>(effect: Effect.Effect<A, RunyardError, R>): Effect.Effect<A, Problem, R> =>
  Effect.mapError(effect, (error) => problemOf(error.info))

/** The place from which the next page goes on; none when this one is not full. */
export const nextOf = <A, Place>(
  page: ReadonlyArray<A>,
  limit: number,
  placeOf: (item: A) => Place,
): { readonly next?: Place } => {
  const last = page.at(-1)
  return last === undefined || page.length < limit ? {} : { next: placeOf(last) }
}

/** Only the fields that are there. */
export const present = <A extends object>(fields: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
