import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hasVariable, parseStat } from "../../src/node/internal/procfs.ts"
import { parsePsLine } from "../../src/node/internal/ps.ts"
import type { ProcessEntry, ProcessTable } from "../../src/node/internal/processTable.ts"
import { processTree } from "../../src/node/internal/processTree.ts"

const entry = (pid: number, parent: number, startTime: number, session = pid): ProcessEntry => ({
  pid,
  parent,
  group: session,
  session,
  startTime,
})

/** A table whose processes a test puts there; a kill removes them. */
const fakeTable = (processes: Array<ProcessEntry>, marked: ReadonlyArray<number> = []) => {
  const killed: Array<number> = []
  const table: ProcessTable = {
    list: Effect.sync(() => [...processes]),
    marked: () => Effect.succeed(new Set(marked)),
    startTime: (pid) => Effect.sync(() => processes.find((each) => each.pid === pid)?.startTime),
    running: (pid) => Effect.sync(() => processes.find((each) => each.pid === pid)?.startTime),
    boot: Effect.succeed("boot"),
    kill: (victim) =>
      Effect.sync(() => {
        const at = processes.findIndex((each) => each.pid === victim.pid && each.startTime === victim.startTime)
        if (at === -1) return
        killed.push(victim.pid)
        processes.splice(at, 1)
      }),
    pipes: () => Effect.succeed(new Set()),
    holders: () => Effect.succeed(new Set()),
  }
  return { table, killed, processes }
}

// Above every pid that the kernel gives out: a group of this number never exists.
const base = 5_000_000
const pids = (entries: ReadonlyArray<ProcessEntry>) => entries.map(({ pid }) => pid - base).toSorted((a, b) => a - b)

describe("processTree", () => {
  it.live("takes in children, grandchildren and sessions, and nobody else", () =>
    Effect.gen(function* () {
      const { table } = fakeTable([
        entry(base, 1, 100),
        entry(base + 1, base, 110),
        entry(base + 2, base + 1, 120),
        entry(base + 3, 1, 130, base + 1),
        entry(base + 4, 1, 130),
      ])
      const tree = processTree(table, "m", { pid: base, startTime: 100 })
      assert.deepStrictEqual(pids(yield* tree.scan), [0, 1, 2, 3])
      assert.strictEqual(tree.found(), 3)
    }),
  )

  it.live("leaves a process alone that got the pid of a dead member", () =>
    Effect.gen(function* () {
      const { killed, processes, table } = fakeTable([entry(base, 1, 100), entry(base + 1, base, 110)])
      const tree = processTree(table, "m", { pid: base, startTime: 100 })
      yield* tree.scan
      processes.length = 0
      // Both pids again, later: a stranger, and a stranger's child in the session of the reused pid.
      processes.push(entry(base, 1, 500), entry(base + 1, 1, 500), entry(base + 2, base + 1, 510, base + 1))
      const result = yield* tree.kill({ boundMillis: 100, rootReaped: () => true })
      assert.deepStrictEqual(killed, [])
      assert.deepStrictEqual(result, { survivors: [], killed: 0 })
    }),
  )

  it.live("does not take a process for a child that is older than its parent, or older than the run", () =>
    Effect.gen(function* () {
      const { table } = fakeTable([entry(base, 1, 100), entry(base + 1, base, 90)], [base + 1])
      const tree = processTree(table, "m", { pid: base, startTime: 100 })
      assert.deepStrictEqual(pids(yield* tree.scan), [0])
    }),
  )

  it.live("never takes in this program, whatever its environment says", () =>
    Effect.gen(function* () {
      const { table } = fakeTable(
        [entry(process.pid, process.ppid, 100), entry(process.ppid, 1, 90)],
        [process.pid, process.ppid, 1],
      )
      assert.deepStrictEqual(yield* processTree(table, "m").scan, [])
    }),
  )

  it.live("names what does not die", () =>
    Effect.gen(function* () {
      const { table } = fakeTable([entry(base + 1, 1, 100)], [base + 1])
      const immortal = processTree({ ...table, kill: () => Effect.void }, "m")
      const { survivors } = yield* immortal.kill({ boundMillis: 20, rootReaped: () => true })
      assert.deepStrictEqual(survivors, [base + 1])
    }),
  )
})

describe("process tables", () => {
  it("reads a stat line whose name holds spaces and parentheses", () => {
    const rest = "S 2 3 4 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0"
    assert.deepStrictEqual(parseStat(`9 (a) R (b c) ${rest}`), {
      pid: 9,
      parent: 2,
      group: 3,
      session: 4,
      startTime: 777,
      zombie: false,
    })
    assert.isTrue(parseStat(`9 (x) ${rest.replace("S", "Z")}`)?.zombie)
    assert.isUndefined(parseStat(""))
  })

  it("finds a variable only as a whole", () => {
    const environ = (text: string) => Buffer.from(text.replaceAll("|", "\0"))
    assert.isTrue(hasVariable(environ("M=1|"), "M=1"))
    assert.isTrue(hasVariable(environ("A=M=1|M=1"), "M=1"))
    assert.isFalse(hasVariable(environ("A=M=1|XM=1|M=12|"), "M=1"))
  })

  it("reads a line of ps", () => {
    const read = parsePsLine("  501     1   501 S+   Sat Nov 21 07:00:01 2026")
    assert.deepStrictEqual(read, {
      pid: 501,
      parent: 1,
      group: 501,
      session: 501,
      startTime: Date.UTC(2026, 10, 21, 7, 0, 1),
      zombie: false,
    })
    assert.isUndefined(parsePsLine(""))
  })
})
