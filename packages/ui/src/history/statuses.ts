import type { RunState } from "../api/types.ts"
import type { RunStatus } from "../routes/runsSearch.ts"

/** What each choice is called, and which states it stands for. */
export const statuses: Readonly<
  Record<RunStatus, { readonly label: string; readonly states: ReadonlyArray<RunState> }>
> = {
  active: { label: "Running", states: ["starting", "running"] },
  waiting: { label: "Waiting", states: ["queued", "retry_wait"] },
  "needs-you": { label: "Needs you", states: ["action_needed"] },
  succeeded: { label: "Succeeded", states: ["succeeded"] },
  failed: { label: "Failed", states: ["failed", "timed_out", "interrupted", "rejected"] },
  canceled: { label: "Canceled", states: ["canceled"] },
}
