/**
 * Keeps secrets in the system's keychain: the Secret Service on Linux, the Keychain on macOS, the Credential Manager on
 * Windows. Only Linux is covered by the tests.
 *
 * The keychain belongs to the user of the machine, not to a data directory: all of a user's hosts share it. Its library is
 * an optional dependency that is loaded with the first secret, and everything here works without it.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { RunyardError } from "../RunyardError.ts"
import { refuseSecret, SecretName } from "../SecretReference.ts"
import { entriesOf, secretNotFound, SecretStore } from "../SecretStore.ts"
import { type EntryLock, entryLock } from "./internal/entryLock.ts"
import { unavailable } from "./internal/secretError.ts"

export interface KeychainOptions {
  /** Where writers of one secret wait for each other. */
  readonly directory: string
  /** What the entries are found by. Default: `runyard`. */
  readonly service?: string
  /** How the library is loaded. */
  readonly load?: () => Promise<Keyring>
}

/** What is used of the library, in our own words: who does not have it has not its types either. */
export interface Keyring {
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options: { readonly linux: { store: "secret-service" } },
  ) => {
    readonly setPassword: (value: string, signal: AbortSignal) => Promise<void>
    readonly getPassword: (signal: AbortSignal) => Promise<string | null>
    readonly deleteCredential: (signal: AbortSignal) => Promise<boolean>
  }
  readonly findCredentialsAsync: (
    service: string,
    target: undefined,
    signal: AbortSignal,
  ) => Promise<ReadonlyArray<{ readonly account: string }>>
}

/** Not the kernel's keyring, which the library would fall back to: that one forgets at the next boot. */
const options: { readonly linux: { store: "secret-service" } } = { linux: { store: "secret-service" } }

/** A locked keychain asks its user, who may take a while, or not be there. */
const patience = "60 seconds"

const isName = Schema.is(SecretName)

/** The first line of what a library says, and not much of it. */
const shortly = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.slice(0, 160) ?? ""

/** Asks the keychain. Its own words could quote a value, so that they are left out. */
const ask = <A>(what: string, use: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, RunyardError> =>
  Effect.tryPromise({
    try: use,
    catch: () => unavailable(`The keychain does not ${what}; it may be locked, or its user has said no`),
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(unavailable("The keychain does not answer; it may be waiting for its user to unlock it")),
    }),
  )

/** Writes, reads and removes an entry that nobody else has. There is no other way to tell: it has no stable error codes. */
const tryOut = ({ AsyncEntry }: Keyring, service: string) =>
  Effect.tryPromise({
    try: async (signal) => {
      // No secret has such a name, so that what a crash leaves is not listed as one.
      const canary = new AsyncEntry(service, `canary-${randomUUID()}`, options)
      await canary.setPassword("canary", signal)
      const kept = await canary.getPassword(signal)
      await canary.deleteCredential(signal)
      if (kept !== "canary") throw new Error("it did not give back what it was given")
    },
    catch: shortly,
  }).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail("it does not answer") }))

export interface Keychain {
  readonly store: SecretStore["Service"]
  /** Why the keychain cannot be used; undefined when it can. Found out once. */
  readonly refusal: Effect.Effect<string | undefined>
}

/** The store as a value, for those that are made of several. */
export const make = (
  { directory, load = () => import("@napi-rs/keyring"), service = "runyard" }: KeychainOptions,
  lock: EntryLock = entryLock(directory),
): Keychain => {
  const turn = Semaphore.makeUnsafe(1)
  let tried: Result.Result<Keyring, string> | undefined

  /** Those who ask at the same time wait for one canary; who gives up leaves the question open. */
  const probe = turn.withPermits(1)(
    Effect.suspend(() => {
      if (tried !== undefined) return Effect.succeed(tried)
      const found = Effect.tryPromise({
        try: load,
        catch: (error) => `its library cannot be loaded (${shortly(error)})`,
      }).pipe(Effect.tap((keyring) => tryOut(keyring, service)))
      return Effect.tap(Effect.result(found), (result) => Effect.sync(() => void (tried = result)))
    }),
  )

  const keyring = Effect.flatMap(probe, (found) =>
    Effect.fromResult(
      Result.mapError(found, (reason) => unavailable(`The keychain cannot be used: ${reason}`, { place: "keychain" })),
    ),
  )
  const entry = (name: SecretName) => Effect.map(keyring, ({ AsyncEntry }) => new AsyncEntry(service, name, options))

  const get = Effect.fn("KeychainSecretStore.get")(function* (name: SecretName) {
    const found = yield* entry(name)
    const value = yield* ask(`give ${name}`, (signal) => found.getPassword(signal))
    return value === null ? yield* secretNotFound(name) : Redacted.make(value)
  })

  const set = Effect.fn("KeychainSecretStore.set")(function* (name: SecretName, value: Redacted.Redacted) {
    const refusal = refuseSecret(name, value)
    if (refusal !== undefined) return yield* refusal
    const found = yield* entry(name)
    yield* lock(name)(ask(`take ${name}`, (signal) => found.setPassword(Redacted.value(value), signal)))
    return "keychain" as const
  })

  const remove = Effect.fn("KeychainSecretStore.remove")(function* (name: SecretName) {
    const found = yield* entry(name)
    const removed = yield* lock(name)(ask(`remove ${name}`, (signal) => found.deleteCredential(signal)))
    if (!removed) return yield* secretNotFound(name)
  })

  const list = Effect.gen(function* () {
    const { findCredentialsAsync } = yield* keyring
    // It gives the values too, and they go no further than this line.
    const names = yield* ask("list its entries", async (signal) =>
      (await findCredentialsAsync(service, undefined, signal)).map(({ account }) => account),
    )
    return entriesOf("keychain", names.filter(isName))
  })

  return {
    refusal: Effect.map(probe, (found) => (Result.isFailure(found) ? found.failure : undefined)),
    store: SecretStore.of({
      get,
      set,
      remove,
      list,
      report: Effect.as(keyring, {
        place: "keychain",
        message:
          "Secrets are kept in the system's keychain, which all programs of this user may ask while it is unlocked.",
        refused: [],
      }),
    }),
  }
}

export const layer = (options: KeychainOptions): Layer.Layer<SecretStore> =>
  Layer.sync(SecretStore, () => make(options).store)
