/** A request as promises are given it. */
import type { RunRequest } from "@runyard/core"

/** A request without the noise: `cwd` defaults to the program's own directory. */
export type StartRequest = Omit<typeof RunRequest.Encoded, "cwd"> & { readonly cwd?: string }
