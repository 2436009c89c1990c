/** Runyard's web UI. What is here so far: how states are called. */
export { stateLabel } from "./stateLabel.ts"
export type { StateLabel, Tone } from "./stateLabel.ts"
