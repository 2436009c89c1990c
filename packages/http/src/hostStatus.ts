/** What a server tells of itself: identity, readiness, metrics. */
import { EventLog } from "@runyard/core/EventLog"
import { RunStore } from "@runyard/core/RunStore"
import { Runyard } from "@runyard/core/Runyard"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type HttpMetrics, type Sample, sampleLines } from "./metrics.ts"
import { type ServerInfo, ServerStatus } from "./ServerStatus.ts"

const gauge = (name: string, help: string, value: number): Sample => ({
  name,
  help,
  type: "gauge",
  values: [{ value }],
})
const counter = (name: string, help: string, value: number): Sample => ({
  ...gauge(name, help, value),
  type: "counter",
})

const processSamples = (): ReadonlyArray<Sample> => {
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return [
    counter("process_cpu_seconds_total", "Time on a processor, in seconds.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory that the process holds.", rss),
    gauge("nodejs_heap_used_bytes", "Memory that JavaScript objects use.", heapUsed),
    gauge("process_uptime_seconds", "Since the start, in seconds.", process.uptime()),
  ]
}

export const layerServerStatus = (
  info: ServerInfo,
  metrics: HttpMetrics,
): Layer.Layer<ServerStatus, never, Runyard | RunStore | EventLog> =>
  Layer.effect(
    ServerStatus,
    Effect.gen(function* () {
      const yard = yield* Runyard
      const store = yield* RunStore
      const log = yield* EventLog
      return ServerStatus.of({
        info,
        isReadOnly: store.isReadOnly,
        // Asks the store, and has nothing to decode: that takes its time when it is the first.
        ready: Effect.asVoid(log.readAll({ after: Number.MAX_SAFE_INTEGER, limit: 1 })),
        metrics: Effect.gen(function* () {
          const { events, runs } = yield* store.totals
          const { control, waiting } = yield* yard.queue.list({ limit: 1 })
          const samples: ReadonlyArray<Sample> = [
            {
              name: "runyard_runs",
              help: "Runs of the store, by state.",
              type: "gauge",
              values: Object.entries(runs).map(([state, value]) => ({ labels: { state }, value })),
            },
            counter("runyard_events_total", "Events that were stored, of all runs.", events),
            gauge("runyard_queue_waiting", "Runs that wait for their turn.", waiting),
            gauge("runyard_queue_paused", "1 while the queue is paused.", control.paused ? 1 : 0),
            ...processSamples(),
          ]
          return `${[...sampleLines(samples), ...metrics.lines()].join("\n")}\n`
        }),
      })
    }),
  )
