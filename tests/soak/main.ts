/**
 * Many runs in one host, and whether anything grows: `npm run soak` (2,000 runs one after the other, then 100 at once),
 * `npm run soak -- 10000`, `npm run soak -- 2000 50`. Exits with 1 when something grows beyond its bound.
 */
import { heading, say, table } from "../../benchmarks/report.ts"
import { countChecks, slopeChecks } from "./Bounds.ts"
import type { Footprint } from "./Footprint.ts"
import { soak } from "./soak.ts"

const [runs = 2_000, concurrent = 100] = process.argv.slice(2).map(Number)
if (![runs, concurrent].every((count) => Number.isInteger(count) && count > 0)) {
  console.error("How many runs one after the other, and how many at once? Both are numbers.")
  process.exit(2)
}

const columns = ["rssMiB", "heapMiB", "fds", "handles", "listeners", "children", "zombies", "files"] as const
const row = (name: string, print: Footprint): ReadonlyArray<string> => [
  name,
  ...columns.map((column) => print[column].toFixed(column.endsWith("MiB") ? 1 : 0)),
]

say(`Node ${process.versions.node}: ${runs} runs one after the other, then ${concurrent} at once`)
const report = await soak({ runs, concurrent, samples: 20 }, ({ runs: done, rssMiB }) =>
  say(`  ${done} runs, RSS ${rssMiB.toFixed(1)} MiB`),
)
heading("Footprint")
table([
  ["", "RSS MiB", "heap MiB", ...columns.slice(2)],
  row("before the host is opened", report.before),
  ...report.during.map((print) => row(`after ${print.runs} runs`, print)),
  row(`after ${concurrent} at once`, report.afterConcurrent),
  row("after close", report.afterClose),
])
heading("Bounds")
const checks = [...countChecks(report), ...slopeChecks(report)]
for (const { what, value, bound, met } of checks) {
  say(`${met ? "  met      " : "  SHORT OF "} ${what}: ${value} (bound ${bound})`)
}
say(`\n${report.events} events in ${report.runs} runs`)
for (const end of report.wrongEnds.slice(0, 20)) say(end)
if (checks.some(({ met }) => !met)) process.exitCode = 1
