/** Which of the agents that a machine may have a new run begins with. Pure. */
import type { Diagnosis } from "../api/types.ts"

const isUsable = ({ error, profile }: Diagnosis): boolean => error === undefined && profile?.status !== "blocked"

/** Whether there is nothing but the agent that comes with Runyard and follows a script. */
export const hasOnlyScripted = (diagnoses: ReadonlyArray<Diagnosis>): boolean => {
  const usable = diagnoses.filter(isUsable)
  return usable.length > 0 && usable.every(({ provider }) => provider === "scripted")
}

/** The first that can be used; of those that cannot, the first. */
export const firstProvider = (diagnoses: ReadonlyArray<Diagnosis>): string => {
  const usable = diagnoses.filter(isUsable)
  const ready = usable.find(({ auth, provider }) => auth?.state === "ready" && provider !== "scripted")
  return (ready ?? usable[0] ?? diagnoses[0])?.provider ?? ""
}

/** Who does a demonstration: an agent that can start at once, before one that somebody would have to sign in to first. */
export const demoProvider = (diagnoses: ReadonlyArray<Diagnosis>): string => {
  const first = firstProvider(diagnoses)
  const isReady = diagnoses.some(({ auth, provider }) => provider === first && auth?.state === "ready")
  const hasScripted = diagnoses.some(({ error, provider }) => provider === "scripted" && error === undefined)
  return !isReady && hasScripted ? "scripted" : first
}
