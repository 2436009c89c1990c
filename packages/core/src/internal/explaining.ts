/** What keeps a run from starting, read off the queue. Pure. */
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

const usersOf = (running: ReadonlyArray<QueueJob>, { limiter, name }: Extract<Blocker, { kind: "limiter" }>) =>
  running.flatMap((job) => (limiterName(limiter, job) === name ? [job.id as RunId] : [])).slice(0, maxUsers)

const isPaused = (
  { limiter, name }: Extract<Blocker, { kind: "limiter" }>,
  control: QueueControl,
): WaitReason | undefined => {
  if (limiter === "global" && control.paused) return { code: "QUEUE_PAUSED" }
  if (limiter === "provider" && control.pausedProviders.includes(name))
    return { code: "PROVIDER_PAUSED", provider: name }
  return undefined
}

const reasonOf = (blocker: Blocker, run: Run, { control, index }: QueueView): WaitReason => {
  switch (blocker.kind) {
    case "held":
      return { code: "HELD" }
    case "delayed":
      return { code: run.state === "retry_wait" ? "RETRY_WAIT" : "NOT_BEFORE", until: blocker.until }
    case "session":
      return { code: "SESSION_BUSY", writer: blocker.writer as RunId }
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
        by: usersOf(index.started, blocker),
        ...(keptFor === undefined ? {} : { keptFor: keptFor as RunId }),
      }
    }
  }
}

export interface Waiting {
  readonly reasons: ReadonlyArray<WaitReason>
  readonly position?: number
  readonly latestStart?: number
}

/**
 * Why a run waits that is queued. @param hasHost whether a program is there that would execute it. @param longestMillis no
 * run is taken to last longer. @param place whether its place is wanted, which costs most.
 */
export const whyItWaits = (
  run: Run,
  view: QueueView,
  hasHost: boolean,
  longestMillis: number | undefined,
  place: boolean,
): Waiting => {
  const { index, now } = view
  const known = index.explain(run.id, now, longestMillis)
  // Leased, or so new that the index has already let go of it.
  if (known === undefined || known.state === "running") return { reasons: [] }
  const blocked = known.blockers.map((blocker) => reasonOf(blocker, run, view))
  const gone: ReadonlyArray<WaitReason> = hasHost ? [] : [{ code: "NO_HOST" }]
  const position =
    place && known.state === "waiting" && index.size <= maxPlaced ? index.position(run.id, now) : undefined
  const isNext = hasHost && blocked.length === 0 && index.next(now)?.id === run.id
  const turn: ReadonlyArray<WaitReason> = blocked.length === 0 && hasHost && !isNext ? [{ code: "TURN" }] : []
  return {
    reasons: [...gone, ...blocked, ...turn],
    ...(position === undefined ? {} : { position }),
    ...(known.latestStart === undefined || !hasHost ? {} : { latestStart: known.latestStart }),
  }
}
