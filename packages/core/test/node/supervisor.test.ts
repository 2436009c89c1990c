/** What only a supervisor can do: end a run whose host is gone, and be missed when it is itself ended. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { NodeProcessHost } from "../../src/node/index.ts"
import { ProcessHost } from "../../src/ProcessHost.ts"
import { alive, tiers } from "./containments.ts"
import { programAt } from "../../../../tests/support/programs.ts"

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
const directory = fs.realpathSync(os.tmpdir())

/** Looks again until it is so; a tree that nobody waits for any more tells nobody when it is gone. */
const until = (what: () => boolean) =>
  Effect.gen(function* () {
    while (!what()) yield* Effect.sleep(5)
  }).pipe(Effect.timeout("10 seconds"))

/** A file to which a process of the tree writes as long as it lives. */
const size = (file: string): number => (fs.existsSync(file) ? fs.statSync(file).size : -1)

let runs = 0
for (const { containment, missing } of tiers.filter((tier) => tier.containment !== "portable")) {
  describe.skipIf(missing !== "")(`a supervisor with ${containment}${missing}`, () => {
    const marker = () => `supervised-${process.pid}-${(runs += 1)}`
    const hostLayer = NodeProcessHost.layer(undefined, { containment })

    it.live("ends the whole tree when the host is killed", () =>
      Effect.gen(function* () {
        const name = marker()
        const beat = path.join(directory, `${name}.beat`)
        const host = spawn(process.execPath, [...programAt(fixture("host.ts")), containment, name, beat], {
          stdio: ["ignore", "pipe", "inherit"],
        })
        const lines = createInterface({ input: host.stdout })
        yield* Effect.promise(() => once(lines, "line"))
        assert.isAtLeast(alive(name).length, 3)
        const exited = once(host, "exit")
        host.kill("SIGKILL")
        yield* Effect.promise(() => exited)
        yield* until(() => alive(name).length === 0)
        // The daemon without an environment is found by what it writes.
        const last = size(beat)
        assert.isAbove(last, 0)
        yield* Effect.sleep(60)
        assert.strictEqual(size(beat), last)
        fs.rmSync(beat)
      }),
    )

    const withTree = <A>(
      name: string,
      body: (handle: Effect.Success<ReturnType<ProcessHost["Service"]["spawn"]>>) => Effect.Effect<A>,
    ) =>
      Effect.gen(function* () {
        const host = yield* ProcessHost
        const handle = yield* host.spawn({
          program: process.execPath,
          args: [fixture("tree.mjs"), "ignore", "child", "session", "daemon"],
          env: {},
          cwd: directory,
          stdin: { kind: "closed" },
          marker: name,
        })
        yield* Stream.runHead(handle.stdout).pipe(Effect.orDie)
        return yield* body(handle)
      }).pipe(Effect.scoped, Effect.provide(hostLayer))

    it.live("is missed when somebody kills it, and the tree is ended all the same", () =>
      Effect.gen(function* () {
        const name = marker()
        const evidence = yield* withTree(name, (handle) =>
          Effect.gen(function* () {
            const { supervisor } = handle.record
            assert.isDefined(supervisor)
            if (supervisor !== undefined) process.kill(supervisor.pid, "SIGKILL")
            assert.deepStrictEqual(yield* handle.exit, { code: null, signal: null })
            return yield* handle.end([])
          }),
        )
        assert.deepStrictEqual(evidence.survivors, [])
        assert.strictEqual(evidence.proof, "sweep")
        assert.deepStrictEqual(alive(name), [])
      }),
    )

    it.live("does not hold up the end when somebody has stopped it", () =>
      Effect.gen(function* () {
        const name = marker()
        const evidence = yield* withTree(name, (handle) =>
          Effect.gen(function* () {
            const { supervisor } = handle.record
            if (supervisor !== undefined) process.kill(supervisor.pid, "SIGSTOP")
            return yield* handle.end([{ do: "signal", signal: "SIGTERM", waitMillis: 50 }])
          }),
        )
        assert.deepStrictEqual(evidence.survivors, [])
        assert.isBelow(evidence.durationMillis, 6_000)
        assert.deepStrictEqual(alive(name), [])
      }),
    )

    it.live("tells the signal that ended the program, and gives it nothing but its own descriptors", () =>
      Effect.gen(function* () {
        const host = yield* ProcessHost
        const script = 'for fd in /proc/self/fd/*; do echo "${fd##*/}"; done; kill -QUIT $$'
        const said = yield* Effect.scoped(
          Effect.gen(function* () {
            const handle = yield* host.spawn({
              program: "/bin/sh",
              args: ["-c", script],
              env: {},
              cwd: "/",
              stdin: { kind: "closed" },
              marker: marker(),
            })
            const text = yield* Stream.mkString(handle.stdout)
            assert.deepStrictEqual(yield* handle.exit, { code: null, signal: "SIGQUIT" })
            return text
          }),
        )
        // The shell's own directory handle is 3.
        assert.deepStrictEqual(said.trim().split("\n"), ["0", "1", "2", "3"])
      }).pipe(Effect.provide(hostLayer)),
    )
  })
}

describe("a containment that is not to be had", () => {
  it.live("starts nothing, and says what is missing", () =>
    Effect.gen(function* () {
      const host = yield* ProcessHost
      const error = yield* Effect.flip(
        Effect.scoped(
          host.spawn({ program: "/bin/true", args: [], env: {}, cwd: "/", stdin: { kind: "closed" }, marker: "none" }),
        ),
      )
      assert.strictEqual(error.code, "CLI_CONTAINMENT_UNAVAILABLE")
      assert.include(error.message, "choose one of auto, pid-namespace")
    }).pipe(Effect.provide(NodeProcessHost.layer(undefined, { containment: "jail" as never }))),
  )
})
