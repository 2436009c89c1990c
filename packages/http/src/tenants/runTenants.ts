/** Which tenant a run is of, and whether a caller may know that it is there. */
import {
  isOfTenant,
  type RunId,
  type RunStore,
  type RunyardError,
  runyardError,
  type Scope,
  type Tenant,
} from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { byTenant } from "./caller.ts"

export interface RunTenants {
  /** Whether a run is of the tenant; one that is not there is of none. */
  readonly isOf: (id: RunId, tenant: Tenant) => Effect.Effect<boolean, RunyardError>
  /** Fails with `STORE_RUN_NOT_FOUND` for a run of another tenant, as for one that is not there. */
  readonly admit: (id: RunId) => Effect.Effect<void, RunyardError>
  /** What is done with a run that the caller may know of. */
  readonly using: <A, E>(id: RunId, effect: Effect.Effect<A, E>) => Effect.Effect<A, E | RunyardError>
}

/** Runs whose scope is kept in mind: it never changes. The oldest go first. */
const maxKept = 10_000

export const runTenants = (store: Pick<RunStore["Service"], "get">): RunTenants => {
  const known = new Map<RunId, Scope>()

  const scopeOf = Effect.fnUntraced(function* (id: RunId): Effect.fn.Return<Scope | undefined, RunyardError> {
    const kept = known.get(id)
    if (kept !== undefined) return kept
    const found = yield* Effect.result(store.get(id))
    if (Result.isFailure(found)) {
      return found.failure.code === "STORE_RUN_NOT_FOUND" ? undefined : yield* found.failure
    }
    const { scope } = found.success
    known.set(id, scope)
    for (const oldest of known.keys()) {
      if (known.size <= maxKept) break
      known.delete(oldest)
    }
    return scope
  })

  const isOf: RunTenants["isOf"] = (id, tenant) =>
    Effect.map(scopeOf(id), (scope) => scope !== undefined && isOfTenant(scope, tenant))

  const admit: RunTenants["admit"] = (id) =>
    byTenant(Effect.void, (tenant) =>
      Effect.flatMap(isOf(id, tenant), (isTheirs) =>
        isTheirs ? Effect.void : Effect.fail(runyardError("STORE_RUN_NOT_FOUND", { detail: { runId: id } })),
      ),
    )

  return { isOf, admit, using: (id, effect) => Effect.andThen(admit(id), effect) }
}
