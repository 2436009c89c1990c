/** Events for tests: one plausible draft of each kind that moves a run. */
import type { HostIdentity, ProcessRecord, RunRequest } from "../Run.ts"
import { localScope, RunId } from "../Run.ts"
import type { EventDraft, EventType, Payloads } from "../RunEvent.ts"
import { errorInfo } from "../RunyardError.ts"

/** A run id that is valid and tells its number. */
export const testRunId = (n: number): RunId => RunId.make(`run_${String(n).padStart(16, "0")}`)

export const testHost: HostIdentity = { id: "host-1", pid: 1, startTime: "1" }
export const testRequest: RunRequest = { provider: "fake", prompt: "say hello", cwd: "/work" }

/** Milliseconds since the epoch, for every event of these. */
const instant = 1_700_000_000_000

export const draft = <K extends EventType>(
  type: K,
  payload: Payloads[K],
  change: Partial<Omit<EventDraft, "type" | "payload">> = {},
): EventDraft =>
  ({
    type,
    payload,
    attempt: 1,
    at: instant,
    mono: 0,
    channel: "transcript",
    severity: "info",
    correlation: {},
    redactions: [],
    ...change,
    // A type parameter does not distribute over the union of drafts.
  }) as EventDraft

export const queued = (request: Partial<RunRequest> = {}, scope = localScope): EventDraft =>
  draft("run.queued", { scope, host: testHost, request: { ...testRequest, ...request } }, { attempt: 0 })

export const claimedBy = (host: HostIdentity): EventDraft => draft("queue.claimed", { host })
export const claimed: EventDraft = claimedBy({ id: "host-2", pid: 2, startTime: "2" })

const start: Payloads["run.started"] = {
  executable: "/bin/fake",
  version: "1.2.3",
  pid: 42,
  args: ["--json"],
  cwd: "/work",
  env: ["PATH"],
  format: "lines",
  marker: "m-1",
  showsTools: true,
  process: {
    containment: "pid-namespace",
    marker: "m-1",
    root: { pid: 42, startTime: "boot:4200" },
    supervisor: { pid: 41, startTime: "boot:4100" },
  },
}
export const started: EventDraft = draft("run.started", start)

/** The same of a process that is really there, or was. */
export const startedAs = (process: ProcessRecord): EventDraft =>
  draft("run.started", { ...start, pid: process.root.pid, marker: process.marker, process })

export const chunk = (text: string): EventDraft => draft("run.chunk.stdout", { text, reason: "text" })
export const message = (text: string): EventDraft => draft("agent.message", { text })
export const session = (sessionId: string): EventDraft => draft("agent.session", { sessionId, model: "fake-1" })
export const exited: EventDraft = draft("run.progress", { phase: "process_ended", exit: { code: 0, signal: null } })
export const completed: EventDraft = draft("run.completed", { exit: { code: 0, signal: null }, structured: null })
export const failed: EventDraft = draft("run.failed", { error: errorInfo("CLI_CRASHED") })

/** A run that is live. */
export const opening = (request: Partial<RunRequest> = {}): ReadonlyArray<EventDraft> => [
  queued(request),
  claimed,
  started,
]
