/** Many runs in one host, with its footprint taken again and again. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { open, type RunEvent, type Yard } from "runyard"
import { codexObedient, plainEnv } from "../../benchmarks/fakes.ts"
import { type Footprint, footprint } from "./Footprint.ts"

export interface SoakOptions {
  /** One after the other. */
  readonly runs: number
  /** At the same time, afterwards. */
  readonly concurrent: number
  /** Footprints on the way. */
  readonly samples: number
}

export interface SoakReport {
  readonly runs: number
  readonly before: Footprint
  readonly during: ReadonlyArray<Footprint>
  readonly afterConcurrent: Footprint
  readonly afterClose: Footprint
  readonly events: number
  /** Missing by their numbers, in their run or in the order of all. */
  readonly lostEvents: number
  /** Runs that did not come to the end that they were to have. */
  readonly wrongEnds: ReadonlyArray<string>
  readonly loopP99Millis: number
  readonly concurrentLoopP99Millis: number
}

/** Most runs end well; the others take the ways on which something could be left. */
const prompts = ["go", "go", "leave", "go", "fail", "go", "go", "wait", "go", "go"] as const
const ends = { go: "succeeded", leave: "succeeded", fail: "failed", wait: "canceled" } as const

const oneRun = async (yard: Yard, directory: string, index: number): Promise<string | undefined> => {
  const prompt = prompts[index % prompts.length] ?? "go"
  const run = await yard.start({ provider: "codex", prompt, cwd: directory, options: { skipGitRepoCheck: true } })
  if (prompt === "wait") {
    for await (const event of run.events()) if (event.type === "agent.message") break
    await run.cancel({ by: "soak" })
  }
  const { state, error } = await run.result()
  return state === ends[prompt] ? undefined : `${run.id} (${prompt}): ${state} ${error?.message ?? ""}`
}

/** Each run's numbers go from 1 up without a gap, to the one that its row says; the cursor of all goes on by one. */
const count = async (yard: Yard): Promise<{ readonly events: number; readonly lost: number }> => {
  const last = new Map<string, RunEvent["seq"]>()
  let [events, lost, cursor] = [0, 0, 0]
  for await (const stored of yard.allEvents({ follow: false })) {
    const { runId, seq } = stored.event
    lost += Math.abs(seq - (last.get(runId) ?? 0) - 1) + Math.abs(stored.cursor - cursor - 1)
    last.set(runId, seq)
    cursor = stored.cursor
    events++
  }
  for (const [id, seq] of last) lost += Math.abs((await yard.run(id).get()).lastSeq - seq)
  return { events, lost }
}

/** What a run's end leaves to the event loop is done well within this, and the next supervisor made ready. */
const settle = () => setTimeout(500)

const env = (tmp: string): Readonly<Record<string, string>> => ({
  ...plainEnv,
  TMPDIR: tmp,
  ...(process.env["RUNYARD_CONTAINMENT"] === undefined
    ? {}
    : { RUNYARD_CONTAINMENT: process.env["RUNYARD_CONTAINMENT"] }),
})

export const soak = async (
  { runs, concurrent, samples }: SoakOptions,
  onSample: (print: Footprint) => void = () => {},
): Promise<SoakReport> => {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "runyard-soak-"))
  const [data, tmp, work] = [join(root, "data"), join(root, "tmp"), join(root, "work")]
  for (const directory of [data, tmp, work]) mkdirSync(directory)
  const executable = codexObedient(root)
  const outer = process.env["TMPDIR"]
  process.env["TMPDIR"] = tmp
  const look = async (done: number) => {
    await settle()
    return footprint(done, [data, tmp, work])
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const p99 = () => Math.max(0, delay.percentile(99) / 1e6 - 5)
  const openYard = () =>
    open({
      directory: data,
      workspaces: [work],
      env: env(tmp),
      executables: { codex: executable },
      concurrency: { global: concurrent, perProvider: concurrent },
    })
  try {
    // What the first use of something opens for the life of the program is not the runs'.
    const first = await openYard()
    await oneRun(first, work, 0)
    await first.close()
    const before = await look(0)
    const yard = await openYard()
    const during: Array<Footprint> = []
    const wrongEnds: Array<string | undefined> = []
    delay.enable()
    for (let index = 0; index < runs; index++) {
      wrongEnds.push(await oneRun(yard, work, index))
      if ((index + 1) % Math.ceil(runs / samples) !== 0) continue
      const print = await look(index + 1)
      during.push(print)
      onSample(print)
    }
    const loopP99Millis = p99()
    delay.reset()
    const together = Array.from({ length: concurrent }, (_, index) => oneRun(yard, work, index))
    wrongEnds.push(...(await Promise.all(together)))
    const concurrentLoopP99Millis = p99()
    delay.disable()
    const afterConcurrent = await look(runs + concurrent)
    const { events, lost } = await count(yard)
    await yard.close()
    return {
      runs: runs + concurrent,
      before,
      during,
      afterConcurrent,
      afterClose: await look(runs + concurrent),
      events,
      lostEvents: lost,
      wrongEnds: wrongEnds.filter((end) => end !== undefined),
      loopP99Millis,
      concurrentLoopP99Millis,
    }
  } finally {
    if (outer === undefined) delete process.env["TMPDIR"]
    else process.env["TMPDIR"] = outer
    rmSync(root, { recursive: true, force: true })
  }
}
