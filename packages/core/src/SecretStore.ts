/** Where secrets are kept, by name. Their values come out only for the environment of a child. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { refuseSecret, SecretName } from "./SecretReference.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/** What keeps a secret. */
export type SecretPlace = "environment" | "keychain" | "file" | "memory"

export interface SecretEntry {
  readonly name: SecretName
  /** Where its value is taken from. */
  readonly place: SecretPlace
  /** Where else one of that name is kept. It is not used. */
  readonly shadowed: ReadonlyArray<SecretPlace>
}

/** Which place takes new secrets, and why not a stronger one. */
export interface SecretStoreReport {
  readonly place: SecretPlace
  /** One sentence: what it protects against, or what would make it stronger. */
  readonly message: string
  readonly refused: ReadonlyArray<{ readonly place: SecretPlace; readonly reason: string }>
}

export class SecretStore extends Context.Service<
  SecretStore,
  {
    /** Fails with `SECRET_NOT_FOUND`, `SECRET_PASSPHRASE_*`, `SECRET_DAMAGED`, `SECRET_STORE_UNAVAILABLE`. */
    readonly get: (name: SecretName) => Effect.Effect<Redacted.Redacted, RunyardError>
    /**
     * Keeps the value, or replaces the one of that name as a whole: after a crash there is the old one or the new one. Of
     * two that write one name at once, one waits for the other. Gives where it is kept. Fails with `SECRET_VALUE_INVALID`,
     * `SECRET_READ_ONLY`, `SECRET_BUSY`, and as `get` does.
     */
    readonly set: (name: SecretName, value: Redacted.Redacted) => Effect.Effect<SecretPlace, RunyardError>
    /** Fails with `SECRET_NOT_FOUND` when there is none, with `SECRET_READ_ONLY` where it cannot be removed from here. */
    readonly remove: (name: SecretName) => Effect.Effect<void, RunyardError>
    /** By name. Never a value. */
    readonly list: Effect.Effect<ReadonlyArray<SecretEntry>, RunyardError>
    readonly report: Effect.Effect<SecretStoreReport, RunyardError>
  }
>()("@runyard/core/SecretStore") {
  /** Keeps secrets in memory, for tests and for hosts that have them from elsewhere. Nothing outlives the scope. */
  static readonly layerMemory = (initial: Readonly<Record<string, Redacted.Redacted>> = {}): Layer.Layer<SecretStore> =>
    Layer.sync(SecretStore, () => {
      const secrets = new Map<string, Redacted.Redacted>(Object.entries(initial))
      return SecretStore.of({
        get: (name) =>
          Effect.suspend(() => {
            const value = secrets.get(name)
            return value === undefined ? Effect.fail(secretNotFound(name)) : Effect.succeed(value)
          }),
        set: (name, value) =>
          Effect.suspend(() => {
            const refusal = refuseSecret(name, value)
            if (refusal !== undefined) return Effect.fail(refusal)
            secrets.set(name, value)
            return Effect.succeed("memory" as const)
          }),
        remove: (name) =>
          Effect.suspend(() => (secrets.delete(name) ? Effect.void : Effect.fail(secretNotFound(name)))),
        list: Effect.sync(() => entriesOf("memory", [...secrets.keys()])),
        report: Effect.succeed({
          place: "memory",
          message: "Secrets are kept in memory and are gone with this program.",
          refused: [],
        }),
      })
    })
}

/** @param detail where it was looked for, and where it could not be. */
export const secretNotFound = (name: SecretName, detail: RunyardError["detail"] = {}): RunyardError =>
  runyardError("SECRET_NOT_FOUND", {
    message: `No secret has the name ${name}`,
    remedy: `Set it: \`runyard secret set ${name}\` asks for the value, or reads it from stdin.`,
    detail: { name, ...detail },
  })

/** Entries of one place, by name. */
export const entriesOf = (place: SecretPlace, names: ReadonlyArray<string>): ReadonlyArray<SecretEntry> =>
  names.toSorted().map((name) => ({ name: SecretName.make(name), place, shadowed: [] }))
