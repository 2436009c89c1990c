/**
 * How long `runyard serve` needs from the start of its process to its first answer that the store has a part in, over a
 * store of 1,000,000 events; beside a bare Hono server that opens the same file and asks it once. In ms, the two in turns.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, median, millis, quantile, ratio, say, table, thousands } from "./report.ts"

const rounds = 3
const starts = 10
const root = path.join(import.meta.dirname, "..")
const hosts = path.join(import.meta.dirname, "hosts")
const events = Math.max(1_000, 1_000_000 * Number(process.env["RUNYARD_BENCH_SCALE"] ?? 1))

interface Start {
  /** Until it said that it is ready. */
  readonly ready: number
  /** Until its answer was there. */
  readonly answered: number
}

const readyUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ""
    child.stdout?.on("data", (part) => {
      text += String(part)
      const url = /READY (http:\S+)/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.on("exit", (code) => reject(new Error(`a server ended with ${code}: ${text.slice(0, 500)}`)))
  })

const startOnce = async (args: ReadonlyArray<string>, address: string, env: NodeJS.ProcessEnv): Promise<Start> => {
  const begun = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] })
  const url = await readyUrl(child)
  const ready = performance.now() - begun
  const response = await fetch(`${url}${address}`)
  const answered = performance.now() - begun
  if (response.status !== 200) throw new Error(`it answered ${response.status}: ${await response.text()}`)
  await response.text()
  child.removeAllListeners("exit")
  const ended = new Promise((resolve) => child.on("exit", resolve))
  child.kill("SIGTERM")
  await ended
  return { ready, answered }
}

export const serve = (): Promise<void> => {
  heading("Start of the server")
  const bin = path.join(root, "packages/cli/bin/runyard.js")
  if (!fs.existsSync(path.join(root, "packages/cli/dist/bundle/main.js"))) {
    say("The program is not built (`npm run build`), so that this is left out.")
    return Promise.resolve()
  }
  return inDirectory(async (directory) => {
    const filler = path.join(hosts, "filledStore.ts")
    const filled = spawnSync(process.execPath, ["--conditions=@runyard/source", filler, directory, String(events)])
    if (filled.status !== 0) throw new Error(String(filled.stderr).slice(0, 1_000))
    const env = { ...plainEnv, RUNYARD_HOME: directory }
    const file = path.join(directory, "runyard.db")
    const servers = {
      bare: () => startOnce([path.join(hosts, "bareServer.mjs"), file], "/ready", env),
      "runyard serve": () => startOnce([bin, "serve", "--port", "0"], "/api/v1/ready", env),
    }
    const names = Object.keys(servers) as ReadonlyArray<keyof typeof servers>
    const times = new Map(names.map((name) => [name, [] as Array<ReadonlyArray<Start>>]))
    for (const name of names) await servers[name]()
    for (let round = 0; round < rounds; round++) {
      const taken = new Map(names.map((name) => [name, [] as Array<Start>]))
      for (let index = 0; index < starts; index++) {
        for (const name of names) taken.get(name)?.push(await servers[name]())
      }
      for (const name of names) times.get(name)?.push(taken.get(name) ?? [])
    }
    const at = (name: keyof typeof servers, of: keyof Start, part = 0.5) =>
      median(
        (times.get(name) ?? []).map((round) =>
          quantile(
            round.map((start) => start[of]),
            part,
          ),
        ),
      )
    say(`${thousands(events)} events, ${starts} starts of each in turns, medians of ${rounds} rounds`)
    table([
      ["ms", "ready p50", "first 200 p50", "p95", "of bare"],
      ...names.map((name) => [
        name,
        millis(at(name, "ready")),
        millis(at(name, "answered")),
        millis(at(name, "answered", 0.95)),
        ratio(at(name, "answered"), at("bare", "answered")),
      ]),
    ])
    const took = at("runyard serve", "answered")
    const share = took / at("bare", "answered")
    goal("start to first 200", `${millis(took)} ms`, "<= 300 ms", took <= 300)
    goal("start to first 200", `${share.toFixed(2)}x`, "<= 3x a bare server", share <= 3)
  })
}
