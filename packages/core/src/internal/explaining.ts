/** What keeps a run from starting, read off the queue. Pure. */
import { breakerOf } from "../Breakers.ts"
import type { Passage } from "../CircuitBreaker.ts"
import type { Blocker } from "../FairQueue.ts"
import { limiterName } from "../Limits.ts"
import type { QueueControl } from "../QueueControl.ts"
import type { QueueJob } from "../QueueJob.ts"
import type { Run, RunId } from "../Run.ts"
import type { WaitReason } from "../RunExplanation.ts"
import type { QueueView } from "./turns.ts"

/** Beyond so many runs nobody's place is worked out: the queue is played up to it. */
const maxPlaced = 1_000
const maxUsers = 20

type IsOwn = (id: string) => boolean

/** Those of the same tenant by name, others as a number. */
const usersOf = (
  running: ReadonlyArray<QueueJob>,
  { limiter, name }: Extract<Blocker, { kind: "limiter" }>,
  isOwn: IsOwn,
) => {
  const users = running.filter((job) => limiterName(limiter, job) === name)
  const own = users.filter(({ id }) => isOwn(id))
  return {
    by: own.slice(0, maxUsers).map(({ id }) => id as RunId),
    ...(own.length < users.length ? { others: users.length - own.length } : {}),
  }
}

const isPaused = (
  { limiter, name }: Extract<Blocker, { kind: "limiter" }>,
  control: QueueControl,
): WaitReason | undefined => {
  if (limiter === "global" && control.paused) return { code: "QUEUE_PAUSED" }
  if (limiter === "provider" && control.pausedProviders.includes(name))
    return { code: "PROVIDER_PAUSED", provider: name }
  return undefined
}

const reasonOf = (blocker: Blocker, run: Run, { control, index }: QueueView, isOwn: IsOwn): WaitReason => {
  switch (blocker.kind) {
    case "held":
      return { code: "HELD" }
    case "delayed":
      return { code: run.state === "retry_wait" ? "RETRY_WAIT" : "NOT_BEFORE", until: blocker.until }
    case "session":
      return { code: "SESSION_BUSY", ...(isOwn(blocker.writer) ? { writer: blocker.writer as RunId } : {}) }
    case "limiter": {
      const paused = isPaused(blocker, control)
      if (paused !== undefined) return paused
      const { capacity, keptFor, limiter, name, needs, used } = blocker
      return {
        code: "LIMIT",
        limiter,
        name,
        used,
        capacity,
        needs,
        ...usersOf(index.started, blocker, isOwn),
        ...(keptFor === undefined ? {} : isOwn(keptFor) ? { keptFor: keptFor as RunId } : { keptForOther: true }),
      }
    }
  }
}

export interface Waiting {
  readonly reasons: ReadonlyArray<WaitReason>
  readonly position?: number
  readonly latestStart?: number
}

const isDown = (run: Run, passages: ReadonlyMap<string, Passage>): ReadonlyArray<WaitReason> => {
  const account = breakerOf(run.request)
  const passage = passages.get(account)
  return passage?.kind === "blocked"
    ? [{ code: "PROVIDER_DOWN", account, failure: passage.code, until: passage.until }]
    : []
}

/**
 * Why a run waits that is queued. Names no run of another tenant. @param hasHost whether a program is there that would execute it. @param longestMillis no
 * run is taken to last longer. @param place whether its place is wanted, which costs most.
 * @param passages what breakers say, by account.
 */
export const whyItWaits = (
  run: Run,
  view: QueueView,
  hasHost: boolean,
  longestMillis: number | undefined,
  place: boolean,
  passages: ReadonlyMap<string, Passage>,
): Waiting => {
  const { index, now } = view
  const known = index.explain(run.id, now, longestMillis)
  // Leased, or so new that the index has already let go of it.
  if (known === undefined || known.state === "running") return { reasons: [] }
  const { platform, tenant } = run.scope
  const isOwn: IsOwn = (id) => {
    const scope = view.entries.get(id)?.scope
    return scope?.tenant === tenant && scope.platform === platform
  }
  const down = isDown(run, passages)
  // Those that a breaker keeps back are held in the index alone.
  const isHeld = view.entries.get(run.id)?.place.held === true
  const blockers = known.blockers.filter(({ kind }) => kind !== "held" || isHeld)
  const blocked = [...blockers.map((blocker) => reasonOf(blocker, run, view, isOwn)), ...down]
  const gone: ReadonlyArray<WaitReason> = hasHost ? [] : [{ code: "NO_HOST" }]
  const position =
    place && known.state === "waiting" && index.size <= maxPlaced ? index.position(run.id, now) : undefined
  const isNext = hasHost && blocked.length === 0 && index.next(now)?.id === run.id
  const turn: ReadonlyArray<WaitReason> = blocked.length === 0 && hasHost && !isNext ? [{ code: "TURN" }] : []
  return {
    reasons: [...gone, ...blocked, ...turn],
    ...(position === undefined ? {} : { position }),
    ...(known.latestStart === undefined || !hasHost || down.length > 0 ? {} : { latestStart: known.latestStart }),
  }
}
