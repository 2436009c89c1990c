/** Paths of the command line. */
import { resolve } from "node:path"
import { runyardError, type RunyardError } from "@runyard/core"
import * as Effect from "effect/Effect"

/**
 * The path from where this program is. Fails with `QUEUE_REQUEST_INVALID` for an empty one, which is a variable that a script
 * has not set and not a word for here; and with `IO_DIRECTORY_UNREADABLE`.
 */
export const absolutePath = (path: string): Effect.Effect<string, RunyardError> =>
  path === ""
    ? Effect.fail(
        runyardError("QUEUE_REQUEST_INVALID", {
          message: "A path is empty",
          remedy: "Name it; `.` is the one you are in.",
        }),
      )
    : Effect.try({
        try: () => resolve(path),
        catch: () =>
          runyardError("IO_DIRECTORY_UNREADABLE", { message: "The directory that this program is in is gone" }),
      })
