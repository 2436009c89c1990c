/** The ways in which a run comes to its end, and what each of them does to a tree. */

/** What the scripted agent does once its trees stand: see `fixtures/agent.mjs`. */
export type Manner = "stays" | "deaf" | "stopped" | "succeeds" | "fails"

/** Of an agent that waits until somebody ends it. */
export const waitingManners = ["stays", "deaf", "stopped"] as const satisfies ReadonlyArray<Manner>

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

/** @param waiting how it waits, where it does not go by itself. */
export const mannerOf = (ending: ProcessEnding | RunEnding, waiting: (typeof waitingManners)[number]): Manner =>
  ending === "normal" ? "succeeds" : ending === "failure" ? "fails" : waiting
