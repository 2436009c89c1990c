/** The promise face of Runyard. The Effect services are in `@runyard/core`. */
export { appLayer, bundledAdapters } from "./AppLayer.ts"
export type { AppOptions } from "./AppLayer.ts"
export type { StartRequest } from "./StartRequest.ts"
export type { ScheduleRequest, YardSchedules } from "./yardSchedules.ts"
export { open } from "./open.ts"
export type { OpenOptions, RunHandle, StartOptions, Yard, YardQueue } from "./open.ts"
export { RunyardError } from "@runyard/core"
export type { LedgerEntry, LedgerFilter, LedgerSum, Run, RunEvent, RunRequest } from "@runyard/core"
