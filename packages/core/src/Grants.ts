/** Which directories agents may work in: who allowed it, when, and until when. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
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
     * Keeps a grant. One that says the same and is in force already is given back instead.
     * @param options `lasting: false`: only for as long as this service lives, and for nobody else on the store.
     */
    readonly add: (grant: NewGrant, options?: { readonly lasting: boolean }) => Effect.Effect<Grant, RunyardError>
    /** Newest first. */
    readonly list: (filter: GrantFilter) => Effect.Effect<ReadonlyArray<Grant>, RunyardError>
    /** Gives those that it ended. Fails with `POLICY_GRANT_NOT_FOUND` when there is none in force. */
    readonly revoke: (revocation: Revocation) => Effect.Effect<ReadonlyArray<Grant>, RunyardError>
    /** The grant that allows it, if one does. Does not get slower with the number of grants. */
    readonly covering: (need: Need) => Effect.Effect<Grant | undefined, RunyardError>
    /** Grows with each revocation, by whichever program. Cheap: hosts ask every second. */
    readonly revocations: Effect.Effect<number, RunyardError>
  }
>()("@runyard/core/Grants") {
  /** Keeps grants in memory, for tests and programs that grant by themselves. Nothing outlives the scope. */
  static readonly layerMemory = Layer.sync(Grants, () => {
    const grants = memoryGrants()
    return Grants.of({ ...grants, add: (grant) => grants.add(grant) })
  })
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

const memoryGrants = (): Omit<Grants["Service"], "add"> & {
  readonly add: (grant: NewGrant) => Effect.Effect<Grant>
} => {
  let grants: ReadonlyArray<Grant> = []
  let revocations = 0
  const add = Effect.fn("Grants.add")(function* (grant: NewGrant) {
    const now = yield* Clock.currentTimeMillis
    const known = grants.find((each) => isInForce(each, now) && saysTheSame(each, grant))
    if (known !== undefined) return known
    const added = yield* stamped(grant)
    grants = [added, ...grants]
    return added
  })
  const revoke = Effect.fn("Grants.revoke")(function* (revocation: Revocation) {
    const { by, scope, target } = revocation
    const now = yield* Clock.currentTimeMillis
    const isMeant = (each: Grant) =>
      isInForce(each, now) &&
      isSameScope(each.scope, scope) &&
      (typeof target === "string" ? each.id === target : each.path === target.path)
    const ended = grants.filter(isMeant).map((each): Grant => ({ ...each, revokedAt: now, revokedBy: by }))
    if (ended.length === 0) return yield* grantNotFound(revocation)
    revocations += ended.length
    grants = grants.map((each) => ended.find(({ id }) => id === each.id) ?? each)
    return ended
  })
  return {
    add,
    revoke,
    list: ({ ended, scope }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        grants.filter((each) => isSameScope(each.scope, scope) && (ended === true || isInForce(each, now))),
      ),
    covering: (need) => Effect.map(Clock.currentTimeMillis, (now) => grants.find((each) => covers(each, need, now))),
    revocations: Effect.sync(() => revocations),
  }
}

/** A store of grants, with those that do not last beside it in memory. */
export const withPassing = (
  stored: Omit<Grants["Service"], "add"> & { readonly add: (grant: NewGrant) => Effect.Effect<Grant, RunyardError> },
): Grants["Service"] => {
  const passing = memoryGrants()
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
