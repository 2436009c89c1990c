import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ForkCount, isInRange, pidRangeSince } from "../../src/node/internal/pidRange.ts"
import { hasVariable, parseStat } from "../../src/node/internal/procfs.ts"
import { parsePsLine } from "../../src/node/internal/ps.ts"
import type { Listing, ProcessEntry, ProcessTable } from "../../src/node/internal/processTable.ts"
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
    since: () => Effect.succeed(Effect.sync(() => ({ entries: [...processes], lastPids: undefined }))),
    marked: () => Effect.succeed({ pids: new Set(marked), unclear: false }),
    markers: () => Effect.succeed({ byPid: new Map() }),
    startTime: (pid) => Effect.sync(() => processes.find((each) => each.pid === pid)?.startTime),
    running: (pid) => Effect.sync(() => processes.find((each) => each.pid === pid)?.startTime),
    boot: Effect.succeed("boot"),
    elsewhere: () => Effect.succeed(false),
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

describe("the proof that nothing is there", () => {
  /** Sweeps of an empty tree, with what the last pid is before and after each; then the full list. */
  const sweepsOf = (lastPids: ReadonlyArray<Listing["lastPids"]>, options: { readonly unclear?: boolean } = {}) =>
    Effect.gen(function* () {
      let sweeps = 0
      const list = Effect.sync(() => ({ entries: [entry(base + 9, 1, 200)], lastPids: lastPids[sweeps++] }))
      const { table } = fakeTable([])
      const marked = () => Effect.succeed({ pids: new Set<number>(), unclear: options.unclear ?? false })
      const tree = processTree({ ...table, marked }, "m", { pid: base, startTime: 100, list })
      yield* tree.scan
      assert.deepStrictEqual(yield* tree.kill({ boundMillis: 100, rootReaped: () => true }), {
        survivors: [],
        killed: 0,
      })
      return sweeps - 1
    })
  const still = [7, 7] as const

  it.live("is two sweeps at once while nobody forks", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* sweepsOf([still, still, still]), 2)
    }),
  )

  it.live("is two more when somebody forked during one of them, or between them", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* sweepsOf([still, [7, 8], [8, 8], [8, 8]]), 3)
      assert.strictEqual(yield* sweepsOf([still, [7, 7], [8, 8], [8, 8]]), 3)
    }),
  )

  it.live(
    "is three sweeps with pauses where others never stop forking, an environment is hidden, or no pid tells",
    () =>
      Effect.gen(function* () {
        const busy = Array.from({ length: 20 }, (_, index) => [index, index + 1] as const)
        assert.strictEqual(yield* sweepsOf(busy), 4 + 3)
        const quiet = Array.from({ length: 20 }, () => still)
        assert.strictEqual(yield* sweepsOf(quiet, { unclear: true }), 4 + 3)
        assert.strictEqual(yield* sweepsOf([]), 3)
      }),
  )
})

describe("pidRangeSince", () => {
  const at = (lastPid: number, forks: number): ForkCount => ({ lastPid, forks, threads: 100, pidMax: 32_768 })

  it("goes from the child to the last pid", () => {
    const range = pidRangeSince(500, at(501, 1000), at(520, 1019))
    assert.deepStrictEqual(range, { first: 500, last: 520 })
    assert.deepStrictEqual(
      [499, 500, 510, 520, 521].map((pid) => range !== undefined && isInRange(range, pid)),
      [false, true, true, true, false],
    )
  })

  it("goes over the top of the cycle", () => {
    const range = pidRangeSince(32_700, at(32_701, 1000), at(310, 1080))
    assert.deepStrictEqual(range, { first: 32_700, last: 310 })
    assert.deepStrictEqual(
      [32_699, 32_700, 32_767, 300, 310, 311].map((pid) => range !== undefined && isInRange(range, pid)),
      [false, true, true, true, true, false],
    )
  })

  it("relies on nothing when there were forks enough for a whole round", () => {
    assert.isDefined(pidRangeSince(500, at(500, 0), at(25_000, 24_500)))
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(600, 32_000)))
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(600, 32_768 + 100)))
  })

  it("does not believe a last pid that the forks do not explain", () => {
    // Before the child though the cycle cannot have come around; of another namespace; none at all.
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(499, 10)))
    assert.isUndefined(pidRangeSince(500, at(20_000, 0), at(20_001, 10)))
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(0, 10)))
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(Number.NaN, 10)))
    assert.isUndefined(pidRangeSince(500, at(500, Number.NaN), at(501, Number.NaN)))
    assert.isUndefined(pidRangeSince(500, at(500, 10), at(501, 0)))
    assert.isUndefined(pidRangeSince(500, at(500, 0), { ...at(501, 1), pidMax: 65_536 }))
    assert.isUndefined(pidRangeSince(500, at(500, 0), at(5000, 10)))
  })
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
