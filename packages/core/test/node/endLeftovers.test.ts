import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endLeftovers } from "../../src/node/internal/endLeftovers.ts"
import type { ProcessEntry, ProcessTable } from "../../src/node/internal/processTable.ts"
import { procfs } from "../../src/node/internal/procfs.ts"
import type { Leftover } from "../../src/ProcessHost.ts"
import type { ProcessRecord } from "../../src/Run.ts"

// Above every pid that the kernel gives out, so that no signal of these tests arrives anywhere.
const base = 5_000_000
const entry = (pid: number, parent: number, startTime: number, session = pid): ProcessEntry => ({
  pid: base + pid,
  parent: parent === 1 ? 1 : base + parent,
  group: base + session,
  session: base + session,
  startTime,
})

const world = (start: ReadonlyArray<ProcessEntry>, marks: Readonly<Record<number, string>> = {}) => {
  const processes = [...start]
  const killed: Array<number> = []
  let reads = 0
  const table: ProcessTable = {
    ...procfs,
    list: Effect.sync(() => [...processes]),
    markers: (entries) =>
      Effect.sync(() => {
        reads += 1
        const found = entries.flatMap(({ pid }) => {
          const marker = marks[pid - base]
          return marker === undefined ? [] : [[pid, marker] as const]
        })
        return { byPid: new Map(found) }
      }),
    running: (pid) => Effect.sync(() => processes.find((each) => each.pid === pid)?.startTime),
    boot: Effect.succeed("boot"),
    kill: (victim) =>
      Effect.sync(() => {
        const at = processes.findIndex((each) => each.pid === victim.pid && each.startTime === victim.startTime)
        if (at === -1) return
        killed.push(victim.pid - base)
        processes.splice(at, 1)
      }),
  }
  return { table, killed, processes, reads: () => reads }
}

const record = (pid: number, startTime: number, change: Partial<ProcessRecord> = {}): Leftover => ({
  marker: "m",
  process: {
    containment: "portable",
    marker: "m",
    root: { pid: base + pid, startTime: `boot:${startTime}` },
    ...change,
  },
})

describe("endLeftovers", () => {
  it.live("leaves a process alone that got the pid of a dead CLI, with its children and its session", () =>
    Effect.gen(function* () {
      const { killed, table } = world([entry(1, 1, 500), entry(2, 1, 510), entry(3, 2, 520, 1), entry(4, 1, 530, 1)])
      const [evidence] = yield* endLeftovers(table, [record(1, 100)])
      assert.deepStrictEqual(killed, [])
      assert.strictEqual(evidence?.found, "reused")
      assert.strictEqual(evidence?.step, "exited")
      assert.deepStrictEqual([evidence?.killed, evidence?.descendants, evidence?.survivors.length], [0, 0, 0])
    }),
  )

  it.live(
    "takes a CLI for the root of its tree that hides its environment, and whoever has its parentage or session",
    () =>
      Effect.gen(function* () {
        const { killed, table } = world([
          entry(1, 1, 100),
          entry(2, 1, 110, 2),
          entry(3, 1, 120, 1),
          entry(4, 1, 130, 1),
          entry(5, 4, 140, 5),
          entry(9, 1, 150),
        ])
        const [evidence] = yield* endLeftovers(table, [record(1, 100)])
        assert.deepStrictEqual(
          killed.toSorted((a, b) => a - b),
          [1, 3, 4, 5],
        )
        assert.strictEqual(evidence?.found, "alive")
        assert.strictEqual(evidence?.step, "kill-tree")
        assert.strictEqual(evidence?.proof, "sweep")
        assert.deepStrictEqual([evidence?.killed, evidence?.descendants], [4, 3])
      }),
  )

  it.live("trusts the session of a CLI that is gone when one of the run is still in it, and not otherwise", () =>
    Effect.gen(function* () {
      const inSession = [entry(2, 1, 110, 1), entry(3, 1, 120, 1)]
      const seen = world(inSession, { [2]: "m" })
      const [evidence] = yield* endLeftovers(seen.table, [record(1, 100)])
      assert.deepStrictEqual(
        seen.killed.toSorted((a, b) => a - b),
        [2, 3],
      )
      assert.strictEqual(evidence?.found, "gone")
      assert.strictEqual(evidence?.step, "swept")
      const unseen = world(inSession)
      yield* endLeftovers(unseen.table, [record(1, 100)])
      assert.deepStrictEqual(unseen.killed, [])
    }),
  )

  it.live("signals nothing after the machine was started anew, or where a start time is not known", () =>
    Effect.gen(function* () {
      const { killed, table } = world([entry(1, 1, 100), entry(2, 1, 100)])
      const evidence = yield* endLeftovers({ ...table, boot: Effect.succeed("next boot") }, [
        record(1, 100),
        record(2, 100, { root: { pid: base + 2, startTime: "" } }),
      ])
      assert.deepStrictEqual(killed, [])
      assert.deepStrictEqual(
        evidence.map(({ found }) => found),
        ["reused", "reused"],
      )
    }),
  )

  it.live("lets a supervisor go by itself, and counts it for none of the run", () =>
    Effect.gen(function* () {
      const { killed, processes, table } = world([entry(1, 1, 90), entry(2, 1, 100), entry(3, 2, 110)])
      // Goes when it has nothing left to end.
      const kill: ProcessTable["kill"] = (victim) =>
        Effect.map(table.kill(victim), () => void (processes.length === 1 && processes.pop()))
      const supervisor = { pid: base + 1, startTime: "boot:90" }
      const [evidence] = yield* endLeftovers({ ...table, kill }, [record(2, 100, { supervisor })])
      assert.deepStrictEqual(
        killed.toSorted((a, b) => a - b),
        [2, 3],
      )
      assert.deepStrictEqual([evidence?.killed, evidence?.descendants, evidence?.survivors], [2, 1, []])
    }),
  )

  it.live("kills a supervisor that stays although it has nothing left to end", () =>
    Effect.gen(function* () {
      const { killed, table } = world([entry(1, 1, 90)])
      const supervisor = { pid: base + 1, startTime: "boot:90" }
      const [evidence] = yield* endLeftovers(table, [record(2, 100, { supervisor })])
      assert.deepStrictEqual(killed, [1])
      assert.deepStrictEqual([evidence?.found, evidence?.step, evidence?.killed], ["alive", "exited", 0])
    }),
  )

  it.live("names what does not die, with the leftover that it is of", () =>
    Effect.gen(function* () {
      const { table } = world([entry(1, 1, 100), entry(2, 1, 100)], { [1]: "a", [2]: "b" })
      const kill: ProcessTable["kill"] = (victim) => (victim.pid === base + 1 ? Effect.void : table.kill(victim))
      const [first, second] = yield* endLeftovers({ ...table, kill }, [{ marker: "a" }, { marker: "b" }])
      assert.deepStrictEqual(first?.survivors, [base + 1])
      assert.isUndefined(first?.proof)
      assert.deepStrictEqual([second?.survivors, second?.proof], [[], "sweep"])
    }),
  )

  it.live("reads all environments as often for a hundred leftovers as for one", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 100 }, (_, index) => index + 1)
      const marks = Object.fromEntries(many.map((pid) => [pid, `m${pid}`]))
      const entries = many.map((pid) => entry(pid, 1, 100))
      const all = world(entries, marks)
      const evidence = yield* endLeftovers(
        all.table,
        many.map((pid) => ({ marker: `m${pid}` })),
      )
      assert.isTrue(evidence.every(({ killed, survivors }) => killed === 1 && survivors.length === 0))
      const one = world(entries, marks)
      yield* endLeftovers(one.table, [{ marker: "m1" }])
      assert.deepStrictEqual(one.killed, [1])
      assert.strictEqual(all.reads(), one.reads())
    }),
  )

  it.live("touches nothing for no leftovers and for an empty marker", () =>
    Effect.gen(function* () {
      const { killed, table } = world([entry(1, 1, 100)], { [1]: "" })
      assert.deepStrictEqual(yield* endLeftovers(table, []), [])
      const [evidence] = yield* endLeftovers(table, [{ ...record(1, 100), marker: "" }])
      assert.strictEqual(evidence?.step, "exited")
      assert.deepStrictEqual(killed, [])
    }),
  )
})

describe("endLeftovers with real processes", () => {
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
  const recordOf = (child: ChildProcess, change = 0) =>
    Effect.map(procfs.running(child.pid ?? 0), (startTime = 0) => ({
      marker: `test-${process.pid}-${child.pid}`,
      process: {
        containment: "portable" as const,
        marker: `test-${process.pid}-${child.pid}`,
        root: { pid: child.pid ?? 0, startTime: `${boot}:${startTime + change}` },
      },
    }))
  const fixture = fileURLToPath(new URL("../fixtures/tree.mjs", import.meta.url))
  /** A tree without a marker: only its pids are known. */
  const tree = Effect.fnUntraced(function* (...wishes: ReadonlyArray<string>) {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [fixture, ...wishes], {
          stdio: ["ignore", "pipe", "inherit"],
          detached: true,
          env: {},
        }),
      ),
      (made) => Effect.sync(() => made.kill("SIGKILL")),
    )
    const exited = once(child, "exit")
    yield* Effect.callback<void>((resume) => {
      let text = ""
      child.stdout?.on("data", (chunk) => {
        text += String(chunk)
        if (text.includes("ready\n")) resume(Effect.void)
      })
    })
    return { child, exited: Effect.promise(() => exited) }
  })

  it.live("asks a CLI that is alive first, so that it can save what it has", () =>
    Effect.gen(function* () {
      const { child, exited } = yield* tree()
      const [evidence] = yield* endLeftovers(procfs, [yield* recordOf(child)])
      assert.deepStrictEqual(yield* exited, [null, "SIGTERM"])
      assert.deepStrictEqual([evidence?.step, evidence?.found, evidence?.killed], ["SIGTERM", "alive", 0])
    }),
  )

  it.live("ends a tree that ignores every signal, asking all for no longer than one", () =>
    Effect.gen(function* () {
      const trees = yield* Effect.forEach([1, 2, 3], () => tree("ignore", "child", "session"), { concurrency: 3 })
      const records = yield* Effect.forEach(trees, ({ child }) => recordOf(child))
      const evidence = yield* endLeftovers(procfs, records)
      for (const { exited } of trees) assert.deepStrictEqual(yield* exited, [null, "SIGKILL"])
      for (const each of evidence) {
        assert.deepStrictEqual([each.step, each.killed, each.descendants, each.survivors], ["kill-tree", 3, 2, []])
        assert.isBelow(each.durationMillis, 1500)
      }
    }),
  )

  it.live("leaves a living stranger alone that has the recorded pid and another start time", () =>
    Effect.gen(function* () {
      const { child } = yield* tree("child", "session")
      const [evidence] = yield* endLeftovers(procfs, [yield* recordOf(child, -1)])
      assert.deepStrictEqual([evidence?.found, evidence?.step, evidence?.killed], ["reused", "exited", 0])
      assert.isNull(child.exitCode)
      assert.isNull(child.signalCode)
      const [own] = yield* endLeftovers(procfs, [yield* recordOf(child)])
      assert.strictEqual(own?.descendants, 2)
    }),
  )
})
