/** Whether a host still runs, also where it or this program has its pid in a PID namespace of its own. */
import * as Effect from "effect/Effect"
import type { HostIdentity } from "../../Run.ts"
import { type ProcessTable, sendSignal } from "./processTable.ts"

/**
 * @param isInsideRun whether this program is itself part of a run. A run may be kept in a PID namespace, from which its
 *   host is not seen: what is not seen from inside counts as alive, or an agent that looks at the runs of its own host
 *   would take that host for dead and its runs away from it.
 */
export const isHostAlive = Effect.fnUntraced(function* (table: ProcessTable, host: HostIdentity, isInsideRun: boolean) {
  if (host.startTime === "") return sendSignal(host.pid, 0)
  const colon = host.startTime.lastIndexOf(":")
  const startTime = Number(host.startTime.slice(colon + 1))
  const place = host.startTime.slice(0, colon)
  const here = yield* table.boot
  const [boot, namespace] = place.split("/")
  if (boot !== here.split("/")[0]) return false
  const found = yield* table.startTime(host.pid)
  // Somebody has the pid and nobody tells since when, as when this program has no file left to open: not dead for sure.
  if (found === undefined && place === here) return sendSignal(host.pid, 0)
  const isThere = found === startTime && (yield* table.running(host.pid)) === startTime
  if (place === here) return isThere
  // Before namespaces were written down, a pid was one of the namespace in which it was read: perhaps this one.
  if (namespace === undefined && isThere) return true
  return (yield* table.elsewhere(namespace, startTime)) || isInsideRun
})
