/** The clock that durations are measured with. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Milliseconds that no change of the wall clock touches. On Linux and macOS they stand while the machine is suspended. */
export const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
