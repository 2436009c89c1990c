/** How a run was ended, in one line for people. Pure. */
import type { EndEvidence, RunEvent } from "@runyard/core"
import { terminalText } from "@runyard/core/TerminalText"

const oneLine = (text: string): string => terminalText(text).trim().replaceAll(/\s+/g, " ").slice(0, 200)

const seconds = (millis: number): string =>
  millis < 10_000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`

const stepText = (step: string, survived: boolean): string => {
  if (survived) return "nothing worked"
  switch (step) {
    case "exited":
      return "exited by itself"
    case "swept":
      return "what it had left behind was killed"
    case "kill-tree":
      return "kill worked"
    default:
      return `${oneLine(step)} worked`
  }
}

/** `SIGINT worked, 43 ms, 3 processes, none left`. The CLI itself is counted. */
export const evidenceText = ({ step, durationMillis, descendants, survivors }: EndEvidence): string =>
  [
    stepText(step, survivors.length > 0),
    seconds(durationMillis),
    descendants === 0 ? "1 process" : `${descendants + 1} processes`,
    survivors.length === 0 ? "none left" : `still alive: ${survivors.join(", ")}`,
  ].join(", ")

/** Why the run ended when its agent did not end it; empty where there is nothing to tell. */
const reasonText = (event: RunEvent): string => {
  switch (event.type) {
    case "run.canceled": {
      const { by, reason } = event.payload
      return `canceled by ${oneLine(by)}${reason === undefined ? "" : ` (${oneLine(reason)})`}`
    }
    case "run.timed_out":
      return `over its ${event.payload.limit} limit`
    case "run.completed":
    case "run.failed":
    case "run.action_needed":
      return event.payload.lingered === true ? "stayed after its result" : ""
    default:
      return ""
  }
}

/** The line for a run's last event; empty for any other event, and for an end that there is nothing to tell about. */
export const endingText = (event: RunEvent): string => {
  switch (event.type) {
    case "run.completed":
    case "run.failed":
    case "run.canceled":
    case "run.timed_out":
    case "run.interrupted":
    case "run.action_needed": {
      const { evidence } = event.payload
      const ended = evidence === undefined ? "it had no process" : evidenceText(evidence)
      const reason = reasonText(event)
      if (reason === "") return evidence === undefined ? "" : evidenceText(evidence)
      return `${reason}: ${ended}`
    }
    default:
      return ""
  }
}
