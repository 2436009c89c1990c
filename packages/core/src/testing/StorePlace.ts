/** Where a suite may put a store. */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Breakers } from "../Breakers.ts"
import type { EventLog } from "../EventLog.ts"
import type { Grants } from "../Grants.ts"
import type { PromptSeal } from "../PromptSeal.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunStore } from "../RunStore.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { UsageLedger } from "../UsageLedger.ts"

/**
 * Makes a new, empty place, such as a temporary directory, and says how to open the store there. A durable store keeps
 * what it has when its layer is closed and built again.
 */
export type StorePlace = Effect.Effect<
  Layer.Layer<Breakers | EventLog | Grants | PromptSeal | RunQueue | RunStore | UsageLedger, RunyardError>,
  never,
  Scope.Scope
>
