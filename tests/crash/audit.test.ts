/**
 * kill -9 of a host that decides things, at random instants: the audit log has a row of everything that was done, and
 * nothing else. `RUNYARD_CRASH_ROUNDS` sets how often (15), `RUNYARD_CRASH_SEED` which instants.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { programAt } from "../support/programs.ts"

const rounds = Number(process.env["RUNYARD_CRASH_ROUNDS"] ?? 15)
const seed = process.env["RUNYARD_CRASH_SEED"] ?? "audit"
const fixture = Path.join(Path.dirname(fileURLToPath(import.meta.url)), "fixtures/decider.ts")

/** Gives the next round. */
const crash = (directory: string, first: number, wanted: number, delayMillis: number) =>
  Effect.promise(async () => {
    const args = [...programAt(fixture), directory, String(first)]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const exited = once(child, "exit")
    let round = first
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        round = Number(line)
        // Somewhere inside of the round, which takes some milliseconds.
        if (round === first + wanted) setTimeout(() => child.kill("SIGKILL"), delayMillis)
      }
    } finally {
      child.kill("SIGKILL")
    }
    assert.strictEqual((await exited)[1], "SIGKILL")
    return round + 1
  })

/** What was done, by the tables of the acts, and what is written down, by kinds. */
const counted = `SELECT
  (SELECT count(*) FROM queue_controls) AS decisions,
  (SELECT count(*) FROM run_events WHERE type = 'queue.changed') AS places,
  (SELECT count(*) FROM run_schedules) AS schedules,
  (SELECT count(*) FROM run_schedules WHERE enabled = 1) AS going,
  (SELECT count(*) FROM workspace_grants) AS grants,
  (SELECT count(*) FROM workspace_grants WHERE revoked_at IS NOT NULL) AS revoked`
const written = "SELECT action, count(*) AS n FROM audit_log GROUP BY action"

const check = (directory: string) =>
  Effect.sync(() => {
    const database = new DatabaseSync(Path.join(directory, "store", "runyard.db"))
    const done = database.prepare(counted).get() as Readonly<Record<string, number>>
    const rows = database.prepare(written).all() as unknown as ReadonlyArray<{ action: string; n: number }>
    database.close()
    const of = (...actions: ReadonlyArray<string>) =>
      rows.reduce((sum, { action, n }) => sum + (actions.includes(action) ? n : 0), 0)
    const removed = of("schedule.removed")
    assert.deepStrictEqual(
      {
        decisions: of("queue.pause", "queue.limits", "budget.set"),
        places: of("queue.run_changed"),
        schedules: of("schedule.created") - removed,
        going: of("schedule.created") - of("schedule.paused"),
        grants: of("grant.given"),
        revoked: of("grant.revoked"),
      },
      { ...done },
    )
    return of("schedule.created")
  })

describe("a host that is killed while it decides", () => {
  it.live(
    "has written down everything that it has done, and nothing else",
    () =>
      Effect.gen(function* () {
        const directory = yield* Effect.acquireRelease(
          Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "runyard-crash-"))),
          (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true })),
        )
        let next = 0
        for (let round = 0; round < rounds; round++) {
          const wanted = yield* Random.nextIntBetween(0, 8)
          next = yield* crash(directory, next, wanted, yield* Random.nextIntBetween(0, 8))
          assert.isAtLeast(yield* check(directory), round)
        }
      }).pipe(Random.withSeed(seed)),
    { timeout: 60_000 + rounds * 10_000 },
  )
})
