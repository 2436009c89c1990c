/** Why a job does not run. Pure. */
import type { LimiterKind } from "../Limits.ts"
import { maximumUnits } from "../QueueJob.ts"
import { standsBackUntil, waitBound } from "./fairBound.ts"
import type { Entry } from "./fairLane.ts"
import type { FairTree } from "./fairTree.ts"

/** One thing that keeps a job from starting now, whoever's turn it is. */
export type Blocker =
  | { readonly kind: "held" }
  | { readonly kind: "delayed"; readonly until: number }
  /** The same conversation is being written to by this job. */
  | { readonly kind: "session"; readonly writer: string }
  /** A limiter has too little room. `keptFor`: some of it is kept for this job, which was passed over for too long. */
  | {
      readonly kind: "limiter"
      readonly limiter: LimiterKind
      readonly name: string
      readonly used: number
      readonly capacity: number
      readonly needs: number
      readonly keptFor?: string
    }

export interface Explanation {
  readonly state: "waiting" | "delayed" | "held" | "running"
  /** All that keeps it from starting. Empty for one that waits: only its turn has not come. */
  readonly blockers: ReadonlyArray<Blocker>
  /** Units that may start before it at most, if the lanes that wait now are refilled for ever. */
  readonly unitsBefore: number
  /**
   * By when it has started, in milliseconds, if no run lasts longer than was said and no lane joins. Missing: nobody can say,
   * since it is held or paused, or its limiters do not lie within each other, or no duration was given.
   */
  readonly latestStart?: number
}

export interface ExplainContext {
  readonly tree: FairTree
  readonly writer: string | undefined
  readonly reserved: string | undefined
  readonly now: number
  readonly longestMillis: number | undefined
}

export const explainEntry = (entry: Entry, context: ExplainContext): Explanation => {
  const { job, state } = entry
  if (state === "running") return { state, blockers: [], unitsBefore: 0 }
  const { tree, writer, reserved, now, longestMillis } = context
  const blockers: Array<Blocker> = []
  if (state === "held") blockers.push({ kind: "held" })
  if (state === "delayed") blockers.push({ kind: "delayed", until: job.notBefore ?? now })
  if (writer !== undefined) blockers.push({ kind: "session", writer })
  const { limiters } = entry
  for (const limiter of limiters) {
    const own = reserved === job.id
    if (own ? limiter.fitsReserved(job.units) : limiter.fits(job.units)) continue
    const kept = !own && limiter.reserved > 0 && reserved !== undefined ? { keptFor: reserved } : {}
    const { kind, name, used, capacity } = limiter
    blockers.push({ kind: "limiter", limiter: kind, name, used, capacity, needs: limiter.need(job.units), ...kept })
  }
  const largest = Math.min(maximumUnits, Math.max(job.units, ...tree.root.ready.keys()))
  const bound = waitBound(tree, entry, largest)
  const finite = new Set(limiters.filter(({ capacity }) => Number.isFinite(capacity)).map(({ kind }) => kind))
  const crossing = finite.has("tenant") || finite.has("workspace") || (finite.has("account") && finite.has("model"))
  const known = state === "waiting" && writer === undefined && largest === 1 && !crossing
  const open = limiters.every(({ capacity }) => capacity > 0)
  if (!known || !open || longestMillis === undefined) return { state, blockers, unitsBefore: bound.units }
  const from = Math.max(now, standsBackUntil(tree.settings.priorities, entry))
  return { state, blockers, unitsBefore: bound.units, latestStart: Math.ceil(from + bound.rounds * longestMillis) }
}
