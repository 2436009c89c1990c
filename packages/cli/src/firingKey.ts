/** The name under which somebody asks for a run of a schedule. */
import { FiringKey, runyardError, type RunyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const decode = Schema.decodeUnknownEffect(FiringKey)

/** Fails with `QUEUE_REQUEST_INVALID`. */
export const readKey = (key: string | undefined): Effect.Effect<FiringKey | undefined, RunyardError> =>
  key === undefined
    ? Effect.undefined
    : Effect.mapError(decode(key), () =>
        runyardError("QUEUE_REQUEST_INVALID", {
          message: "An idempotency key has 1 to 150 visible ASCII characters",
        }),
      )
