/** Whether the form of a new run knows enough to start one, and why not. Pure. */
import type { Diagnosis } from "../api/types.ts"

export interface Readiness {
  /** `later`: what is missing comes by itself, so that a start can wait for it. `not yet`: the form is not filled yet. */
  readonly state: "ready" | "later" | "not yet" | "never"
  readonly reason: string
}

const ready: Readiness = { state: "ready", reason: "" }

interface Known {
  /** Nothing was written, and what the server offers to begin with is not known. */
  readonly unfilled: boolean
  readonly provider: string
  readonly diagnoses: ReadonlyArray<Diagnosis> | undefined
  readonly failed: boolean
  /** Options were written, and how they are read is not known. */
  readonly unreadable: boolean
}

export const readinessOf = ({ diagnoses, failed, provider, unfilled, unreadable }: Known): Readiness => {
  if (unfilled) return { state: "not yet", reason: "Asking the server what there is…" }
  if (provider === "") {
    if (diagnoses?.length === 0) return { state: "never", reason: "This server has no agent" }
    if (diagnoses === undefined && failed) return { state: "never", reason: "It is not known which agents there are" }
    return { state: "later", reason: "Looking for agents…" }
  }
  return unreadable ? { state: "later", reason: "Reading what the agent may be told…" } : ready
}
