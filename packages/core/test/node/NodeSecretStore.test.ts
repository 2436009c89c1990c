import * as fs from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { KeychainSecretStore, NodeSecretStore } from "../../src/node/index.ts"
import { SecretName } from "../../src/SecretReference.ts"
import { SecretStore } from "../../src/SecretStore.ts"
import { suite } from "../../src/testing/SecretStoreTest.ts"
import { temporaryDirectory } from "./secretPlaces.ts"

const name = SecretName.make("TOKEN")
const secret = Redacted.make("fake-value-that-nobody-has")

const notInstalled = () => Promise.reject(new Error("Cannot find module 'keyring'\nRequire stack: fake"))

const open = (directory: string, options: Partial<NodeSecretStore.NodeSecretsOptions> = {}) =>
  Effect.provide(
    SecretStore,
    NodeSecretStore.layer({ env: {}, directory, keychain: { load: notInstalled }, ...options }),
    { local: true },
  )

suite(
  "host without a keychain",
  "file",
  Effect.map(temporaryDirectory, (directory) =>
    NodeSecretStore.layer({ env: {}, directory, keychain: { load: notInstalled } }),
  ),
)

describe("NodeSecretStore", () => {
  it.live("falls back to files, and says why", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* temporaryDirectory)
      assert.strictEqual(yield* store.set(name, secret), "file")
      const { message, place, refused } = yield* store.report
      assert.strictEqual(place, "file")
      assert.match(message, /RUNYARD_SECRETS_PASSPHRASE/)
      assert.deepStrictEqual(refused, [
        { place: "keychain", reason: "its library cannot be loaded (Cannot find module 'keyring')" },
      ])
      const missing = yield* Effect.flip(store.get(SecretName.make("OTHER")))
      assert.strictEqual(missing.detail["keychain"], refused[0]?.reason)
    }),
  )

  it.live("takes the environment first, touches nothing else for it, and writes nothing to it", () =>
    Effect.gen(function* () {
      const directory = path.join(yield* temporaryDirectory, "data")
      const env = {
        RUNYARD_SECRET_TOKEN: "fake-from-outside",
        RUNYARD_SECRET_EMPTY: "",
        RUNYARD_SECRET_lower: "fake-no",
      }
      const store = yield* open(directory, {
        env,
        keychain: { load: () => Promise.reject(new Error(assert.fail("the keychain was asked"))) },
      })
      assert.strictEqual(Redacted.value(yield* store.get(name)), "fake-from-outside")
      assert.isFalse(fs.existsSync(directory))
      const other = yield* open(directory, { env })
      assert.deepStrictEqual(yield* other.list, [{ name, place: "environment", shadowed: [] }])
      assert.strictEqual(yield* other.set(name, secret), "file")
      assert.strictEqual(Redacted.value(yield* other.get(name)), "fake-from-outside")
      assert.deepStrictEqual(yield* other.list, [{ name, place: "environment", shadowed: ["file"] }])
      yield* other.remove(name)
      const error = yield* Effect.flip(other.remove(name))
      assert.strictEqual(error.code, "SECRET_READ_ONLY")
      assert.include(error.remedy, "RUNYARD_SECRET_TOKEN")
    }),
  )

  it.live("encrypts its files with the passphrase of the environment", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const env = { RUNYARD_SECRETS_PASSPHRASE: "fake horse battery staple" }
      yield* (yield* open(directory, { env })).set(name, secret)
      assert.match((yield* (yield* open(directory, { env })).report).message, /encrypted with the passphrase/)
      const error = yield* Effect.flip((yield* open(directory)).get(name))
      assert.strictEqual(error.code, "SECRET_PASSPHRASE_MISSING")
    }),
  )

  it.live("does not fall back when the keychain was asked for, and knows no other words", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const keychain = yield* open(directory, { choice: "keychain" })
      const unknown = yield* open(directory, { choice: "vault" as never })
      for (const store of [keychain, unknown]) {
        for (const effect of [store.set(name, secret), store.get(name), store.list, store.report, store.remove(name)]) {
          assert.strictEqual((yield* Effect.flip(effect)).code, "SECRET_STORE_UNAVAILABLE")
        }
      }
      assert.match((yield* Effect.flip(unknown.report)).message, /auto, keychain, file/)
    }),
  )

  it.live("asks the keychain again when the one who asked first has given up", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      let loads = 0
      const asked = Promise.withResolvers<void>()
      const keychain = KeychainSecretStore.make({
        directory,
        load: () => {
          loads += 1
          asked.resolve()
          return loads === 1 ? new Promise(() => undefined) : notInstalled()
        },
      })
      const first = yield* Effect.forkChild(keychain.refusal)
      yield* Effect.promise(() => asked.promise)
      yield* Fiber.interrupt(first)
      assert.match((yield* keychain.refusal) ?? "", /cannot be loaded/)
      assert.strictEqual(loads, 2)
    }),
  )
})
