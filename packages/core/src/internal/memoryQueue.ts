/** The queue of a store in memory. */
import * as Effect from "effect/Effect"
import { memoryControls } from "./memoryControls.ts"
import * as QueueEntry from "../QueueEntry.ts"
import type { HostIdentity, Run, RunId } from "../Run.ts"
import { type QueueChanges, RunQueue } from "../RunQueue.ts"
import { runyardError } from "../RunyardError.ts"

interface Row {
  readonly entry: QueueEntry.QueueEntry | undefined
  readonly version: number
}

export interface MemoryQueue {
  /** After each change of a run. @param before undefined for a new one. */
  readonly project: (before: Run | undefined, after: Run) => void
  readonly service: RunQueue["Service"]
}

export const memoryQueue = (): MemoryQueue => {
  const rows = new Map<RunId, Row>()
  const orders = new Map<RunId, number>()
  const hosts = new Map<string, { readonly host: HostIdentity; beat: number; out: boolean }>()
  const controls = memoryControls()
  let version = 0
  let waiting = 0

  /** Last in the map is last changed. */
  const put = (id: RunId, entry: QueueEntry.QueueEntry | undefined) => {
    rows.delete(id)
    rows.set(id, { entry, version: ++version })
  }
  const lease = (id: RunId, host: string | undefined) => {
    const entry = rows.get(id)?.entry
    if (entry === undefined) return
    const { lease: _, ...rest } = entry
    put(id, host === undefined ? rest : { ...rest, lease: host })
  }

  const project: MemoryQueue["project"] = (before, after) => {
    if (before !== undefined && !QueueEntry.differs(before, after)) return
    waiting += Number(QueueEntry.isWaiting(after)) - Number(before !== undefined && QueueEntry.isWaiting(before))
    const order = orders.get(after.id) ?? orders.size + 1
    orders.set(after.id, order)
    const entry = QueueEntry.fromRun(after, order)
    const held = rows.get(after.id)?.entry?.lease
    const keeps =
      held !== undefined && entry !== undefined && !(before !== undefined && QueueEntry.endsLease(before, after))
    put(after.id, keeps ? { ...entry, lease: held } : entry)
  }

  const changesAfter = (after: number): QueueChanges => {
    const entries: Array<QueueEntry.QueueEntry> = []
    const gone: Array<RunId> = []
    for (const [id, row] of rows) {
      if (row.version <= after) continue
      if (row.entry === undefined) gone.push(id)
      else entries.push(row.entry)
    }
    return { version, whole: after <= 0, entries, gone: after <= 0 ? [] : gone, control: controls.now() }
  }

  const isFree = (id: RunId): boolean => {
    const entry = rows.get(id)?.entry
    return entry !== undefined && entry.state === "waiting" && entry.lease === undefined
  }

  const release = (host: string, ids?: ReadonlyArray<RunId>) => {
    const wanted = ids === undefined ? [...rows.keys()] : ids
    for (const id of wanted) {
      const entry = rows.get(id)?.entry
      if (entry?.lease === host && entry.state === "waiting") lease(id, undefined)
    }
  }

  const service = RunQueue.of({
    changes: (after) => Effect.sync(() => changesAfter(after)),
    claim: (host, after, choose) =>
      Effect.sync(() => {
        const claimed = choose(changesAfter(after)).filter(isFree)
        for (const id of claimed) lease(id, host)
        return { version, claimed }
      }),
    waiting: Effect.sync(() => waiting),
    decide: (decision) => Effect.sync(() => controls.decide(decision)),
    decisions: (limit) => Effect.sync(() => controls.records(limit)),
    release: (host, ids) => Effect.sync(() => release(host, ids)),
    beat: (host) =>
      Effect.suspend(() => {
        const known = hosts.get(host.id)
        if (known?.out === true) {
          hosts.delete(host.id)
          return Effect.fail(runyardError("QUEUE_LEASE_LOST"))
        }
        if (known === undefined) hosts.set(host.id, { host, beat: 1, out: false })
        else known.beat++
        return Effect.void
      }),
    hosts: Effect.sync(() => [...hosts.values()].flatMap(({ out, ...beat }) => (out ? [] : [beat]))),
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

  return { project, service }
}
