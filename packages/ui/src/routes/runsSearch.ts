import { searchText } from "./searchText.ts"

/** States that are looked for together. */
export const runStatuses = ["active", "waiting", "needs-you", "succeeded", "failed", "canceled"] as const
export type RunStatus = (typeof runStatuses)[number]

export interface RunsSearch {
  readonly provider?: string
  readonly status?: RunStatus
  /** Words of the prompt or the title. */
  readonly q?: string
  /** The run whose details are open. */
  readonly run?: string
}

export const runsSearch = (search: Readonly<Record<string, unknown>>): RunsSearch => {
  const provider = searchText(search["provider"], /^[a-z][a-z0-9-]{0,39}$/)
  const status = runStatuses.find((each) => each === search["status"])
  const q = searchText(search["q"], /^[^\0]{1,200}$/)
  const run = searchText(search["run"], /^run_[0-9a-z]{16,40}$/)
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(status === undefined ? {} : { status }),
    ...(q === undefined ? {} : { q }),
    ...(run === undefined ? {} : { run }),
  }
}
