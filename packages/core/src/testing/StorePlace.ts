/** Where a suite may put a store. */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { RunyardError } from "../RunyardError.ts"
import type { StoreServices } from "../StoreServices.ts"

/**
 * Makes a new, empty place, such as a temporary directory, and says how to open the store there. A durable store keeps
 * what it has when its layer is closed and built again.
 */
export type StorePlace = Effect.Effect<Layer.Layer<StoreServices, RunyardError>, never, Scope.Scope>
