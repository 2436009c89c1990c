/** Keeps the exact request of a run whose stored one is masked, closed to whoever has the store alone, until it has ended. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RunId, RunRequest, RunState } from "./Run.ts"
import type { RunyardError } from "./RunyardError.ts"

/** States in which a run may still need its exact request: one that is executed may be tried again. */
export const sealedStates = ["queued", "starting", "running", "retry_wait"] as const satisfies ReadonlyArray<RunState>

/** Whether the store has to forget the exact request of a run in this state. */
export const isUnsealed = (state: RunState): boolean => !sealedStates.some((sealed) => sealed === state)

export class PromptSeal extends Context.Service<
  PromptSeal,
  {
    /**
     * Seals the request of a run that is about to be queued. The store itself destroys what is sealed in the transaction
     * in which the run ends, or needs a person, whoever writes it.
     */
    readonly seal: (id: RunId, request: RunRequest) => Effect.Effect<void, RunyardError>
    /**
     * The exact request. Undefined where none is sealed, and where it cannot be opened: with the key of another
     * installation, or after somebody has changed it.
     */
    readonly unseal: (id: RunId) => Effect.Effect<RunRequest | undefined, RunyardError>
    /** Destroys what is sealed for a run that could not be queued, or that will not be tried again. */
    readonly destroy: (id: RunId) => Effect.Effect<void, RunyardError>
  }
>()("@runyard/core/PromptSeal") {}
