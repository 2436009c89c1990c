import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isHostAlive } from "../../src/node/internal/isHostAlive.ts"
import type { ProcessTable } from "../../src/node/internal/processTable.ts"
import { procfs } from "../../src/node/internal/procfs.ts"

/** A table with one process, pid 7, started at 100; and what can be seen of other namespaces. */
const table = (boot: string, seen: Readonly<Record<string, number>> = {}): ProcessTable => ({
  ...procfs,
  boot: Effect.succeed(boot),
  startTime: (pid) => Effect.succeed(pid === 7 ? 100 : undefined),
  running: (pid) => Effect.succeed(pid === 7 ? 100 : undefined),
  elsewhere: (namespace, startTime) => Effect.succeed(seen[namespace ?? "machine"] === startTime),
})
const host = (pid: number, startTime: string) => ({ id: "h", pid, startTime })

describe("isHostAlive", () => {
  it.effect("goes by pid and start time where both are of one place", () =>
    Effect.gen(function* () {
      for (const place of ["boot", "boot/12"]) {
        assert.isTrue(yield* isHostAlive(table(place), host(7, `${place}:100`), true))
        assert.isFalse(yield* isHostAlive(table(place), host(7, `${place}:101`), true))
        assert.isFalse(yield* isHostAlive(table(place), host(5_000_000, `${place}:100`), true))
      }
    }),
  )

  it.effect("takes nobody for dead whose pid is taken and whose start time cannot be read", () =>
    Effect.gen(function* () {
      const blind = {
        ...table("boot"),
        startTime: () => Effect.succeed(undefined),
        running: () => Effect.succeed(undefined),
      }
      assert.isTrue(yield* isHostAlive(blind, host(process.pid, "boot:100"), false))
      assert.isFalse(yield* isHostAlive(blind, host(5_000_000, "boot:100"), false))
    }),
  )

  it.effect("takes a zombie for dead", () =>
    Effect.gen(function* () {
      const zombie = { ...table("boot"), running: () => Effect.succeed(undefined) }
      assert.isFalse(yield* isHostAlive(zombie, host(7, "boot:100"), false))
    }),
  )

  it.effect("takes everybody of another boot for dead", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* isHostAlive(table("boot", { machine: 100 }), host(7, "old:100"), true))
      assert.isFalse(yield* isHostAlive(table("boot/12", { 12: 100 }), host(7, "old/12:100"), true))
    }),
  )

  it.effect("finds a host in a namespace that is seen from here by that and its start time", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* isHostAlive(table("boot", { 12: 55 }), host(2, "boot/12:55"), false))
      assert.isFalse(yield* isHostAlive(table("boot", { 12: 55 }), host(2, "boot/13:55"), false))
      assert.isFalse(yield* isHostAlive(table("boot", { 12: 55 }), host(2, "boot/12:56"), false))
    }),
  )

  it.effect("takes a host for alive that is not seen from inside a run", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* isHostAlive(table("boot/12"), host(900, "boot:55"), true))
      assert.isFalse(yield* isHostAlive(table("boot/12"), host(900, "boot:55"), false))
      // A namespace is no longer written down by the same host alone.
      assert.isTrue(yield* isHostAlive(table("boot/12"), host(7, "boot:100"), false))
    }),
  )
})
