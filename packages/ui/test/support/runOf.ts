/** A run, made up for tests. */
import type { Run } from "../../src/api/types.ts"

export const runId = "run_0000000000000001"

export const runOf = (more: Partial<Run> = {}): Run => ({
  id: runId,
  scope: { platform: "local", tenant: "local", workspace: "local-workspace" },
  request: { provider: "claude", prompt: "Look at the parser", cwd: "/home/ada/parser" },
  state: "running",
  createdAt: 0,
  updatedAt: 0,
  host: { id: "h", pid: 1, startTime: "1" },
  attempts: [{ number: 1, startedAt: 0 }],
  lastSeq: 0,
  unknownLines: 0,
  redactionCount: 0,
  ...more,
})
