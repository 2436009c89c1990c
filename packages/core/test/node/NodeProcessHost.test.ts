import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { NodeProcessHost, NodeWorkspace } from "../../src/node/index.ts"
import { type ProcessCommand, type ProcessHandle, ProcessHost } from "../../src/ProcessHost.ts"
import type { RunyardError } from "../../src/RunyardError.ts"
import { Workspace } from "../../src/Workspace.ts"
import { alive, isAlive, outside, tiers } from "./containments.ts"

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
const directory = fs.realpathSync(os.tmpdir())
let runs = 0

const command = (program: string, args: ReadonlyArray<string>, options: Partial<ProcessCommand> = {}) => ({
  program: process.execPath,
  args: [fixture(program), ...args],
  env: {},
  cwd: directory,
  stdin: { kind: "closed" } as const,
  marker: `test-${process.pid}-${(runs += 1)}`,
  ...options,
})

const allOf = (text: ProcessHandle["stdout"]) => Stream.mkString(text)

/** Reads up to and including the line "ready"; what comes after stays in the pipe. */
const untilReady = (handle: ProcessHandle) =>
  handle.stdout.pipe(
    Stream.scan(
      () => "",
      (text, chunk) => text + chunk,
    ),
    Stream.takeUntil((text) => text.includes("ready\n")),
    Stream.runLast,
    Effect.map((text) => (text._tag === "Some" ? text.value : "")),
  )

/** Pids of the processes that the fixture says it has started. Ask while they live. */
const treePids = (handle: ProcessHandle) =>
  Effect.map(untilReady(handle), (text) => {
    const { pids } = JSON.parse(text.split("\n")[0] ?? "") as { readonly pids: Array<number> }
    return handle.record.containment === "pid-namespace" ? pids.map(outside) : pids
  })

const term = { do: "signal", signal: "SIGTERM", waitMillis: 150 } as const
const int = { do: "signal", signal: "SIGINT", waitMillis: 5000 } as const

for (const { containment, missing } of tiers) {
  describe.skipIf(missing !== "")(`with ${containment}${missing}`, () => {
    const hostLayer = NodeProcessHost.layer(undefined, { containment })

    /** Runs the body with the started command, then asserts that nothing with its marker is left. */
    const withProcess = <A>(
      what: ProcessCommand,
      body: (handle: ProcessHandle, host: ProcessHost["Service"]) => Effect.Effect<A, RunyardError>,
    ) =>
      Effect.gen(function* () {
        const host = yield* ProcessHost
        const result = yield* Effect.scoped(Effect.flatMap(host.spawn(what), (handle) => body(handle, host)))
        assert.deepStrictEqual(alive(what.marker), [], "processes of the run are alive")
        return result
      }).pipe(Effect.provide(hostLayer))

    describe("NodeProcessHost.spawn", () => {
      it.live("gives the child exactly the arguments, environment and directory that were asked for", () => {
        const args = ["", "a b", "$HOME", "`id`", "--flag=ü\n", "*"]
        const what = command("report-invocation", args, { env: { ONE: "1", EMPTY: "", MULTI: "a\nb=c" } })
        return withProcess(what, (handle) =>
          Effect.gen(function* () {
            const report = JSON.parse(yield* allOf(handle.stdout))
            assert.deepStrictEqual(report.argv, args)
            assert.deepStrictEqual(
              report.env.toSorted(),
              ["EMPTY=", "MULTI=a\nb=c", "ONE=1", `RUNYARD_RUN=${what.marker}`].toSorted(),
            )
            assert.strictEqual(report.cwd, directory)
            assert.strictEqual(report.input, "device")
            // In a namespace of its own it has another number.
            if (containment !== "pid-namespace") assert.strictEqual(report.pid, handle.pid)
            assert.strictEqual(report.group, report.pid)
            assert.deepStrictEqual(yield* handle.exit, { code: 0, signal: null })
          }),
        )
      })

      it.live("writes a text to stdin and ends it", () => {
        const text = "ü".repeat(150_000)
        return withProcess(command("echo-stdin", [], { stdin: { kind: "text", text } }), (handle) =>
          Effect.gen(function* () {
            assert.include(yield* allOf(handle.stdout), "end 300000\n")
          }),
        )
      })

      it.live("does not wait for a child that never reads its stdin", () =>
        withProcess(command("never-reads", [], { stdin: { kind: "text", text: "x".repeat(4_000_000) } }), (handle) =>
          Effect.gen(function* () {
            assert.strictEqual(yield* allOf(handle.stdout), "ready\n")
            assert.deepStrictEqual(yield* handle.exit, { code: 0, signal: null })
          }),
        ),
      )

      it.live("keeps an open stdin for writes until it is closed", () =>
        withProcess(command("echo-stdin", [], { stdin: { kind: "open" } }), (handle) =>
          Effect.gen(function* () {
            yield* handle.write("one\n")
            const echo = yield* handle.stdout.pipe(
              Stream.takeUntil((text) => text.includes("one\n")),
              Stream.mkString,
            )
            assert.include(echo, "one\n")
            yield* handle.write("y".repeat(1_000_000))
            yield* handle.closeStdin
            const text = yield* allOf(handle.stdout)
            assert.include(text, "end 1000004\n")
            yield* handle.write("too late")
          }),
        ),
      )

      it.live("waits in a write while a child does not read, and lets go when the child is gone", () =>
        withProcess(command("never-reads", ["stay"], { stdin: { kind: "open" } }), (handle) =>
          Effect.gen(function* () {
            yield* untilReady(handle)
            const writing = yield* Effect.forkChild(handle.write("z".repeat(10_000_000)), { startImmediately: true })
            assert.isUndefined(writing.pollUnsafe())
            yield* handle.end([])
            yield* Fiber.join(writing)
          }),
        ),
      )

      it.live("decodes UTF-8 whatever way the bytes are cut, and bad bytes as U+FFFD", () => {
        const bytes = ["61e2", "82", "acf0", "9f98", "80", "ff", "c3", "41e282"]
        return withProcess(command("write-bytes", bytes), (handle) =>
          Effect.gen(function* () {
            assert.strictEqual(yield* allOf(handle.stdout), "a€😀\uFFFD\uFFFDA\uFFFD")
          }),
        )
      })

      it.live("stops a child that nobody reads, in bounded memory, and then loses nothing", () => {
        const progress = path.join(directory, `runyard-progress-${process.pid}`)
        return withProcess(command("write-much", ["64", progress]), (handle) =>
          Effect.gen(function* () {
            const before = process.memoryUsage().rss
            const read = () => Number(fs.existsSync(progress) ? fs.readFileSync(progress, "utf8") || "0" : "0")
            const first = yield* handle.stdout.pipe(Stream.take(1), Stream.mkString)
            // It can only have what the pipe and one buffer hold: far less than the 64 MiB that it wants to write.
            for (let same = 0, last = -1; same < 10; same = last === read() ? same + 1 : 0) {
              last = read()
              yield* Effect.sleep(20)
            }
            assert.isBelow(read(), 3)
            assert.isBelow(process.memoryUsage().rss - before, 64 * 1024 * 1024)
            const rest = yield* Stream.runFold(
              handle.stdout,
              () => 0,
              (length, chunk) => length + chunk.length,
            )
            assert.strictEqual(first.length + rest, 64 * 1024 * 1024)
          }),
        ).pipe(Effect.ensuring(Effect.sync(() => fs.rmSync(progress, { force: true }))))
      })

      it.live("keeps the output of a child that exited before anybody read it", () =>
        withProcess(command("tree", ["exit=3"]), (handle) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* handle.exit, { code: 3, signal: null })
            yield* handle.end([])
            assert.include(yield* allOf(handle.stdout), "ready\n")
          }),
        ),
      )

      const failing = (what: Partial<ProcessCommand>) =>
        Effect.gen(function* () {
          const host = yield* ProcessHost
          return yield* Effect.flip(Effect.scoped(host.spawn(command("tree", ["exit=0"], what))))
        }).pipe(Effect.provide(hostLayer))

      it.live("ends the empty pipes of programs that are gone before anybody looks", () =>
        Effect.gen(function* () {
          const host = yield* ProcessHost
          const gone = Effect.scoped(
            Effect.gen(function* () {
              const handle = yield* host.spawn(command("", [], { program: "/bin/sh", args: ["-c", ":"] }))
              return yield* Effect.all([allOf(handle.stdout), allOf(handle.stderr)], { concurrency: 2 })
            }),
          )
          const texts = yield* Effect.replicateEffect(gone, 60, { concurrency: 6 })
          assert.deepStrictEqual(new Set(texts.flat()), new Set([""]))
        }).pipe(Effect.provide(hostLayer)),
      )

      it.live("starts a program in the directory that is held, or not at all", () =>
        Effect.gen(function* () {
          const workspace = yield* Workspace
          const base = yield* workspace.scratch
          const [name, away] = [path.join(base, "name"), path.join(base, "away")]
          fs.mkdirSync(name)
          const held = yield* workspace.hold(name)
          const pwd = { program: "/bin/pwd", args: ["-P"], cwd: name, held }
          assert.strictEqual(yield* withProcess(command("", [], pwd), (handle) => allOf(handle.stdout)), `${name}\n`)
          // Another directory has its name now; where a child can be led to the one that is held, it begins there.
          fs.renameSync(name, away)
          fs.mkdirSync(name)
          const began = yield* Effect.result(withProcess(command("", [], pwd), (handle) => allOf(handle.stdout)))
          assert.strictEqual(
            began._tag === "Success" ? began.success : began.failure.code,
            containment === "portable" ? `${away}\n` : "POLICY_DIRECTORY_CHANGED",
          )
        }).pipe(Effect.scoped, Effect.provide(NodeWorkspace.layer)),
      )

      it.live("tells a missing program, a missing directory and a refused command apart", () =>
        Effect.gen(function* () {
          const code = (what: Partial<ProcessCommand>) => Effect.map(failing(what), (error) => error.code)
          assert.strictEqual(yield* code({ program: "/nowhere/agent" }), "CLI_NOT_FOUND")
          assert.strictEqual(yield* code({ cwd: "/nowhere" }), "IO_DIRECTORY_UNREADABLE")
          assert.strictEqual(yield* code({ cwd: "/etc/passwd" }), "IO_DIRECTORY_UNREADABLE")
          assert.strictEqual(yield* code({ program: fixture("tree") }), "CLI_SPAWN_FAILED")
          assert.strictEqual(yield* code({ args: ["a\0b"] }), "QUEUE_REQUEST_INVALID")
          assert.strictEqual(yield* code({ env: { A: "a\0b" } }), "QUEUE_REQUEST_INVALID")
          assert.strictEqual(yield* code({ env: { "A=B": "" } }), "QUEUE_REQUEST_INVALID")
          assert.strictEqual(yield* code({ args: ["x".repeat(3_000_000)] }), "QUEUE_REQUEST_INVALID")
        }),
      )

      it.live("ends the whole tree when its scope closes", () =>
        Effect.gen(function* () {
          const pids = yield* withProcess(command("tree", ["ignore", "child", "session", "daemon"]), treePids)
          assert.strictEqual(pids.length, 3)
          assert.deepStrictEqual(pids.filter(isAlive), [])
        }),
      )
    })

    describe("ProcessHandle.end", () => {
      it.live("stops at the first step that works", () =>
        withProcess(command("tree", ["on-sigint=7"]), (handle) =>
          Effect.gen(function* () {
            yield* untilReady(handle)
            const evidence = yield* handle.end([int, term])
            assert.strictEqual(evidence.step, "SIGINT")
            assert.deepStrictEqual(evidence.survivors, [])
            assert.deepStrictEqual(yield* handle.exit, { code: 7, signal: null })
          }),
        ),
      )

      it.live("asks by the protocol, then closes stdin", () =>
        withProcess(command("tree", ["stdin"], { stdin: { kind: "open" } }), (handle) =>
          Effect.gen(function* () {
            yield* untilReady(handle)
            let asked = 0
            const evidence = yield* handle.end(
              [
                { do: "interrupt", waitMillis: 50 },
                { do: "close-stdin", waitMillis: 5000 },
              ],
              Effect.andThen(
                Effect.sync(() => {
                  asked += 1
                }),
                Effect.never,
              ),
            )
            assert.strictEqual(asked, 1)
            assert.strictEqual(evidence.step, "close-stdin")
          }),
        ),
      )

      it.live("kills what ignores every signal, with its children, sessions and daemons", () =>
        withProcess(command("tree", ["ignore", "child", "session", "daemon"]), (handle) =>
          Effect.gen(function* () {
            const pids = yield* treePids(handle)
            const evidence = yield* handle.end([{ ...int, waitMillis: 50 }, term])
            assert.strictEqual(evidence.step, "kill-tree")
            assert.strictEqual(evidence.descendants, 3)
            assert.deepStrictEqual(evidence.survivors, [])
            assert.deepStrictEqual(pids.filter(isAlive), [])
            assert.deepStrictEqual(yield* handle.exit, { code: null, signal: "SIGKILL" })
            assert.isBelow(evidence.durationMillis, 2000)
          }),
        ),
      )

      it.live("sweeps up what a process left that exited by itself, though it holds the pipes", () =>
        withProcess(command("tree", ["exit=0", "session", "daemon"]), (handle) =>
          Effect.gen(function* () {
            const pids = yield* treePids(handle)
            yield* handle.exit
            assert.strictEqual(pids.filter(isAlive).length, 2)
            const evidence = yield* handle.end([term])
            assert.strictEqual(evidence.step, "swept")
            assert.strictEqual(evidence.descendants, 2)
            assert.deepStrictEqual(pids.filter(isAlive), [])
            assert.strictEqual(yield* allOf(handle.stdout), "")
          }),
        ),
      )

      it.live("finds a daemon that was forked in the last instant, every time", () =>
        Effect.gen(function* () {
          // The shell is gone before the daemon has even executed its program.
          const script = "setsid sleep 60 </dev/null >/dev/null 2>&1 & exit 0"
          for (let round = 0; round < 20; round += 1) {
            const what = command("tree", [], {
              program: "/bin/sh",
              args: ["-c", script],
              env: { PATH: "/usr/bin:/bin" },
            })
            yield* withProcess(what, (handle) =>
              Effect.gen(function* () {
                yield* handle.exit
                const evidence = yield* handle.end([])
                assert.strictEqual(evidence.step, "swept")
                assert.isAtLeast(evidence.descendants, 1)
              }),
            )
          }
        }),
      )

      it.live("finds an orphan that gave up its environment by the pipe that it holds", () =>
        withProcess(command("tree", ["exit=0", "nameless"]), (handle) =>
          Effect.gen(function* () {
            const pids = yield* treePids(handle)
            yield* handle.exit
            assert.strictEqual(pids.filter(isAlive).length, 1)
            const evidence = yield* handle.end([])
            assert.deepStrictEqual(pids.filter(isAlive), [])
            assert.strictEqual(evidence.step, "swept")
            assert.strictEqual(yield* allOf(handle.stdout), "")
          }),
        ),
      )

      it.live("says so when there was nothing to do", () =>
        withProcess(command("tree", ["exit=0"]), (handle) =>
          Effect.gen(function* () {
            yield* handle.exit
            const evidence = yield* handle.end([term])
            assert.strictEqual(evidence.step, "exited")
            assert.strictEqual(evidence.descendants, 0)
            assert.deepStrictEqual(yield* handle.end([term]), evidence)
          }),
        ),
      )

      it.live("is one walk for two who ask at once, and goes on when one of them is interrupted", () =>
        withProcess(command("tree", ["ignore", "session"]), (handle) =>
          Effect.gen(function* () {
            yield* untilReady(handle)
            const first = yield* Effect.forkChild(handle.end([term]), { startImmediately: true })
            const second = yield* Effect.forkChild(handle.end([{ ...int, waitMillis: 60_000 }]), {
              startImmediately: true,
            })
            yield* Fiber.interrupt(first)
            const evidence = yield* Fiber.join(second)
            assert.strictEqual(evidence.step, "kill-tree")
            assert.deepStrictEqual(yield* handle.end([term]), evidence)
          }),
        ),
      )

      it.live("hurries a polite walk when somebody wants it gone now", () =>
        withProcess(command("tree", ["ignore"]), (handle) =>
          Effect.gen(function* () {
            yield* untilReady(handle)
            const polite = yield* Effect.forkChild(handle.end([{ ...int, waitMillis: 60_000 }]), {
              startImmediately: true,
            })
            const evidence = yield* handle.end([{ do: "kill-tree", waitMillis: 0 }])
            assert.strictEqual(evidence.step, "kill-tree")
            assert.isBelow(evidence.durationMillis, 10_000)
            assert.deepStrictEqual(yield* Fiber.join(polite), evidence)
          }),
        ),
      )
    })
  })
}

describe("NodeProcessHost", () => {
  const host = Effect.provide(ProcessHost, NodeProcessHost.layer())

  it.live("ends what a dead host left behind, by its marker", () =>
    Effect.gen(function* () {
      const { endLeftovers } = yield* host
      const what = command("tree", ["ignore", "session", "daemon"])
      // Started by a shell that is gone at once: no child of this program, as after a crash.
      const script = 'cd "$1"; shift; "$@" </dev/null >/dev/null 2>&1 & '
      yield* Effect.callback<void>((resume) => {
        execFile(
          "sh",
          ["-c", script, "sh", directory, what.program, ...what.args],
          { env: { RUNYARD_RUN: what.marker } },
          () => resume(Effect.void),
        )
      })
      while (alive(what.marker).length < 3) yield* Effect.sleep(10)
      const [other] = yield* endLeftovers([{ marker: `${what.marker}0` }])
      assert.strictEqual(other?.step, "exited")
      const [evidence] = yield* endLeftovers([{ marker: what.marker }])
      assert.strictEqual(evidence?.step, "swept")
      assert.isAtLeast(evidence?.descendants ?? 0, 3)
      assert.deepStrictEqual(alive(what.marker), [])
      assert.strictEqual((yield* endLeftovers([{ marker: "" }]))[0]?.descendants, 0)
    }),
  )

  it.live("knows itself, and does not take a reused pid for a host", () =>
    Effect.gen(function* () {
      const { isAlive, self } = yield* host
      assert.isTrue(yield* isAlive(self))
      assert.isFalse(yield* isAlive({ ...self, startTime: `${self.startTime}0` }))
      assert.isFalse(yield* isAlive({ ...self, pid: 1 }))
      const other = yield* host
      assert.notStrictEqual(other.self.id, self.id)
    }),
  )

  it.live("resolves programs by name and by path, and names what it did not find", () =>
    Effect.gen(function* () {
      const { env, resolve } = yield* host
      assert.strictEqual(path.basename(yield* resolve("sh")), "sh")
      assert.strictEqual(yield* resolve("/bin/sh"), "/bin/sh")
      const missing = yield* Effect.flip(resolve("no-such-agent"))
      assert.strictEqual(missing.code, "CLI_NOT_FOUND")
      assert.include(missing.message, "no-such-agent")
      assert.strictEqual((yield* Effect.flip(resolve("/etc/passwd"))).code, "CLI_NOT_FOUND")
      assert.strictEqual((yield* Effect.flip(resolve(""))).code, "CLI_NOT_FOUND")
      assert.strictEqual(env["PATH"], process.env["PATH"])
    }),
  )
})
