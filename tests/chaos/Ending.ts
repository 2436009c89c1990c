/** The ways in which a run comes to its end, and what each of them does to a tree. */

/** What the scripted agent does once its trees stand: see `fixtures/agent.mjs`. */
export type Manner = "stays" | "deaf" | "succeeds" | "fails"

/** Of a process, without a run around it. */
export const processEndings = ["normal", "failure", "polite", "forced", "scope", "killed"] as const
export type ProcessEnding = (typeof processEndings)[number]

/** Of a run, by a whole Runyard. */
export const runEndings = [
  "normal",
  "failure",
  "cancel",
  "forced cancel",
  "wall timeout",
  "idle timeout",
  "shutdown",
  "host killed",
  "CLI killed",
] as const
export type RunEnding = (typeof runEndings)[number]

/** Whether the agent goes by itself, so that nobody has to end it. */
export const mannerOf = (ending: ProcessEnding | RunEnding, isDeaf: boolean): Manner =>
  ending === "normal" ? "succeeds" : ending === "failure" ? "fails" : isDeaf ? "deaf" : "stays"
