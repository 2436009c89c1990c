/**
 * How fast Runyard is, beside what it is built on: every figure has its baseline measured in the same minutes, since a
 * ratio stays what it is on a busy machine and milliseconds do not.
 *
 * npm run bench                       everything, in some minutes
 * npm run bench -- pipeline overhead  some of it
 *
 * RUNYARD_BENCH_SCALE=0.1             a tenth of the events and runs; a first look
 * RUNYARD_BENCH_GIGABYTES=1           also one run that prints so much
 * RUNYARD_BENCH_PEERS=<directory>     also other queues, where `npm install plainjob bullmq ioredis` was done in there
 */
import * as os from "node:os"
import { cancel } from "./cancel.ts"
import { coldStart } from "./coldStart.ts"
import { fairness } from "./fairness.ts"
import { latency } from "./latency.ts"
import { overhead } from "./overhead.ts"
import { packages } from "./packages.ts"
import { pages } from "./pages.ts"
import { pipeline } from "./pipeline.ts"
import { queue } from "./queue.ts"
import { recoveryOfOrphans } from "./recovery.ts"
import { redaction } from "./redaction.ts"
import { heading, missedGoals, say } from "./report.ts"
import { serve } from "./serve.ts"
import { sse } from "./sse.ts"
import { stalled } from "./stalled.ts"

const sections: Readonly<Record<string, () => Promise<void>>> = {
  pipeline,
  coldstart: coldStart,
  overhead,
  latency,
  cancel,
  recovery: recoveryOfOrphans,
  redaction,
  fairness,
  queue,
  serve,
  sse,
  stalled,
  pages,
  packages,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(sections, name))
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(", ")}. There are: ${Object.keys(sections).join(", ")}.`)
  process.exit(2)
}

const load = os.loadavg()[0] ?? 0
say(
  `Node ${process.versions.node}, ${os.platform()} ${os.release()}, ${os.availableParallelism()} cores, load ${load.toFixed(1)}`,
)
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length === 0 || wanted.includes(name)) await section()
}
heading("Short of the goal")
const missed = missedGoals()
for (const line of missed.length === 0 ? ["nothing"] : missed) say(line)
