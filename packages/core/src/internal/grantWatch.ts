/** Looks for grants that were revoked, and gives queued runs of this host their ends that have no other one. */
import * as Effect from "effect/Effect"
import type { Grants } from "../Grants.ts"
import type { Run, RunId, RunRequest } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { maxListLimit, type RunStore } from "../RunStore.ts"

/** How often, in milliseconds. */
const pollMillis = 1_000

interface Options {
  readonly grants: Grants["Service"]
  readonly store: RunStore["Service"]
  /** This host, by id. */
  readonly host: string
  readonly isWaiting: () => boolean
  /** Why a request may not be executed any more; undefined when it may. */
  readonly refusal: (request: RunRequest) => Effect.Effect<RunyardError | undefined>
  readonly deny: (id: RunId, error: RunyardError) => Effect.Effect<void, RunyardError>
  /** Sleeps without keeping the program alive. */
  readonly idle: (millis: number) => Effect.Effect<void>
}

/** Goes on for ever. A store that cannot tell now is asked again; each run is checked once more when its turn comes. */
export const grantWatch = ({ deny, grants, host, idle, isWaiting, refusal, store }: Options): Effect.Effect<never> => {
  const denyUngranted = Effect.gen(function* () {
    for (let before: Run | undefined, isMore = true; isMore;) {
      const older = before === undefined ? {} : { before: before.id }
      const page = yield* store.list({ states: ["queued"], hosts: [host], limit: maxListLimit, ...older })
      for (const run of page) {
        const refused = yield* refusal(run.request)
        if (refused !== undefined) yield* deny(run.id, refused)
      }
      before = page.at(-1)
      isMore = page.length === maxListLimit
    }
  })

  let known: number | undefined
  const look = Effect.gen(function* () {
    yield* idle(pollMillis)
    if (!isWaiting()) return
    const now = yield* grants.revocations
    // The first look may come after a revocation, so that it counts as one.
    if (now !== known) yield* denyUngranted
    known = now
  })
  return Effect.forever(Effect.ignoreCause(look, { log: "Debug", message: "Revoked grants could not be looked for" }))
}
