/**
 * What Windows offers without native code: `taskkill /T /F` on a process whose descendants Windows still links to it.
 * Not exercised by the test suite: it runs on Linux. Descendants whose parent ended first are neither found nor ended,
 * and no marker can be read.
 */
import { execFile } from "node:child_process"
import * as Effect from "effect/Effect"
import { type ProcessTable, sendSignal, unproven } from "./processTable.ts"

const started: ProcessTable["running"] = (pid) => Effect.sync(() => (sendSignal(pid, 0) ? 0 : undefined))

export const taskkill: ProcessTable = {
  list: Effect.succeed([]),
  since: () => Effect.succeed(unproven(Effect.succeed([]))),
  marked: () => Effect.succeed({ pids: new Set<number>(), unclear: true }),
  markers: () => Effect.succeed({ byPid: new Map<number, string>() }),
  startTime: started,
  running: started,
  boot: Effect.succeed(""),
  elsewhere: () => Effect.succeed(false),
  kill: ({ pid }) =>
    Effect.callback((resume) => {
      execFile("taskkill", ["/PID", String(pid), "/T", "/F"], { windowsHide: true }, () => resume(Effect.void))
    }),
  pipes: () => Effect.succeed(new Set()),
  holders: () => Effect.succeed(new Set()),
}
