/** The key that all secrets of a directory are encrypted with, and what that key is encrypted with itself. */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type RunyardError, runyardError } from "../../RunyardError.ts"
import { defaultCost, keyBytes, keyFromPassphrase, type ScryptCost, seal, unseal } from "./secretCipher.ts"
import { onDisk, unavailable } from "./secretError.ts"
import { privateDirectory, publishFile, readIfThere } from "./wholeFile.ts"

const Base64 = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9+/]+={0,2}$/))

/** `v` is the version of the format, of this file and of those of the secrets. */
const Vault = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ v: Schema.Literal(1), protection: Schema.Literal("key-file"), key: Base64 }),
    Schema.Struct({
      v: Schema.Literal(1),
      protection: Schema.Literal("passphrase"),
      // Bounded: whoever changes the file must not be able to make the program use all memory.
      scrypt: Schema.Struct({
        N: Schema.Literals([2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18, 2 ** 19, 2 ** 20]),
        r: Schema.Literal(8),
        p: Schema.Literal(1),
        salt: Base64,
      }),
      key: Base64,
    }),
  ]),
)
type Vault = typeof Vault.Type

const Versioned = Schema.fromJsonString(Schema.Struct({ v: Schema.Int }))

/** Decodes a file of this format. Fails with `UPDATE_REQUIRED` for a later one, with `SECRET_DAMAGED` for none. */
export const decodeVersion1 =
  <S extends Schema.Codec<unknown, string>>(schema: S) =>
  (text: string, what: string): Effect.Effect<S["Type"], RunyardError> =>
    Schema.decodeEffect(schema)(text).pipe(
      Effect.catch(() =>
        Schema.decodeEffect(Versioned)(text).pipe(
          Effect.mapError(() => damaged(what)),
          Effect.flatMap(({ v }) =>
            v > 1
              ? runyardError("UPDATE_REQUIRED", { message: `${what} was written by a newer version of Runyard` })
              : damaged(what),
          ),
        ),
      ),
    )

export const damaged = (what: string): RunyardError =>
  runyardError("SECRET_DAMAGED", { message: `${what} was changed from outside, or is damaged` })

/** What the tag covers besides the key: nobody makes a passphrase cheaper to guess without being noticed. */
const contextOf = (cost?: ScryptCost & { readonly salt: string }): string =>
  cost === undefined ? "runyard vault 1 key-file" : `runyard vault 1 scrypt ${cost.N} ${cost.r} ${cost.p} ${cost.salt}`

const derive = (passphrase: Redacted.Redacted, salt: Uint8Array, cost: ScryptCost) =>
  Effect.tryPromise({
    try: () => keyFromPassphrase(Redacted.value(passphrase), salt, cost),
    catch: () => unavailable("The passphrase cannot be made into a key: it takes 128 MiB of memory or more"),
  })

export interface SecretVault {
  /** The key, if there is a vault. Fails with `SECRET_PASSPHRASE_*`, `SECRET_DAMAGED`, `UPDATE_REQUIRED`. */
  readonly existing: Effect.Effect<Uint8Array | undefined, RunyardError>
  /** The key; makes the vault where there is none. Of several programs that do so at once all get the same. */
  readonly key: Effect.Effect<Uint8Array, RunyardError>
  /** How the vault is protected, or would be. */
  readonly protection: Effect.Effect<Vault["protection"], RunyardError>
}

/** @param passphrase protects a new vault, and opens one that has one. Without it the key lies in a file beside it. */
export const secretVault = (directory: string, passphrase: Redacted.Redacted | undefined): SecretVault => {
  const vaultFile = path.join(directory, "vault.json")
  const keyFile = path.join(directory, "vault.key")
  /** What was opened last: deriving a key takes long on purpose. */
  let opened: { readonly text: string; readonly key: Uint8Array } | undefined

  const read = Effect.gen(function* () {
    const text = (yield* onDisk(() => readIfThere(vaultFile)))?.toString("utf8")
    return text === undefined
      ? undefined
      : { text, vault: yield* decodeVersion1(Vault)(text, "The vault of the secrets") }
  })

  /** Opens by the key file. */
  const openByFile = Effect.fnUntraced(function* (vault: Extract<Vault, { readonly protection: "key-file" }>) {
    if (passphrase !== undefined) {
      return yield* runyardError("SECRET_PASSPHRASE_WRONG", {
        message: "There is a passphrase, and the secrets were encrypted without one",
        remedy: `Unset it, or remove ${directory} and set the secrets again: they are then encrypted with it.`,
      })
    }
    const outer = yield* onDisk(() => readIfThere(keyFile))
    const key = outer?.length === keyBytes ? unseal(outer, contextOf(), vault.key) : undefined
    return key ?? (yield* damaged("The key file of the secrets"))
  })

  const openByPassphrase = Effect.fnUntraced(function* (vault: Extract<Vault, { readonly protection: "passphrase" }>) {
    if (passphrase === undefined) return yield* runyardError("SECRET_PASSPHRASE_MISSING")
    const { salt, ...cost } = vault.scrypt
    const outer = yield* derive(passphrase, Buffer.from(salt, "base64"), cost)
    return unseal(outer, contextOf(vault.scrypt), vault.key) ?? (yield* runyardError("SECRET_PASSPHRASE_WRONG"))
  })

  const existing = Effect.gen(function* () {
    const found = yield* read
    if (found === undefined) return undefined
    if (opened?.text === found.text) return opened.key
    const key = yield* found.vault.protection === "key-file" ? openByFile(found.vault) : openByPassphrase(found.vault)
    opened = { text: found.text, key }
    return key
  })

  const make = Effect.gen(function* () {
    const inner = randomBytes(keyBytes)
    if (passphrase === undefined) {
      // The key first: a vault without it could never be opened.
      yield* onDisk(() => publishFile(keyFile, randomBytes(keyBytes)))
      const outer = yield* onDisk(() => readIfThere(keyFile))
      if (outer?.length !== keyBytes) return yield* damaged("The key file of the secrets")
      const vault = { v: 1, protection: "key-file", key: seal(outer, contextOf(), inner) }
      return yield* onDisk(() => publishFile(vaultFile, JSON.stringify(vault)))
    }
    const salt = randomBytes(16)
    const outer = yield* derive(passphrase, salt, defaultCost)
    const cost = { ...defaultCost, salt: salt.toString("base64") }
    const vault = { v: 1, protection: "passphrase", scrypt: cost, key: seal(outer, contextOf(cost), inner) }
    yield* onDisk(() => publishFile(vaultFile, JSON.stringify(vault)))
  })

  return {
    existing,
    key: Effect.gen(function* () {
      const there = yield* existing
      if (there !== undefined) return there
      yield* onDisk(() => privateDirectory(directory))
      yield* make
      return (yield* existing) ?? (yield* damaged("The vault of the secrets"))
    }),
    protection: Effect.map(read, (found) => {
      return found?.vault.protection ?? (passphrase === undefined ? "key-file" : "passphrase")
    }),
  }
}
