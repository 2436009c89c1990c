/** Which directories agents may work in: who allowed it, when, and until when. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type { AuditLog } from "./AuditLog.ts"
import { entryOfGrant, entryOfRevocation } from "./AuditTrail.ts"
import { covers, type Grant, GrantId, isInForce, type Need, type NewGrant } from "./Grant.ts"
import { isSameScope, type Scope } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

export interface GrantFilter {
  readonly scope: Scope
  /** Those that are revoked or have expired, too. Default: no. */
  readonly ended?: boolean
}

/** Which grants are to end: one by its id, or all of exactly this directory. */
export interface Revocation {
  readonly scope: Scope
  readonly target: GrantId | { readonly path: string }
  readonly by: string
}

export class Grants extends Context.Service<
  Grants,
  {
    /**
     * Keeps a grant, and writes it into the audit log with it. One that says the same and is in force already is given back
     * instead.
     * @param options `lasting: false`: only for as long as this service lives, and for nobody else on the store.
     */
    readonly add: (grant: NewGrant, options?: { readonly lasting: boolean }) => Effect.Effect<Grant, RunyardError>
    /** Newest first. */
    readonly list: (filter: GrantFilter) => Effect.Effect<ReadonlyArray<Grant>, RunyardError>
    /** Gives those that it ended, which the audit log has then, too. Fails with `POLICY_GRANT_NOT_FOUND` when there is none in force. */
    readonly revoke: (revocation: Revocation) => Effect.Effect<ReadonlyArray<Grant>, RunyardError>
    /** The grant that allows it, if one does. Does not get slower with the number of grants. */
    readonly covering: (need: Need) => Effect.Effect<Grant | undefined, RunyardError>
    /** Grows with each revocation, by whichever program. Cheap: hosts ask every second. */
    readonly revocations: Effect.Effect<number, RunyardError>
  }
>()("@runyard/core/Grants") {
  /** Keeps grants in memory, for tests and programs that grant by themselves. Nothing outlives the scope, nothing is written down. */
  static readonly layerMemory = Layer.sync(Grants, () => memoryGrants(() => Effect.void))
}

export const grantNotFound = ({ target }: Revocation): RunyardError =>
  runyardError("POLICY_GRANT_NOT_FOUND", {
    message:
      typeof target === "string" ? `No grant ${target} is in force` : `No grant of exactly ${target.path} is in force`,
    detail: typeof target === "string" ? { id: target } : { path: target.path },
  })

/** Whether two grants say the same, whoever gave them. */
export const saysTheSame = (left: NewGrant, right: NewGrant): boolean =>
  isSameScope(left.scope, right.scope) &&
  left.path === right.path &&
  left.mode === right.mode &&
  left.remote === right.remote &&
  left.expiresAt === right.expiresAt

/** The grant with an id and the time. */
export const stamped = Effect.fnUntraced(function* (grant: NewGrant): Effect.fn.Return<Grant> {
  const at = yield* Clock.currentTimeMillis
  const chance = yield* Effect.replicateEffect(Random.nextIntBetween(0, 35), 16)
  return { ...grant, id: GrantId.make(`grant_${chance.map((digit) => digit.toString(36)).join("")}`), at }
})

/**
 * Grants in memory. What is done is written down first: nothing can fail then, and a program that dies in between takes the
 * grant along, which is no longer in force either way.
 * @param record into the audit log.
 */
export const memoryGrants = (record: AuditLog["Service"]["record"], lasting = true): Grants["Service"] => {
  let grants: ReadonlyArray<Grant> = []
  let revocations = 0
  const oneByOne = Semaphore.makeUnsafe(1)
  const add = Effect.fn("Grants.add")(function* (
    grant: NewGrant,
    options: { readonly lasting: boolean } = { lasting },
  ): Effect.fn.Return<Grant, RunyardError> {
    const now = yield* Clock.currentTimeMillis
    const known = grants.find((each) => isInForce(each, now) && saysTheSame(each, grant))
    if (known !== undefined) return known
    const added = yield* stamped(grant)
    yield* record(entryOfGrant(added, options.lasting))
    grants = [added, ...grants]
    return added
  })
  const revoke = Effect.fn("Grants.revoke")(function* (
    revocation: Revocation,
  ): Effect.fn.Return<ReadonlyArray<Grant>, RunyardError> {
    const { by, scope, target } = revocation
    const now = yield* Clock.currentTimeMillis
    const isMeant = (each: Grant) =>
      isInForce(each, now) &&
      isSameScope(each.scope, scope) &&
      (typeof target === "string" ? each.id === target : each.path === target.path)
    const ended = grants.filter(isMeant).map((each): Grant => ({ ...each, revokedAt: now, revokedBy: by }))
    if (ended.length === 0) return yield* grantNotFound(revocation)
    yield* Effect.forEach(ended, (grant) => record(entryOfRevocation(grant)), { discard: true })
    revocations += ended.length
    grants = grants.map((each) => ended.find(({ id }) => id === each.id) ?? each)
    return ended
  })
  const whole = <A>(act: Effect.Effect<A, RunyardError>) => Effect.uninterruptible(oneByOne.withPermits(1)(act))
  return {
    add: (grant, options) => whole(add(grant, options)),
    revoke: (revocation) => whole(revoke(revocation)),
    list: ({ ended, scope }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        grants.filter((each) => isSameScope(each.scope, scope) && (ended === true || isInForce(each, now))),
      ),
    covering: (need) => Effect.map(Clock.currentTimeMillis, (now) => grants.find((each) => covers(each, need, now))),
    revocations: Effect.sync(() => revocations),
  }
}

/** A store of grants, with those that do not last beside it in memory. @param record into the audit log of the store. */
export const withPassing = (
  stored: Omit<Grants["Service"], "add"> & { readonly add: (grant: NewGrant) => Effect.Effect<Grant, RunyardError> },
  record: AuditLog["Service"]["record"],
): Grants["Service"] => {
  const passing = memoryGrants(record, false)
  return {
    add: (grant, options) => (options?.lasting === false ? passing.add(grant) : stored.add(grant)),
    list: Effect.fnUntraced(function* (filter) {
      const both = [...(yield* passing.list(filter)), ...(yield* stored.list(filter))]
      return both.toSorted((left, right) => right.at - left.at)
    }),
    revoke: Effect.fnUntraced(function* (revocation) {
      const none = () => Effect.succeed<ReadonlyArray<Grant>>([])
      const isNone = ({ code }: RunyardError) => code === "POLICY_GRANT_NOT_FOUND"
      const here = yield* Effect.catchIf(passing.revoke(revocation), isNone, none)
      const there = yield* Effect.catchIf(stored.revoke(revocation), isNone, none)
      return here.length + there.length === 0 ? yield* grantNotFound(revocation) : [...here, ...there]
    }),
    covering: (need) =>
      Effect.flatMap(passing.covering(need), (grant) =>
        grant === undefined ? stored.covering(need) : Effect.succeed(grant),
      ),
    revocations: Effect.zipWith(passing.revocations, stored.revocations, (here, there) => here + there),
  }
}
