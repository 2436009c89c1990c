/** Starts a program as a child of this one, in a session of its own, with nothing that holds its processes together. */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import * as fs from "node:fs"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ProcessCommand } from "../../ProcessHost.ts"
import type { ProcessExit } from "../../Run.ts"
import type { RunyardError } from "../../RunyardError.ts"
import { markerVariable, type ProcessTable } from "./processTable.ts"
import { moved, spawnError } from "./spawnError.ts"
import { identify, type Started } from "./started.ts"

/**
 * Where the directory that is held has no path of its own, its name is looked at once more, as late as can be: a name that
 * changes between here and the child's own `chdir` is not noticed.
 */
const isStillThere = ({ cwd, held }: ProcessCommand): boolean => {
  if (held === undefined || held.handle !== undefined) return true
  const now = fs.statSync(cwd, { bigint: true })
  return `${now.dev}:${now.ino}` === held.identity
}

/** A child whose output is piped; its input is, too, unless it was to be closed. */
const spawnChild = (command: ProcessCommand): Effect.Effect<ChildProcess, RunyardError> =>
  Effect.callback((resume) => {
    const stdio: StdioOptions = [command.stdin.kind === "closed" ? "ignore" : "pipe", "pipe", "pipe"]
    // A null prototype: Node takes inherited properties of `env` for variables.
    const env: NodeJS.ProcessEnv = Object.assign(Object.create(null), command.env, { [markerVariable]: command.marker })
    try {
      if (!isStillThere(command)) return resume(Effect.fail(spawnError(moved(), command)))
      const child = spawn(command.program, command.args, {
        // The child resolves it before it lets go of what it has open, so that no other directory can come in between.
        cwd: command.held?.handle ?? command.cwd,
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

export const startAlone = Effect.fnUntraced(function* (
  table: ProcessTable,
  command: ProcessCommand,
): Effect.fn.Return<Started, RunyardError> {
  const child = yield* spawnChild(command)
  const { pid, stderr, stdin, stdout } = child
  if (pid === undefined || stdout === null || stderr === null) {
    return yield* Effect.die(new Error("spawn gave a child without a pid or pipes"))
  }
  const exited = Deferred.makeUnsafe<ProcessExit>()
  child.on("exit", (code, signal) => void Deferred.doneUnsafe(exited, Effect.succeed({ code, signal })))
  // All of this happens in the turn of the spawn: Node cannot have reaped the child, so the pid is still its own.
  return {
    pid,
    startTime: (yield* table.startTime(pid)) ?? 0,
    record: { containment: "portable", marker: command.marker, root: yield* identify(table, pid) },
    stdin,
    stdout,
    stderr,
    exited,
    signal: (signal) => void child.kill(signal),
    pipes: yield* table.pipes(pid),
    list: yield* table.since(pid),
  }
})
