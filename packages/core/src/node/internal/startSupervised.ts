/** Starts a program under a supervisor, which holds all that comes of it together. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ProcessCommand } from "../../ProcessHost.ts"
import type { RunyardError } from "../../RunyardError.ts"
import { type ProcessTable, unproven } from "./processTable.ts"
import { killBoundMillis } from "./processTree.ts"
import { spawnError } from "./spawnError.ts"
import { identify, type Started } from "./started.ts"
import type { Supervisor } from "./supervisor.ts"
import { containmentOf } from "./supervisorProgram.ts"

export const startSupervised = Effect.fnUntraced(function* (
  table: ProcessTable,
  supervisor: Supervisor,
  command: ProcessCommand,
): Effect.fn.Return<Started, RunyardError> {
  const { exited, signal, stderr, stdin, stdout, tier } = supervisor
  const { pid, startTime } = yield* supervisor.launch(command).pipe(
    Effect.mapError((error) => spawnError(error, command)),
    // It may run all the same, where only the answer was late.
    Effect.tapError(() => {
      supervisor.end(0)
      const gone = Effect.timeoutOption(Deferred.await(supervisor.gone), killBoundMillis)
      return Effect.andThen(gone, supervisor.dismiss)
    }),
  )
  const isClosed = command.stdin.kind === "closed"
  if (isClosed) stdin.destroy()
  return {
    pid,
    startTime,
    record: {
      containment: containmentOf(tier),
      marker: command.marker,
      root: { pid, startTime: startTime === 0 ? "" : `${yield* table.boot}:${startTime}` },
      supervisor: yield* identify(table, supervisor.pid),
    },
    stdin: isClosed ? null : stdin,
    stdout,
    stderr,
    exited,
    signal,
    // For the search, should the supervisor be lost.
    pipes: new Set(),
    list: unproven(table.list),
    supervisor,
  }
})
