/** Adapters by provider. An adapter package offers a layer that adds its own; a host merges those it wants. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Adapter } from "./Adapter.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

export class AdapterRegistry extends Context.Service<
  AdapterRegistry,
  {
    /** Fails with `QUEUE_PROVIDER_UNKNOWN`, naming those that are known. */
    readonly get: (provider: string) => Effect.Effect<Adapter, RunyardError>
    readonly all: ReadonlyArray<Adapter>
  }
>()("@runyard/core/AdapterRegistry") {
  static readonly layer = (adapters: ReadonlyArray<Adapter>): Layer.Layer<AdapterRegistry> =>
    Layer.succeed(AdapterRegistry, {
      all: adapters,
      get: (provider) => {
        const found = adapters.find((adapter) => adapter.provider === provider)
        return found === undefined
          ? Effect.fail(
              runyardError("QUEUE_PROVIDER_UNKNOWN", {
                message: `No adapter knows the provider "${provider.slice(0, 40)}"; known are: ${adapters.map((adapter) => adapter.provider).join(", ")}`,
                detail: { known: adapters.map((adapter) => adapter.provider) },
              }),
            )
          : Effect.succeed(found)
      },
    })
}
