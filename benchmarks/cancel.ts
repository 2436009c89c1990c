/**
 * How long a cancel takes, from the call to the proof that nothing is alive.
 *
 * - A cooperative agent that needs 20 ms to follow SIGINT, and beside it, in turns, a bare spawn of the same program that
 *   is sent the signal: what is over that is ours.
 * - A hostile tree of seven whose agent ignores every signal; the ladder of the adapter says how long it is asked.
 * - The same tree, forced, while 100 other runs are live; and how long the event loop was held up by their spawns.
 */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { codexAdapter } from "@runyard/adapters-codex"
import { open, type RunHandle, type Yard } from "runyard"
import { clearAway } from "../tests/chaos/Aftermath.ts"
import { promptOf } from "../tests/chaos/prompt.ts"
import { sevenTrees } from "../tests/chaos/Tree.ts"
import { codexCooperative, codexWaiting, inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, millis, quantile, say, table } from "./report.ts"

const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
const cancels = Math.max(10, Math.round(200 * scale))
const liveRuns = Math.max(10, Math.round(100 * scale))
/** Hostile trees at once: each is asked for a second, in which there is nothing to do. */
const hostileAtOnce = 4

/** A host's environment may choose the containment. */
const env = {
  ...plainEnv,
  ...(process.env["RUNYARD_CONTAINMENT"] === undefined
    ? {}
    : { RUNYARD_CONTAINMENT: process.env["RUNYARD_CONTAINMENT"] }),
}

const openWith = (directory: string, executable: string): Promise<Yard> =>
  open({
    directory: fs.mkdtempSync(path.join(directory, "store-")),
    workspaces: [directory],
    env,
    executables: { codex: executable },
    concurrency: { global: 1_000, perProvider: 1_000 },
  })

const start = (yard: Yard, cwd: string, prompt = "go"): Promise<RunHandle> =>
  yard.start({ provider: "codex", prompt, cwd, options: { skipGitRepoCheck: true } })

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** Waits for an event; the run goes on. */
const until = async (run: RunHandle, type: string, text?: string): Promise<void> => {
  for await (const event of run.events()) {
    if (event.type === type && (text === undefined || ("text" in event.payload && event.payload.text === text))) return
  }
}

/** From the signal to the end of the process and its pipes. */
const reaction = (executable: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(executable, ["exec"], { env: plainEnv, stdio: ["ignore", "pipe", "ignore"] })
    let begun = 0
    child.on("error", reject)
    child.stdout.once("data", () => {
      begun = performance.now()
      child.kill("SIGINT")
    })
    child.on("close", () => resolve(performance.now() - begun))
  })

const cancelWaiting = async (yard: Yard, directory: string): Promise<number> => {
  const run = await start(yard, directory)
  await until(run, "agent.turn_started")
  return timed(() => run.cancel())
}

const row = (name: string, times: ReadonlyArray<number>): ReadonlyArray<string> => [
  name,
  ...[0.5, 0.95, 1].map((part) => millis(quantile(times, part))),
]
const head = ["ms", "p50", "p95", "longest"]

const cooperative = async (directory: string): Promise<void> => {
  const executable = codexCooperative(directory, 20)
  const yard = await openWith(directory, executable)
  const own: Array<number> = []
  const ours: Array<number> = []
  try {
    for (let index = 0; index < cancels; index++) {
      own.push(await reaction(executable))
      ours.push(await cancelWaiting(yard, directory))
    }
  } finally {
    await yard.close()
  }
  say(`${cancels} cancels of an agent that follows SIGINT after 20 ms, one after the other`)
  table([head, row("its own reaction", own), row("Runyard", ours)])
  const over = quantile(ours, 0.95) - quantile(own, 0.95)
  goal(
    "cancel of a cooperative agent, p95",
    `its reaction + ${millis(over)} ms`,
    "<= its reaction + 100 ms",
    over <= 100,
  )
}

const agent = fileURLToPath(new URL("../tests/chaos/fixtures/agent.mjs", import.meta.url))

/** Codex as the agent of the chaos suite, which builds the trees that its prompt names. */
const codexChaos = (directory: string): string => {
  const file = path.join(directory, "codex-chaos")
  fs.writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${agent}' "$@"\n`, { mode: 0o755 })
  return file
}

interface Ended {
  readonly millis: number
  readonly survivors: number
}

/**
 * Builds the seven, waits until all of them stand, and ends them.
 * @param delay not counted while this benchmark itself tidies up, which reads all of /proc.
 */
const cancelTree = async (yard: Yard, directory: string, force: boolean, delay?: ELDHistogram): Promise<Ended> => {
  const trees = fs.mkdtempSync(path.join(directory, "trees-"))
  try {
    const run = await start(yard, directory, promptOf({ trees: sevenTrees, manner: "deaf" }, trees))
    await until(run, "agent.message", "ready")
    const time = await timed(() => run.cancel({ force }))
    const { state } = await run.get()
    return { millis: time, survivors: state === "canceled" ? 0 : 1 }
  } finally {
    delay?.disable()
    await clearAway(trees)
    delay?.enable()
  }
}

/** So many at a time, until all are done. */
const inLanes = async <A>(lanes: number, count: number, work: () => Promise<A>): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) results.push(await work())
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

const waits = (codexAdapter.ladders["exec"] ?? []).map((step) =>
  step.do === "signal" ? `${step.signal} ${step.waitMillis} ms` : `${step.do} ${step.waitMillis} ms at most`,
)

const hostile = async (directory: string): Promise<void> => {
  const yard = await openWith(directory, codexChaos(directory))
  try {
    const ended = await inLanes(hostileAtOnce, cancels, () => cancelTree(yard, directory, false))
    const times = ended.map((each) => each.millis)
    say(`\n${cancels} cancels of a tree of seven that ignores every signal, ${hostileAtOnce} at once`)
    say(`The ladder: ${waits.join(", ")}`)
    table([head, row("Runyard", times)])
    const p95 = quantile(times, 0.95)
    goal("cancel of a hostile tree, p95", `${millis(p95)} ms`, "<= 2000 ms in all", p95 <= 2_000)
    const reported = ended.filter(({ survivors }) => survivors > 0).length
    goal("cancels with survivors", String(reported), "0", reported === 0)
  } finally {
    await yard.close()
  }
}

const amongMany = async (directory: string): Promise<void> => {
  const waiting = await openWith(directory, codexWaiting(directory))
  const yard = await openWith(directory, codexChaos(directory))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let closing = 0
  try {
    delay.enable()
    const runs = await Promise.all(Array.from({ length: liveRuns }, () => start(waiting, directory)))
    await Promise.all(runs.map((run) => until(run, "agent.turn_started")))
    const begin = delay.percentile(99) / 1e6
    delay.reset()
    const trees = await inLanes(1, Math.max(5, Math.round(40 * scale)), () => cancelTree(yard, directory, true, delay))
    const p99 = delay.percentile(99) / 1e6
    delay.disable()
    const times = trees.map((each) => each.millis)
    say(`\n${trees.length} forced cancels of the tree while ${liveRuns} other runs are live`)
    table([head, row("Runyard", times)])
    const p95 = quantile(times, 0.95)
    goal(`tree gone with ${liveRuns} runs live, p95`, `${millis(p95)} ms`, "<= 100 ms", p95 <= 100)
    const rss = process.memoryUsage().rss / 1024 / 1024
    say(`event loop p99: ${millis(begin)} ms while the ${liveRuns} start at once; RSS ${rss.toFixed(0)} MiB`)
    goal(`event loop p99 with ${liveRuns} runs live`, `${millis(p99)} ms`, "<= 6 ms", p99 <= 6)
  } finally {
    await yard.close()
    closing = await timed(() => waiting.close())
  }
  say(`the host ends its ${liveRuns} runs and closes in ${millis(closing)} ms`)
}

export const cancel = async (): Promise<void> => {
  heading("Cancel: from the call to the proof that nothing is alive")
  await inDirectory(cooperative)
  await inDirectory(hostile)
  await inDirectory(amongMany)
}
