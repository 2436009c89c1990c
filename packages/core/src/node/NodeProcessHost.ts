/**
 * Runs processes with Node and ends whole trees of them.
 *
 * Members of a tree are found by parentage, group, session, a variable in their environment, and the pipes they
 * inherited. On Linux that misses only a process that gave up all of these. macOS shows neither pipes nor sessions;
 * on Windows `taskkill /T /F` is all there is. Neither of the two is covered by the tests.
 */
import { type ChildProcess, spawn as spawnProcess, type StdioOptions } from "node:child_process"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ProcessHost, type ProcessCommand, type ProcessHandle } from "../ProcessHost.ts"
import type { HostIdentity, ProcessExit } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import { runyardError, type RunyardError } from "../RunyardError.ts"
import { endLadder } from "./internal/endLadder.ts"
import { endLeftovers } from "./internal/endLeftovers.ts"
import { isHostAlive } from "./internal/isHostAlive.ts"
import { outputPipe } from "./internal/outputPipe.ts"
import { platformTable } from "./internal/platformTable.ts"
import { processTree } from "./internal/processTree.ts"
import { markerVariable, type ProcessTable } from "./internal/processTable.ts"
import { refuse, spawnError } from "./internal/spawnError.ts"

/** A child whose output is piped; its input is, too, unless it was to be closed. */
const start = (command: ProcessCommand): Effect.Effect<ChildProcess, RunyardError> =>
  Effect.callback((resume) => {
    const refusal = refuse(command)
    if (refusal !== undefined) return resume(Effect.fail(refusal))
    const stdio: StdioOptions = [command.stdin.kind === "closed" ? "ignore" : "pipe", "pipe", "pipe"]
    // A null prototype: Node takes inherited properties of `env` for variables.
    const env: NodeJS.ProcessEnv = Object.assign(Object.create(null), command.env, { [markerVariable]: command.marker })
    try {
      const child = spawnProcess(command.program, command.args, {
        cwd: command.cwd,
        env,
        stdio,
        // A session of its own: its group can be signalled, and no terminal of ours reaches it.
        detached: process.platform !== "win32",
        windowsHide: true,
      })
      child.on("error", (error) => resume(Effect.fail(spawnError(error, command))))
      if (child.pid !== undefined) resume(Effect.succeed(child))
    } catch (error) {
      resume(Effect.fail(spawnError(error as NodeJS.ErrnoException, command)))
    }
  })

const makeHandle = (
  table: ProcessTable,
  child: ChildProcess,
  command: ProcessCommand,
): Effect.Effect<ProcessHandle & { readonly release: Effect.Effect<void> }, RunyardError> =>
  Effect.gen(function* () {
    const { pid, stdin, stdout, stderr } = child
    if (pid === undefined || stdout === null || stderr === null) {
      return yield* Effect.die(new Error("spawn gave a child without a pid or pipes"))
    }
    const exited = Deferred.makeUnsafe<ProcessExit>()
    child.on("exit", (code, signal) => void Deferred.doneUnsafe(exited, Effect.succeed({ code, signal })))
    const hasExited = () => Deferred.isDoneUnsafe(exited)

    // All of this happens in the turn of the spawn: Node cannot have reaped the child, so the pid is still its own.
    const startTime = (yield* table.startTime(pid)) ?? 0
    const pipes = yield* table.pipes(pid)
    const list = yield* table.since(pid)
    const output = outputPipe(stdout)
    const errors = outputPipe(stderr)
    // EPIPE and the like: the child does not want its input, which is its own business.
    stdin?.on("error", () => {})
    if (command.stdin.kind === "text") stdin?.end(command.stdin.text)

    const closeStdin = Effect.sync(() => void stdin?.end())
    const tree = processTree(table, command.marker, { pid, startTime, list })
    const hurry = Deferred.makeUnsafe<void>()
    const ending = {
      table,
      tree,
      list,
      startTime,
      hasExited,
      exited: Deferred.await(exited),
      hurry: Deferred.await(hurry),
      isHurried: () => Deferred.isDoneUnsafe(hurry),
      closeStdin,
      signal: (signal: NodeJS.Signals) => void child.kill(signal),
      pipes,
      arePipesOpen: () => !output.isEnded() || !errors.isEnded(),
      abandonPipes: () => {
        output.abandon()
        errors.abandon()
      },
    }

    let walk: Deferred.Deferred<EndEvidence> | undefined
    const end: ProcessHandle["end"] = (ladder, interrupt) =>
      Effect.suspend(() => {
        // Who brings no polite step wants it gone now, and that holds for a walk under way.
        if (ladder.every((step) => step.do === "kill-tree")) Deferred.doneUnsafe(hurry, Effect.void)
        if (walk !== undefined) return Deferred.await(walk)
        const evidence = Deferred.makeUnsafe<EndEvidence>()
        walk = evidence
        // A fiber of its own: whoever asked may be interrupted, the walk goes on.
        return endLadder(ending, ladder, interrupt).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              // Survivors may be gone when somebody asks again.
              if (exit._tag !== "Success" || exit.value.survivors.length > 0) walk = undefined
              Deferred.doneUnsafe(evidence, exit)
            }),
          ),
          Effect.forkDetach({ startImmediately: true }),
          Effect.andThen(Deferred.await(evidence)),
        )
      })

    const release = Effect.andThen(
      end([]),
      Effect.sync(() => {
        stdin?.destroy()
        output.destroy()
        errors.destroy()
      }),
    )

    return {
      pid,
      record: {
        containment: "portable",
        marker: command.marker,
        root: { pid, startTime: (yield* instant(table, pid)) ?? "" },
      },
      stdout: output.text,
      stderr: errors.text,
      write: (text) =>
        Effect.callback((resume) => {
          if (stdin === null || !stdin.writable || hasExited()) return resume(Effect.void)
          const proceed = () => {
            stdin.off("drain", proceed)
            stdin.off("close", proceed)
            resume(Effect.void)
          }
          if (stdin.write(text)) return resume(Effect.void)
          stdin.on("drain", proceed)
          stdin.on("close", proceed)
          return Effect.sync(proceed)
        }),
      closeStdin,
      exit: Deferred.await(exited),
      end,
      release,
    }
  })

const isExecutable = (file: string): boolean => {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** Where a name may be: Windows adds the endings that it takes for programs. */
const candidates = (nameOrPath: string, env: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const windows = process.platform === "win32"
  const isPath = nameOrPath.includes("/") || (windows && nameOrPath.includes("\\"))
  const variable = env["PATH"] ?? (windows ? env["Path"] : undefined) ?? ""
  // An empty entry would mean the current directory: a name must never find a program of the workspace.
  const directories = variable.split(path.delimiter).filter((directory) => path.isAbsolute(directory))
  const files = isPath ? [path.resolve(nameOrPath)] : directories.map((directory) => path.join(directory, nameOrPath))
  const endings = windows && path.extname(nameOrPath) === "" ? (env["PATHEXT"] ?? ".EXE").split(";") : [""]
  return files.flatMap((file) => endings.map((ending) => file + ending))
}

const resolve = (nameOrPath: string, env: Readonly<Record<string, string>>): Effect.Effect<string, RunyardError> =>
  Effect.suspend(() => {
    const usable = nameOrPath !== "" && !nameOrPath.includes("\0")
    const files = usable ? candidates(nameOrPath, env) : []
    const found = files.find(isExecutable)
    if (found !== undefined) return Effect.succeed(found)
    const shown = JSON.stringify(nameOrPath)
    const blocked = files.find((file) => fs.existsSync(file))
    const message =
      blocked === undefined
        ? `The program ${shown} was not found ${files.length === 1 ? "there" : "on PATH"}`
        : `The program ${shown} is there, but it is not an executable file`
    return Effect.fail(runyardError("CLI_NOT_FOUND", { message, detail: { program: nameOrPath } }))
  })

/** The start time as text that no other boot of any machine repeats. */
const instant = (table: ProcessTable, pid: number): Effect.Effect<string | undefined> =>
  Effect.gen(function* () {
    const startTime = yield* table.running(pid)
    return startTime === undefined ? undefined : `${yield* table.boot}:${startTime}`
  })

const make = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  const table = platformTable(process.platform)
  const self: HostIdentity = {
    id: randomUUID(),
    pid: process.pid,
    startTime: (yield* instant(table, process.pid)) ?? "",
  }
  return ProcessHost.of({
    self,
    isAlive: (host) => isHostAlive(table, host, process.env[markerVariable] !== undefined),
    spawn: (command) =>
      Effect.acquireRelease(
        Effect.flatMap(start(command), (child) => makeHandle(table, child, command)),
        (handle) => handle.release,
      ),
    endLeftovers: (leftovers) => endLeftovers(table, leftovers),
    containment: Effect.succeed({ containment: "portable", message: "Processes are searched for.", refused: [] }),
    resolve: (nameOrPath) => resolve(nameOrPath, env),
    env,
  })
})

/** The environment of this program. */
export const processEnv = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/**
 * Processes of this machine, as children of this program.
 * @param env what children's environments are picked from, and whose PATH is searched. Default: this program's.
 */
export const layer = (env: Readonly<Record<string, string>> = processEnv()): Layer.Layer<ProcessHost> =>
  Layer.effect(ProcessHost, make(env))
