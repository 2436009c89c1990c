/** Plays a round with a whole Runyard: store, adapter, runner, and the scripted agent as the Codex CLI. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import type { Run } from "@runyard/core"
import type { EndEvidence, RunEvent } from "@runyard/core/RunEvent"
import { open, type RunHandle, type StartRequest, type Yard } from "runyard"
import { type Aftermath, aftermath } from "./Aftermath.ts"
import type { RunEnding } from "./Ending.ts"
import { promptOf } from "./prompt.ts"
import type { RunRound } from "./Round.ts"
import { hostEnv } from "./Tier.ts"
import { programAt } from "../support/programs.ts"

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

/** Where the runs of a round that needs a store of its own are kept; the others share one for each tier. */
export interface Place {
  readonly root: string
  readonly yardOf: (round: RunRound) => Promise<Yard>
  readonly close: () => Promise<void>
}

const openAt = (place: string, containment: RunRound["tier"]["containment"]): Promise<Yard> =>
  open({
    directory: join(place, `store-${containment}`),
    allowAnyWorkspace: true,
    env: hostEnv(containment),
    executables: { codex: join(place, "codex") },
    concurrency: { global: 8, perProvider: 8 },
  })

export const makePlace = (root: string): Place => {
  writeFileSync(join(root, "codex"), `#!/bin/sh\nexec '${process.execPath}' '${fixture("agent.mjs")}' "$@"\n`, {
    mode: 0o755,
  })
  const yards = new Map<string, Promise<Yard>>()
  return {
    root,
    yardOf: ({ tier: { containment } }) => {
      const yard = yards.get(containment) ?? openAt(root, containment)
      yards.set(containment, yard)
      return yard
    },
    close: async () => {
      for (const yard of yards.values()) await (await yard).close()
    },
  }
}

/** Long enough for most trees to stand; what is not there yet is ended while it is built. */
const limits: Readonly<Partial<Record<RunEnding, NonNullable<StartRequest["limits"]>>>> = {
  "wall timeout": { wallMillis: 1_500 },
  "idle timeout": { idleMillis: 600 },
}

const states: Readonly<Record<RunEnding, Run["state"]>> = {
  normal: "succeeded",
  failure: "failed",
  cancel: "canceled",
  "forced cancel": "canceled",
  "wall timeout": "timed_out",
  "idle timeout": "timed_out",
  shutdown: "interrupted",
  "host killed": "interrupted",
  "CLI killed": "failed",
}

const evidenceOf = (log: ReadonlyArray<RunEvent>): EndEvidence | undefined =>
  log
    .map(({ payload }) => ("evidence" in payload ? payload.evidence : undefined))
    .findLast((evidence) => evidence !== undefined)

const wanted = (round: RunRound): string => (round.early ? "building" : "ready")

/** Follows the log until the agent says that it is time. */
const moment = async (handle: RunHandle, round: RunRound): Promise<void> => {
  for await (const event of handle.events()) {
    if (event.type === "agent.message" && event.payload.text === wanted(round)) return
  }
}

const all = async (events: AsyncIterable<RunEvent>): Promise<ReadonlyArray<RunEvent>> => {
  const log: Array<RunEvent> = []
  for await (const event of events) log.push(event)
  return log
}

interface Ended {
  readonly run: Run
  readonly log: ReadonlyArray<RunEvent>
  readonly left: Aftermath
}

/** Looks at what is alive as soon as the run has ended, and reads its log only then. */
const look = async (handle: RunHandle, run: Run, directory: string): Promise<Ended> => {
  const left = await aftermath(run.id, directory)
  return { run, log: await all(handle.events({ follow: false })), left }
}

const start = (yard: Yard, round: RunRound, directory: string): Promise<RunHandle> =>
  yard.start({
    provider: "codex",
    prompt: promptOf(round, directory),
    cwd: directory,
    options: { skipGitRepoCheck: true },
    ...(limits[round.ending] === undefined ? {} : { limits: limits[round.ending] }),
  })

const shutdown = async (round: RunRound, place: Place, directory: string): Promise<Ended> => {
  const own = join(place.root, `own-${round.number}`)
  mkdirSync(own)
  const executables = { codex: join(place.root, "codex") }
  const env = hostEnv(round.tier.containment)
  const yard = await open({ directory: own, allowAnyWorkspace: true, env, executables })
  const { id } = await start(yard, round, directory).then(async (handle) => {
    await moment(handle, round)
    // Somebody who reads along must not take a run that is being shut down for one that nobody looks after.
    const following = all(handle.events()).catch(() => [])
    await yard.close()
    await following
    return handle
  })
  const left = await aftermath(id, directory)
  await using next = await open({ directory: own, allowAnyWorkspace: true, env, executables })
  const handle = next.run(id)
  const ended = await look(handle, await handle.get(), directory)
  const gone = ended.log.filter(({ payload }) => "phase" in payload && payload.phase === "tree_gone")
  assert.lengthOf(gone, 1, "the host itself says that the tree is gone")
  return { ...ended, left }
}

const hostKilled = async (round: RunRound, place: Place, directory: string): Promise<Ended> => {
  const own = mkdtempSync(join(place.root, "killed-"))
  const { containment } = round.tier
  const executable = join(place.root, "codex")
  const args = [
    ...programAt(fixture("host.ts")),
    own,
    executable,
    containment,
    promptOf(round, directory),
    wanted(round),
  ]
  const host = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exited = once(host, "exit")
  let id = ""
  for await (const line of createInterface({ input: host.stdout })) {
    id ||= line
    host.kill("SIGKILL")
  }
  await exited
  await using next = await open({
    directory: own,
    allowAnyWorkspace: true,
    env: hostEnv(containment),
    executables: { codex: executable },
  })
  const handle = next.run(id)
  return await look(handle, await handle.result(), directory)
}

const byRun = async (round: RunRound, place: Place, directory: string): Promise<Ended> => {
  const handle = await start(await place.yardOf(round), round, directory)
  if (round.ending === "cancel" || round.ending === "forced cancel" || round.ending === "CLI killed") {
    await moment(handle, round)
  }
  if (round.ending === "cancel") await handle.cancel({ by: "chaos" })
  if (round.ending === "forced cancel") await handle.cancel({ by: "chaos", force: true })
  if (round.ending === "CLI killed") process.kill((await handle.get()).attempts[0]?.pid ?? 0, "SIGKILL")
  return await look(handle, await handle.result(), directory)
}

export const playRun = async (
  round: RunRound,
  place: Place,
  directory: string,
): Promise<{ readonly evidence: EndEvidence | undefined; readonly left: Aftermath }> => {
  const play = round.ending === "shutdown" ? shutdown : round.ending === "host killed" ? hostKilled : byRun
  const { run, log, left } = await play(round, place, directory)
  const evidence = evidenceOf(log)
  const expected =
    (evidence?.survivors.length ?? 0) > 0 && round.ending !== "host killed" ? "failed" : states[round.ending]
  const said = `${run.error?.code ?? ""} ${run.error?.message ?? ""}`
  assert.strictEqual(run.state, expected, `another state: ${said}`)
  assert.isDefined(evidence, `no evidence: ${said}`)
  return { evidence, left }
}
