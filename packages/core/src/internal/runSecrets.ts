/** The secrets that a request refers to, for the one child that gets them. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { RunRequest } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { nameOf, refuseSecret } from "../SecretReference.ts"
import type { SecretStore } from "../SecretStore.ts"

export interface RunSecrets {
  /** Values by the variable that gets them. */
  readonly env: Readonly<Record<string, Redacted.Redacted>>
  /** What the run's redaction must know before anything is started, by the secrets' names. */
  readonly known: ReadonlyArray<{ readonly name: string; readonly value: string }>
}

const none: RunSecrets = { env: {}, known: [] }

/** Asks the store for each of them, once. Fails as the store does, and with `SECRET_VALUE_INVALID` for what cannot be masked. */
export const runSecrets = Effect.fnUntraced(function* (
  store: SecretStore["Service"],
  request: Pick<RunRequest, "secrets">,
): Effect.fn.Return<RunSecrets, RunyardError> {
  const references = Object.entries(request.secrets ?? {})
  if (references.length === 0) return none
  const values = new Map<string, Redacted.Redacted>()
  const env: Record<string, Redacted.Redacted> = Object.create(null)
  for (const [variable, reference] of references) {
    const name = nameOf(reference)
    const value = values.get(name) ?? (yield* store.get(name))
    const refusal = refuseSecret(name, value)
    if (refusal !== undefined) return yield* refusal
    values.set(name, value)
    env[variable] = value
  }
  return { env, known: [...values].map(([name, value]) => ({ name, value: Redacted.value(value) })) }
})

/** The plain environment, for the spawn itself. */
export const revealed = ({ env }: RunSecrets): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, Redacted.value(value)]))
