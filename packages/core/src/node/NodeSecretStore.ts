/** The secrets of this host: its environment first, then the system's keychain, then encrypted files. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import { passphraseVariable, SecretName, secretVariable, secretVariablePrefix } from "../SecretReference.ts"
import { type SecretEntry, secretNotFound, SecretStore, type SecretStoreReport } from "../SecretStore.ts"
import * as FileSecretStore from "./FileSecretStore.ts"
import { entryLock } from "./internal/entryLock.ts"
import { unavailable } from "./internal/secretError.ts"
import * as KeychainSecretStore from "./KeychainSecretStore.ts"

/** What takes new secrets. `auto`: the keychain where it can be used, else files. */
export type SecretStoreChoice = "auto" | "keychain" | "file"
const choices: ReadonlyArray<string> = ["auto", "keychain", "file"] satisfies ReadonlyArray<SecretStoreChoice>

export interface NodeSecretsOptions {
  /** Where secrets are read from first, as `RUNYARD_SECRET_NAME`, and the passphrase of the files. */
  readonly env: Readonly<Record<string, string>>
  /** The data directory. */
  readonly directory: string
  readonly choice?: SecretStoreChoice | undefined
  /** Of the keychain. */
  readonly keychain?: Pick<KeychainSecretStore.KeychainOptions, "service" | "load">
}

const isName = Schema.is(SecretName)
const isMissing = ({ code }: RunyardError): boolean => code === "SECRET_NOT_FOUND"

/** Names of the variables that hold secrets. An empty variable is as good as none. */
const namesIn = (env: Readonly<Record<string, string>>): ReadonlyArray<SecretName> =>
  Object.entries(env).flatMap(([variable, value]) => {
    const name = variable.startsWith(secretVariablePrefix) ? variable.slice(secretVariablePrefix.length) : ""
    return value !== "" && isName(name) ? [name] : []
  })

const make = ({
  choice = "auto",
  directory,
  env,
  keychain: ofKeychain,
}: NodeSecretsOptions): SecretStore["Service"] => {
  const secrets = path.join(directory, "secrets")
  const lock = entryLock(secrets)
  const passphrase = env[passphraseVariable]
  const file = FileSecretStore.make(
    {
      directory: secrets,
      passphrase: passphrase === undefined || passphrase === "" ? undefined : Redacted.make(passphrase),
    },
    lock,
  )
  const keychain = KeychainSecretStore.make({ directory: secrets, ...ofKeychain }, lock)

  /** Why the keychain is not used; undefined when it is. */
  const refusal: Effect.Effect<string | undefined, RunyardError> = Effect.suspend(() => {
    if (choice === "file") return Effect.succeed("files were asked for (RUNYARD_SECRETS_STORE)")
    if (choices.includes(choice)) return keychain.refusal
    return Effect.fail(unavailable(`RUNYARD_SECRETS_STORE is one of ${choices.join(", ")}`))
  })

  /** What can be written to, the one that takes new secrets first, and why the keychain is not among them. */
  const writable = Effect.gen(function* () {
    const reason = yield* refusal
    if (choice === "keychain" && reason !== undefined) {
      return yield* unavailable(`The keychain cannot be used, and nothing else was to be used: ${reason}`)
    }
    return { reason, stores: reason === undefined ? [keychain.store, file] : [file] }
  })

  const get = Effect.fn("NodeSecretStore.get")(function* (name: SecretName) {
    const given = env[secretVariable(name)]
    if (given !== undefined && given !== "") return Redacted.make(given)
    const { reason, stores } = yield* writable
    const missing = secretNotFound(name, reason === undefined ? {} : { keychain: reason })
    return yield* stores
      .map((store) => store.get(name))
      .reduce((first, second) => Effect.catchIf(first, isMissing, () => second))
      .pipe(Effect.mapError((error) => (isMissing(error) ? missing : error)))
  })

  const set = Effect.fn("NodeSecretStore.set")(function* (name: SecretName, value: Redacted.Redacted) {
    const [first, ...others] = (yield* writable).stores
    if (first === undefined) return yield* unavailable("Nothing takes secrets")
    const place = yield* first.set(name, value)
    // An older value elsewhere would be taken when the first place cannot be used.
    yield* Effect.forEach(others, (store) => Effect.catchIf(store.remove(name), isMissing, () => Effect.void))
    return place
  })

  const remove = Effect.fn("NodeSecretStore.remove")(function* (name: SecretName) {
    const { stores } = yield* writable
    const removed = yield* Effect.forEach(stores, (store) =>
      Effect.catchIf(Effect.as(store.remove(name), true), isMissing, () => Effect.succeed(false)),
    )
    if (removed.includes(true)) return
    const variable = secretVariable(name)
    return yield* namesIn(env).includes(name)
      ? runyardError("SECRET_READ_ONLY", {
          message: `${name} comes from the environment, which Runyard does not change`,
          remedy: `Unset ${variable} where it is set.`,
          detail: { name },
        })
      : secretNotFound(name)
  })

  const list = Effect.gen(function* () {
    const { stores } = yield* writable
    const all = (yield* Effect.forEach(stores, (store) => store.list)).flat()
    const given = namesIn(env).map((name): SecretEntry => ({ name, place: "environment", shadowed: [] }))
    const found = new Map<SecretName, SecretEntry>()
    for (const entry of [...given, ...all]) {
      const used = found.get(entry.name)
      found.set(entry.name, used === undefined ? entry : { ...used, shadowed: [...used.shadowed, entry.place] })
    }
    return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  })

  const report = Effect.gen(function* () {
    const { reason } = yield* writable
    if (reason === undefined) return yield* keychain.store.report
    const found: SecretStoreReport = yield* file.report
    return { ...found, refused: [{ place: "keychain" as const, reason }] }
  })

  return SecretStore.of({ get, set, remove, list, report })
}

/** Touches nothing before the first secret is asked for. */
export const layer = (options: NodeSecretsOptions): Layer.Layer<SecretStore> =>
  Layer.sync(SecretStore, () => make(options))
