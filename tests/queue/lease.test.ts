/** Hosts that stop and go on, on one machine and where none sees the processes of the other. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { eventually } from "../support/eventually.ts"
import { processesNaming, processesOf } from "../support/processes.ts"
import { type Host, startHost } from "./Host.ts"
import { accountOf } from "./Ledger.ts"

/** In milliseconds. Much longer than a busy machine may keep a program waiting. */
const lease = 6_000
/** So many places has each provider. */
const places = 6

const inStore = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-lease-")))
  try {
    await use(directory)
  } finally {
    for (const { pid } of await processesNaming(directory)) process.kill(pid, "SIGKILL")
    rmSync(directory, { recursive: true, force: true })
  }
}

const idOf = (line: string): string => line.split(" ")[1] ?? ""

/** The pids of a host, as they are seen from here. */
const pidsOf = async (host: Host, directory: string, others: ReadonlySet<number>): Promise<ReadonlyArray<number>> => {
  const found = await processesNaming(directory)
  const pids = found.filter(({ command }) => command.includes("queue/fixtures/host")).map(({ pid }) => pid)
  return pids.filter((pid) => !others.has(pid) && pid !== (host.process.pid ?? 0)).concat(host.process.pid ?? [])
}

/** Where the agents of a stopped host are out of reach, only that host itself can end them. */
interface Arrangement {
  readonly around: ReadonlyArray<string>
  readonly canReach: boolean
}

const stopAndGoOn = ({ around, canReach }: Arrangement) =>
  inStore(async (directory) => {
    const sleeper = startHost({ directory, leaseMillis: lease, tells: true, around })
    await sleeper.said("ready")
    const pids = await pidsOf(sleeper, directory, new Set())
    for (let index = 0; index <= places; index++) sleeper.submit(`wait ${index}`)
    const first = idOf(await sleeper.said(/^run\.started/))
    const queued = await eventually(() => {
      const account = accountOf(directory)
      const all = [...account.runs.values()]
      const waiting = all.filter(({ state }) => state === "queued")
      return all.length === places + 1 && waiting.length === 1 && account.started.size === places ? waiting : undefined
    })
    const last = queued[0]?.id ?? ""
    const other = startHost({ directory, leaseMillis: lease, tells: true, around })
    await other.said("ready")

    // Both are well, so nobody takes anything away.
    await pause(lease * 1.5)
    const interrupted = () => [...accountOf(directory).runs.values()].filter(({ state }) => state === "interrupted")
    assert.deepStrictEqual(interrupted(), [])

    const stopped = performance.now()
    for (const pid of pids) process.kill(pid, "SIGSTOP")
    await other.said(`run.interrupted ${first}`)
    assert.isAtLeast(performance.now() - stopped, lease * 0.7)
    // What it had not begun is begun by the other.
    await other.said(`run.started ${last}`)
    if (canReach) assert.deepStrictEqual(await processesOf(first), [])
    assert.strictEqual(interrupted().length, places)

    for (const pid of pids) process.kill(pid, "SIGCONT")
    await eventually(async () => ((await processesOf(first)).length === 0 ? true : undefined))
    // It lets the other one's run alone, and is a host like any other again.
    assert.isAbove((await processesOf(last)).length, 0)
    await other.close()
    sleeper.submit("quick")
    const done = idOf(await sleeper.said(/^run\.completed/))
    await sleeper.close()
    const { peaks, runs, started } = accountOf(directory)
    assert.strictEqual(runs.get(done)?.state, "succeeded")
    assert.isAtMost(peaks.global, 8)
    assert.deepStrictEqual(
      [...started.values()].filter((times) => times !== 1),
      [],
    )
    for (const run of runs.values()) assert.strictEqual(run.claims, 1, run.id)
  })

const unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
const isRefused = spawnSync(unshare[0] ?? "", [...unshare.slice(1), "true"]).status !== 0

// At once: they mostly wait.
describe.concurrent("a host that is stopped for longer than a lease", () => {
  it("loses its runs, stops what it has when it goes on, and takes new ones", { timeout: 120_000 }, () =>
    stopAndGoOn({ around: [], canReach: true }),
  )

  it.skipIf(isRefused)(
    "is judged by its beats where nobody sees its processes, and is not taken for dead while it is well",
    { timeout: 120_000 },
    () => stopAndGoOn({ around: unshare, canReach: false }),
  )
})
