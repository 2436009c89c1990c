/** Ends grants, and what works where they allowed it. */
import * as Effect from "effect/Effect"
import { isWithin } from "../Grant.ts"
import type { Grants, Revocation } from "../Grants.ts"
import { liveStates } from "../Recovery.ts"
import { isSameScope, type Run, type RunId } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { type CancelRequest, maxListLimit, type RunStore } from "../RunStore.ts"

interface Options {
  readonly grants: Pick<Grants["Service"], "revoke">
  readonly store: Pick<RunStore["Service"], "list">
  readonly cancel: (id: RunId, request: CancelRequest) => Effect.Effect<Run, RunyardError>
}

export const grantRevocation = ({ cancel, grants, store }: Options) =>
  Effect.fn("Runyard.revoke")(function* (revocation: Revocation, { stopRuns }: { readonly stopRuns: boolean }) {
    const ended = yield* grants.revoke(revocation)
    const running = stopRuns ? yield* store.list({ states: liveStates, limit: maxListLimit }) : []
    // Runs of others were allowed there by grants of theirs.
    const there = running.filter(
      ({ request, scope }) =>
        isSameScope(scope, revocation.scope) &&
        [request.cwd, ...(request.addDirs ?? [])].some((path) => ended.some((grant) => isWithin(grant.path, path))),
    )
    const asked = { by: revocation.by, reason: "the grant of its directory was revoked", force: false }
    const stopped = yield* Effect.forEach(there, ({ id }) => cancel(id, asked), { concurrency: "unbounded" })
    return { grants: ended, stopped }
  })
