/** Where people ask what runs may use here, and who decided it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Capabilities } from "./Capabilities.ts"
import { effectivePolicy } from "./EffectivePolicy.ts"
import { pathProblem } from "./Grant.ts"
import { HostSettings } from "./HostSettings.ts"
import { explainPolicy, type PolicyExplanation } from "./PolicyExplanation.ts"
import type { ProviderId } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"
import { Workspace } from "./Workspace.ts"

export class PolicyDesk extends Context.Service<
  PolicyDesk,
  {
    /**
     * The policies of this host as they are for one provider; with `cwd`, those of the project too that an absolute path
     * belongs to. The version of a CLI that is not there, or does not answer, is not known. Fails with
     * `QUEUE_PROVIDER_UNKNOWN`, `QUEUE_REQUEST_INVALID` and `IO_DIRECTORY_UNREADABLE`.
     */
    readonly explain: (
      provider: ProviderId,
      options?: { readonly cwd?: string },
    ) => Effect.Effect<PolicyExplanation, RunyardError>
  }
>()("@runyard/core/PolicyDesk") {
  static readonly layer = Layer.effect(
    PolicyDesk,
    Effect.gen(function* () {
      const registry = yield* AdapterRegistry
      const capabilities = yield* Capabilities
      const settings = yield* HostSettings
      const workspace = yield* Workspace

      const projectLayers = Effect.fnUntraced(function* (cwd: string) {
        const problem = pathProblem(cwd)
        if (problem !== undefined) {
          return yield* runyardError("QUEUE_REQUEST_INVALID", {
            message: `The path in "cwd" ${problem}`,
            detail: { field: "cwd" },
          })
        }
        return yield* workspace.policies(yield* workspace.directory(cwd))
      })

      const explain = Effect.fn("PolicyDesk.explain")(function* (
        provider: ProviderId,
        { cwd }: { readonly cwd?: string } = {},
      ) {
        const adapter = yield* registry.get(provider)
        const layers = [...settings.policies, ...(cwd === undefined ? [] : yield* projectLayers(cwd))]
        const profile = yield* capabilities.installation(adapter).pipe(
          Effect.map((found) => found.profile),
          Effect.orElseSucceed(() => adapter.version.assess(undefined)),
        )
        return explainPolicy(adapter, profile, effectivePolicy(adapter, settings, layers))
      })

      return PolicyDesk.of({ explain })
    }),
  )
}
