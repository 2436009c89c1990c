/** Which hosts on the store are there: by their processes where they can be seen, and by their beats. */
import * as Effect from "effect/Effect"
import type { ProcessHost } from "../ProcessHost.ts"
import type { HostIdentity } from "../Run.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunyardError } from "../RunyardError.ts"
import { monotonicMillis } from "./monotonic.ts"

/** How often the beats of others are read at most, in milliseconds. */
const lookMillis = 500

interface Seen {
  readonly beat: number
  readonly out: boolean
  /** Since when it stands still, by the clock of this host that does not run while the machine sleeps. */
  readonly since: number
}

interface Options {
  readonly queue: RunQueue["Service"]
  readonly processes: ProcessHost["Service"]
  /** How long a beat may stand still before the host is taken for dead, in milliseconds. */
  readonly leaseMillis: number
}

export interface HostWatch {
  /**
   * Whether a host is there to look after its runs. A process of this machine that is gone is not; one that is stopped is
   * not after the length of a lease, and is put out then. A host whose processes cannot be seen from here is judged by its
   * beat alone.
   */
  readonly isAlive: (host: HostIdentity) => Effect.Effect<boolean, RunyardError>
  /** Whether the host has been well lately, as far as is known without looking. */
  readonly isWell: (id: string) => boolean
  /** Looks at the beats of all hosts. */
  readonly look: Effect.Effect<void, RunyardError>
}

/** The boot and the namespace that a pid is of. */
const placeOf = ({ startTime }: HostIdentity): string => startTime.slice(0, Math.max(0, startTime.lastIndexOf(":")))

export const hostWatch = ({ leaseMillis, processes, queue }: Options): HostWatch => {
  const seen = new Map<string, Seen>()
  let looked = -Infinity

  const look = Effect.gen(function* () {
    const beats = yield* queue.hosts
    const now = yield* monotonicMillis
    looked = now
    const there = new Set(beats.map(({ host }) => host.id))
    for (const id of seen.keys()) if (!there.has(id)) seen.delete(id)
    for (const { beat, host, out } of beats) {
      const known = seen.get(host.id)
      if (known?.beat !== beat || known.out !== out) seen.set(host.id, { beat, out, since: now })
    }
  })

  const isAlive = Effect.fnUntraced(function* (host: HostIdentity): Effect.fn.Return<boolean, RunyardError> {
    if (host.id === processes.self.id) return true
    const running = yield* processes.isAlive(host)
    const visible = placeOf(host) === placeOf(processes.self)
    if (!running && visible) return false
    if ((yield* monotonicMillis) - looked >= lookMillis) yield* look
    const beat = seen.get(host.id)
    if (beat === undefined) return running
    if (beat.out) return false
    if ((yield* monotonicMillis) - beat.since < leaseMillis) return true
    const out = yield* queue.putOut(host.id, beat.beat)
    if (out) seen.set(host.id, { ...beat, out })
    return !out
  })

  return { isAlive, isWell: (id) => seen.get(id)?.out === false, look }
}
