/** The queue of a store in memory. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { MemoryAudit } from "../AuditLog.ts"
import { entryOfDecision } from "../AuditTrail.ts"
import type { FairClock } from "../FairClock.ts"
import { memoryControls } from "./memoryControls.ts"
import * as QueueEntry from "../QueueEntry.ts"
import type { HostIdentity, Run, RunId } from "../Run.ts"
import { hostMemoryMillis, type QueueChanges, RunQueue } from "../RunQueue.ts"
import { type QueueRoom, quotaNamesOf, refuseFull, WaitingDelta } from "../QueueQuota.ts"
import { type ErrorInfo, runyardError } from "../RunyardError.ts"

/** Changes that are remembered one by one. Whoever knows less is told everything. */
const maxHistory = 16_384

export interface MemoryQueue {
  /** After each change of a run. @param before undefined for a new one. */
  readonly project: (before: Run | undefined, after: Run) => void
  /** Whether a host was put out, and so may not begin anything. */
  readonly isOut: (host: string) => boolean
  /** Why one more run may not wait. */
  readonly refuse: (run: Run, room: QueueRoom) => ErrorInfo | undefined
  readonly service: RunQueue["Service"]
}

/** @param write into the audit log. */
export const memoryQueue = (write: MemoryAudit["write"]): MemoryQueue => {
  const rows = new Map<RunId, QueueEntry.QueueEntry>()
  /** The runs that changed, one for each version up to the present one. */
  let history: Array<RunId> = []
  const orders = new Map<RunId, number>()
  const hosts = new Map<string, { readonly host: HostIdentity; beat: number; out: boolean; seenAt: number }>()
  const controls = memoryControls()
  let version = 0
  const waiting = new WaitingDelta()
  let kept: FairClock | undefined

  const put = (id: RunId, entry: QueueEntry.QueueEntry | undefined) => {
    if (entry === undefined) rows.delete(id)
    else rows.set(id, entry)
    version++
    history.push(id)
    if (history.length > maxHistory) history = history.slice(maxHistory / 2)
  }
  const lease = (id: RunId, host: string | undefined) => {
    const entry = rows.get(id)
    if (entry === undefined) return
    const { lease: _, ...rest } = entry
    put(id, host === undefined ? rest : { ...rest, lease: host })
  }

  const project: MemoryQueue["project"] = (before, after) => {
    if (before !== undefined && !QueueEntry.differs(before, after)) return
    const were = before !== undefined && QueueEntry.isWaiting(before)
    waiting.add(quotaNamesOf(after), Number(QueueEntry.isWaiting(after)) - Number(were))
    const order = orders.get(after.id) ?? orders.size + 1
    orders.set(after.id, order)
    const entry = QueueEntry.fromRun(after, order)
    const held = rows.get(after.id)?.lease
    const keeps =
      held !== undefined && entry !== undefined && !(before !== undefined && QueueEntry.endsLease(before, after))
    put(after.id, keeps ? { ...entry, lease: held } : entry)
  }

  const changesAfter = (after: number): QueueChanges => {
    const control = controls.now()
    const first = version - history.length
    if (after <= 0 || after < first) return { version, whole: true, entries: [...rows.values()], gone: [], control }
    const changed = [...new Set(history.slice(after - first))]
    const entries = changed.flatMap((id) => rows.get(id) ?? [])
    return { version, whole: false, entries, gone: changed.filter((id) => !rows.has(id)), control }
  }

  const isFree = (id: RunId): boolean => {
    const entry = rows.get(id)
    return entry !== undefined && entry.state === "waiting" && entry.lease === undefined
  }

  const release = (host: string, ids?: ReadonlyArray<RunId>) => {
    const wanted = ids === undefined ? [...rows.keys()] : ids
    for (const id of wanted) {
      const entry = rows.get(id)
      if (entry?.lease === host && entry.state === "waiting") lease(id, undefined)
    }
  }

  const isOut = (host: string): boolean => hosts.get(host)?.out === true

  const service = RunQueue.of({
    changes: (after) => Effect.sync(() => changesAfter(after)),
    claim: (host, after, choose) =>
      Effect.suspend(() => {
        if (isOut(host)) return Effect.fail(runyardError("QUEUE_LEASE_LOST"))
        const claimed = choose(changesAfter(after)).filter(isFree)
        for (const id of claimed) lease(id, host)
        return Effect.succeed({ version, claimed })
      }),
    waiting: Effect.sync(() => waiting.all),
    clock: Effect.sync(() => kept),
    keepClock: (clock) => Effect.sync(() => void (kept = clock)),
    control: Effect.sync(controls.now),
    decide: (decision) =>
      Effect.sync(() => {
        write(entryOfDecision(decision))
        return controls.decide(decision)
      }),
    decisions: (limit) => Effect.sync(() => controls.records(limit)),
    release: (host, ids) => Effect.sync(() => release(host, ids)),
    beat: (host, anew = false) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        if (!anew && isOut(host.id)) return Effect.fail(runyardError("QUEUE_LEASE_LOST"))
        const known = hosts.get(host.id)
        if (known === undefined) {
          for (const [id, { seenAt }] of hosts) {
            if (seenAt >= at - hostMemoryMillis) continue
            release(id)
            hosts.delete(id)
          }
          hosts.set(host.id, { host, beat: 1, out: false, seenAt: at })
        } else Object.assign(known, { beat: known.beat + 1, out: false, seenAt: at })
        return Effect.void
      }),
    hosts: Effect.sync(() => [...hosts.values()].map(({ beat, host, out }) => ({ beat, host, out }))),
    putOut: (host, beat) =>
      Effect.sync(() => {
        const known = hosts.get(host)
        if (known !== undefined && !known.out) {
          if (beat === undefined) hosts.delete(host)
          else if (known.beat === beat) known.out = true
          else return false
        }
        release(host)
        return true
      }),
  })

  const refuse: MemoryQueue["refuse"] = (run, room) =>
    refuseFull(quotaNamesOf(run), room, controls.now().quotas ?? {}, waiting)

  return { project, refuse, isOut, service }
}
