/**
 * kill -9 of a host that executes runs, at random instants: after the next start no process of theirs is alive, what was
 * executed is interrupted or had ended, what had not begun is executed. `RUNYARD_CRASH_ROUNDS` sets how often (8 at most).
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { isTerminal, isTerminalEvent, type RunEvent } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { open } from "runyard"
import { processesOf } from "../support/processes.ts"
import { programAt } from "../support/programs.ts"

const rounds = Math.min(8, Number(process.env["RUNYARD_CRASH_ROUNDS"] ?? 8))
const fixture = fileURLToPath(new URL("fixtures/host.ts", import.meta.url))

/** Runs a host until it has printed so many events, then kills it as it stands. Gives the last seq seen of each run. */
const crash = async (directory: string, events: number): Promise<ReadonlyMap<string, number>> => {
  const host = spawn(process.execPath, [...programAt(fixture), directory], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exited = once(host, "exit")
  const seen = new Map<string, number>()
  let count = 0
  for await (const line of createInterface({ input: host.stdout })) {
    const [id = "", seq = "0"] = line.split(" ")
    seen.set(id, Number(seq))
    if (seq !== "0" && ++count === events) host.kill("SIGKILL")
  }
  assert.strictEqual((await exited)[1], "SIGKILL")
  return seen
}

describe("a host that is killed while it executes runs", () => {
  it(
    "leaves nothing alive, loses no event, and every run has one end after the next start",
    { timeout: 120_000 },
    async () => {
      for (let round = 0; round < rounds; round++) {
        const directory = mkdtempSync(join(tmpdir(), "runyard-host-"))
        try {
          const seen = await crash(directory, 4 + round * 4)
          assert.strictEqual(seen.size, 3)
          const yard = await open({
            directory: join(directory, "store"),
            workspaces: [directory],
            env: { PATH: process.env["PATH"] ?? "", RUNYARD_SCRIPT_DELAY_MS: "0" },
          })
          for (const [id, seq] of seen) {
            const run = yard.run(id)
            const { state, lastSeq } = await run.result()
            assert.isTrue(isTerminal(state), `${id} is ${state}`)
            assert.isAtLeast(lastSeq, seq)
            const log: Array<RunEvent> = []
            for await (const event of run.events({ follow: false })) log.push(event)
            assert.deepStrictEqual(
              log.map((event) => event.seq),
              log.map((_, index) => index + 1),
            )
            assert.deepStrictEqual([log.filter(isTerminalEvent).length, log.length], [1, lastSeq])
            assert.deepStrictEqual(await processesOf(id), [])
          }
          await yard.close()
        } finally {
          rmSync(directory, { recursive: true, force: true })
        }
      }
    },
  )
})
