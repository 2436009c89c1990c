/** The handle of a started program: its pipes, its exit, and the one way to its end. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ProcessCommand, ProcessHandle } from "../../ProcessHost.ts"
import type { EndEvidence } from "../../RunEvent.ts"
import { endContained } from "./endContained.ts"
import { endLadder } from "./endLadder.ts"
import { outputPipe } from "./outputPipe.ts"
import type { ProcessTable } from "./processTable.ts"
import { processTree } from "./processTree.ts"
import type { Started } from "./started.ts"

/** Takes the program over. `release` ends the whole tree and gives everything back. */
export const processHandle = (
  table: ProcessTable,
  program: Started,
  command: ProcessCommand,
): ProcessHandle & { readonly release: Effect.Effect<void> } => {
  const { exited, list, pid, pipes, record, signal, startTime, stderr, stdin, stdout, supervisor } = program
  const hasExited = () => Deferred.isDoneUnsafe(exited)
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
    signal,
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
      const walking =
        supervisor === undefined
          ? endLadder(ending, ladder, interrupt)
          : endContained(ending, supervisor, ladder, interrupt)
      return walking.pipe(
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
    Effect.suspend(() => {
      stdin?.destroy()
      output.destroy()
      errors.destroy()
      return supervisor?.dismiss ?? Effect.void
    }),
  )

  return {
    pid,
    record,
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
}
