/**
 * Keeps secrets in encrypted files, one for each, for machines without a keychain.
 *
 * With a passphrase, whoever has the files has nothing without it. Without one the key lies in a file beside them, which
 * protects only against those who get the secrets' files and not the key's.
 */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { refuseSecret, type SecretName } from "../SecretReference.ts"
import { entriesOf, secretNotFound, SecretStore, type SecretStoreReport } from "../SecretStore.ts"
import { type EntryLock, entryLock } from "./internal/entryLock.ts"
import { seal, unseal } from "./internal/secretCipher.ts"
import { onDisk } from "./internal/secretError.ts"
import { damaged, decodeVersion1, type SecretVault, secretVault } from "./internal/secretVault.ts"
import { isDraftOf, readIfThere, replaceFile, syncDirectory } from "./internal/wholeFile.ts"

export interface FileSecretsOptions {
  /** Made 0700 with the first secret, its files 0600. */
  readonly directory: string
  readonly passphrase?: Redacted.Redacted | undefined
}

const Entry = Schema.fromJsonString(Schema.Struct({ v: Schema.Literal(1), sealed: Schema.String }))

/** With a prefix: some names mean a device on Windows, whatever comes behind them. */
const entryFile = (directory: string, name: SecretName): string => path.join(directory, `secret-${name}.json`)
const entryName = /^secret-([A-Z][A-Z0-9_]{0,63})\.json$/

/** What the tag covers besides the value: an entry that was renamed does not decrypt. */
const contextOf = (name: SecretName): string => `runyard secret 1 ${name}`

const messages: Readonly<Record<Effect.Success<SecretVault["protection"]>, string>> = {
  passphrase: "Secrets are kept in files that are encrypted with the passphrase of RUNYARD_SECRETS_PASSPHRASE.",
  "key-file":
    "Secrets are kept in encrypted files, and the key in a file beside them: programs of this user can read both. RUNYARD_SECRETS_PASSPHRASE, set before the first secret, would protect them from copies of the directory.",
}

/** The store as a value, for those that are made of several. */
export const make = ({ directory, passphrase }: FileSecretsOptions, lock: EntryLock = entryLock(directory)) => {
  const vault = secretVault(directory, passphrase)

  const get = Effect.fn("FileSecretStore.get")(function* (name: SecretName) {
    const text = (yield* onDisk(() => readIfThere(entryFile(directory, name))))?.toString("utf8")
    if (text === undefined) return yield* secretNotFound(name)
    const what = `The file of the secret ${name}`
    const { sealed } = yield* decodeVersion1(Entry)(text, what)
    const key = yield* vault.existing
    if (key === undefined) return yield* damaged("The vault of the secrets is gone, or")
    const value = unseal(key, contextOf(name), sealed)
    return value === undefined ? yield* damaged(what) : Redacted.make(value.toString("utf8"))
  })

  const set = Effect.fn("FileSecretStore.set")(function* (name: SecretName, value: Redacted.Redacted) {
    const refusal = refuseSecret(name, value)
    if (refusal !== undefined) return yield* refusal
    return yield* lock(name)(
      Effect.gen(function* () {
        const key = yield* vault.key
        const sealed = seal(key, contextOf(name), Buffer.from(Redacted.value(value), "utf8"))
        const file = entryFile(directory, name)
        yield* onDisk(async () => {
          await replaceFile(file, JSON.stringify({ v: 1, sealed }))
          // Nobody else writes this name now, so that what is left of it was left by the dead.
          const left = (await fs.readdir(directory)).filter((other) => isDraftOf(file, other))
          for (const draft of left) await fs.rm(path.join(directory, draft), { force: true })
        })
        return "file" as const
      }),
    )
  })

  const remove = Effect.fn("FileSecretStore.remove")(function* (name: SecretName) {
    const file = entryFile(directory, name)
    if ((yield* onDisk(() => readIfThere(file))) === undefined) return yield* secretNotFound(name)
    const removed = yield* lock(name)(
      onDisk(async () => {
        const there = (await readIfThere(file)) !== undefined
        await fs.rm(file, { force: true })
        await syncDirectory(directory)
        return there
      }),
    )
    if (!removed) return yield* secretNotFound(name)
  })

  const names = onDisk(async () => {
    try {
      return await fs.readdir(directory)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
      throw error
    }
  })

  return SecretStore.of({
    get,
    set,
    remove,
    list: Effect.map(names, (files) =>
      entriesOf(
        "file",
        files.flatMap((file) => Option.toArray(Option.fromUndefinedOr(entryName.exec(file)?.[1]))),
      ),
    ),
    report: Effect.map(vault.protection, (protection): SecretStoreReport => ({
      place: "file",
      message: messages[protection],
      refused: [],
    })),
  })
}

export const layer = (options: FileSecretsOptions): Layer.Layer<SecretStore> =>
  Layer.sync(SecretStore, () => make(options))
