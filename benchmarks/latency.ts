/** How old an event is when a subscriber sees it, stored: the CLI stamps a line every 10 ms. Beside it a bare relay. */
import { spawn } from "node:child_process"
import * as readline from "node:readline"
import { open } from "runyard"
import { codexClock, inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, median, millis, quantile, ratio, say, table } from "./report.ts"

const rounds = 3

/** The age in ms of a text that begins with the monotonic time. */
const age = (text: string): number => Number(process.hrtime.bigint() - BigInt(text.slice(0, text.indexOf(" ")))) / 1e6

const relay = (executable: string): Promise<ReadonlyArray<number>> =>
  new Promise((resolve, reject) => {
    const ages: Array<number> = []
    const child = spawn(executable, ["exec", "--json", "-"], { env: plainEnv, stdio: ["ignore", "pipe", "ignore"] })
    child.on("error", reject)
    readline.createInterface({ input: child.stdout }).on("line", (line) => {
      const { item } = JSON.parse(line)
      if (item !== undefined) ages.push(age(item.text))
    })
    child.on("close", () => resolve(ages))
  })

const runyard = async (executable: string, directory: string): Promise<ReadonlyArray<number>> => {
  await using yard = await open({
    directory: `${directory}/data`,
    workspaces: [directory],
    env: plainEnv,
    executables: { codex: executable },
  })
  const ages: Array<number> = []
  const run = await yard.start({
    provider: "codex",
    prompt: "go",
    cwd: directory,
    options: { skipGitRepoCheck: true },
  })
  for await (const event of run.events()) if (event.type === "agent.message") ages.push(age(event.payload.text))
  return ages
}

export const latency = (): Promise<void> => {
  heading("Latency: from the CLI's write to a subscriber, stored first")
  return inDirectory(async (directory) => {
    const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
    const messages = Math.max(50, Math.round(300 * scale))
    const executable = codexClock(directory, messages)
    const results = { relay: [] as Array<ReadonlyArray<number>>, runyard: [] as Array<ReadonlyArray<number>> }
    for (let index = 0; index < rounds; index++) {
      results.relay.push(await relay(executable))
      results.runyard.push(await runyard(executable, directory))
    }
    const at = (ages: ReadonlyArray<ReadonlyArray<number>>, part: number) =>
      median(ages.map((round) => quantile(round, part)))
    const row = (name: string, ages: ReadonlyArray<ReadonlyArray<number>>) => [
      name,
      ...[0.5, 0.95, 0.99].map((part) => millis(at(ages, part))),
    ]
    say(`${messages} lines, one every 10 ms, ${rounds} rounds, ms`)
    table([["", "p50", "p95", "p99"], row("relay", results.relay), row("Runyard", results.runyard)])
    const [ours, theirs] = [at(results.runyard, 0.95), at(results.relay, 0.95)]
    goal(
      "latency p95",
      `${millis(ours)} ms, ${ratio(ours, theirs)}`,
      "<= 10x and <= 10 ms",
      ours / theirs <= 10 && ours <= 10,
    )
  })
}
