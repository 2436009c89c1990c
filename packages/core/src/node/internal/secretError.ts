/** Failures of what keeps secrets, without anything that could quote one. */
import * as Effect from "effect/Effect"
import { type RunyardError, runyardError } from "../../RunyardError.ts"

export const unavailable = (message: string, detail: RunyardError["detail"] = {}): RunyardError =>
  runyardError("SECRET_STORE_UNAVAILABLE", { message, detail })

/** Touches files; what the system says is kept as its code alone. */
export const onDisk = <A>(use: () => Promise<A>): Effect.Effect<A, RunyardError> =>
  Effect.tryPromise({
    try: use,
    catch: (cause) => {
      const error = (cause as NodeJS.ErrnoException).code ?? "unknown"
      return unavailable(`The directory of the secrets cannot be used: ${error}`, { error })
    },
  })
