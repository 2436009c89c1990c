/** The words and the tone for a run's state, the same on every screen. */

const labels = {
  queued: ["Waiting", "quiet"],
  starting: ["Starting", "busy"],
  running: ["Running", "busy"],
  retry_wait: ["Waiting to try again", "attention"],
  action_needed: ["Needs you", "attention"],
  succeeded: ["Succeeded", "good"],
  failed: ["Failed", "bad"],
  canceled: ["Canceled", "quiet"],
  timed_out: ["Timed out", "bad"],
  interrupted: ["Interrupted", "bad"],
  rejected: ["Refused", "bad"],
} as const satisfies Record<string, readonly [label: string, tone: Tone]>

export type Tone = "quiet" | "busy" | "good" | "bad" | "attention"

export interface StateLabel {
  readonly label: string
  readonly tone: Tone
}

/** A state that this version does not know is shown as it is spelled. */
export const stateLabel = (state: string): StateLabel => {
  const [label, tone] = Object.hasOwn(labels, state)
    ? labels[state as keyof typeof labels]
    : ([state, "quiet"] as const)
  return { label, tone }
}
