/**
 * From the bytes of a CLI to events that are stored and seen: one run with a subscriber.
 *
 * Beside it, in turns: "raw" spawns the same executable, splits lines and parses them; "bare" also redacts with two
 * patterns and appends to SQLite, all that a careful script would do. Each round is a process of its own.
 */
import { execFile } from "node:child_process"
import * as path from "node:path"
import { promisify } from "node:util"
import { codexFlood, type Fake, inDirectory } from "./fakes.ts"
import type { PipelineRound } from "./hosts/pipeline.ts"
import { goal, heading, median, ratio, say, table, thousands } from "./report.ts"

const rounds = 3
/** A round that takes longer has hung. */
const maxRoundMillis = 30 * 60_000
const host = path.join(import.meta.dirname, "hosts/pipeline.ts")
const modes = ["raw", "bare", "runyard"] as const
type Mode = (typeof modes)[number]

const round = (mode: Mode, fake: Fake): Promise<PipelineRound> =>
  inDirectory(async (directory) => {
    const args = ["--conditions=@runyard/source", host, mode, fake.executable, directory]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: maxRoundMillis })
    const result = JSON.parse(stdout) as PipelineRound
    // The first and the last lines may make more or fewer events than one.
    if (Math.abs(result.events - fake.events) > 3) {
      throw new Error(`${mode} saw ${result.events} of ${fake.events} events`)
    }
    return result
  })

const rowOf = (name: string, results: ReadonlyArray<PipelineRound>, fake: Fake): ReadonlyArray<string> => {
  const seconds = median(results.map((result) => result.seconds))
  return [
    name,
    thousands(fake.events / seconds),
    (fake.bytes / seconds / 1e6).toFixed(0),
    ((seconds / fake.events) * 1e6).toFixed(1),
    median(results.map(({ growth }) => growth)).toFixed(0),
    median(results.map(({ block }) => block)).toFixed(0),
  ]
}
const head = ["", "events/s", "MB/s", "us/event", "RSS + MiB", "block ms"]

export const pipeline = async (): Promise<void> => {
  heading("Pipeline: bytes in, event stored, subscriber")
  const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
  for (const [lineBytes, count] of [
    [313, 200_000],
    [2_048, 60_000],
  ] as const) {
    await inDirectory(async (directory) => {
      const fake = codexFlood(directory, lineBytes, Math.max(1_000, Math.round(count * scale)))
      const results: Record<Mode, Array<PipelineRound>> = { raw: [], bare: [], runyard: [] }
      for (let index = 0; index < rounds; index++) {
        for (const mode of modes) results[mode].push(await round(mode, fake))
      }
      const names = { raw: "raw: split, parse", bare: "bare: + two patterns, SQLite", runyard: "Runyard" }
      say(`${fake.events} events of ${lineBytes} B, medians of ${rounds} rounds`)
      table([head, ...modes.map((mode) => rowOf(names[mode], results[mode], fake))])
      const rate = (mode: Mode) => fake.events / median(results[mode].map(({ seconds }) => seconds))
      const [ours, theirs] = [rate("runyard"), rate("bare")]
      goal(`pipeline, ${lineBytes} B, beside bare`, ratio(ours, theirs), ">= 0.45x", ours / theirs >= 0.45)
      if (lineBytes === 313) goal("pipeline, events/s", thousands(ours), ">= 50 k", ours >= 50_000)
      say("")
    })
  }
  const gigabytes = Number(process.env["RUNYARD_BENCH_GIGABYTES"] ?? "0")
  if (gigabytes > 0) await big(gigabytes)
}

/** One run that prints this many GB: what it costs in memory must not depend on how much it is. */
const big = (gigabytes: number): Promise<void> =>
  inDirectory(async (directory) => {
    const fake = codexFlood(directory, 2_048, Math.round((gigabytes * 1e9) / 2_048))
    const result = await round("runyard", fake)
    say(`${gigabytes} GB in one run`)
    table([head, rowOf("Runyard", [result], fake)])
    goal(`pipeline, RSS growth at ${gigabytes} GB`, `${result.growth.toFixed(0)} MiB`, "<= 64 MiB", result.growth <= 64)
  })
