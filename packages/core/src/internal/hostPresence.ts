/** That this host is there, as the others on its store see it. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { ProcessHost } from "../ProcessHost.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunyardError } from "../RunyardError.ts"

/** How often a host that has runs says that it is well, in milliseconds. */
const beatMillis = 2_000

interface Options {
  readonly queue: RunQueue["Service"]
  readonly processes: ProcessHost["Service"]
  readonly leaseMillis: number
  /** Whether it has something to do before anybody asks it. */
  readonly isNeeded: boolean
  /** Ends everything that it executes: others have taken it over. */
  readonly stopAll: Effect.Effect<void>
  /** Looks at the other hosts. */
  readonly look: Effect.Effect<void, RunyardError>
}

export interface HostPresence {
  /** Before anything is stored or leased as this host's: who is not known to be there is dead. */
  readonly comeIn: Effect.Effect<void, RunyardError>
  /** Says again and again that it is well, from the first time on. Goes on for ever. */
  readonly loop: Effect.Effect<never>
  /** Says that it is no longer there, if it ever was. */
  readonly leave: Effect.Effect<void>
}

export const hostPresence = (options: Options): HostPresence => {
  const { leaseMillis, look, processes, queue, stopAll } = options
  /** Opened once this host has something that others must not take. */
  const isNeeded = Latch.makeUnsafe(options.isNeeded)
  let isThere = false
  const sayWell = Effect.tap(
    queue.beat(processes.self),
    Effect.sync(() => void (isThere = true)),
  )

  const sayAndLook = Effect.gen(function* () {
    yield* Effect.catch(sayWell, (error: RunyardError) =>
      // Until nothing of it is alive, this host is out.
      error.code === "QUEUE_LEASE_LOST"
        ? Effect.andThen(stopAll, Effect.ignore(queue.beat(processes.self, true)))
        : Effect.void,
    )
    yield* Effect.ignore(look)
    // Not even a defect may keep it from being said again: others would take over what is executed here.
  }).pipe(Effect.ignoreCause({ log: "Warn", message: "It could not be said that this host is well" }))

  const loop = Effect.gen(function* () {
    yield* isNeeded.await
    for (;;) {
      yield* sayAndLook
      yield* processes.idle(Math.min(beatMillis, leaseMillis / 5))
    }
  })

  return {
    comeIn: Effect.suspend(() => (isThere ? Effect.void : Effect.andThen(sayWell, isNeeded.open))),
    loop,
    leave: Effect.suspend(() => (isThere ? Effect.ignore(queue.putOut(processes.self.id)) : Effect.void)),
  }
}
