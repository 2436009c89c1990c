import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { KeychainSecretStore, NodeSecretStore } from "../../src/node/index.ts"
import { SecretName } from "../../src/SecretReference.ts"
import { SecretStore } from "../../src/SecretStore.ts"
import { suite } from "../../src/testing/SecretStoreTest.ts"
import { bytesBelow, temporaryDirectory } from "./secretPlaces.ts"
import { noSecretService, type SecretService, startSecretService } from "./secretService.ts"

const name = SecretName.make("TOKEN")
const secret = Redacted.make("fake-value-that-nobody-has")
const service = "runyard-test"

/** The library asks for the address of the bus at each call. */
const useBus = (address: string | undefined): void => {
  if (address === undefined) delete process.env["DBUS_SESSION_BUS_ADDRESS"]
  else process.env["DBUS_SESSION_BUS_ADDRESS"] = address
}

const keychain = Effect.map(temporaryDirectory, (directory) => KeychainSecretStore.make({ directory, service }))

/** In the name, so that who reads the summary knows why. */
const skipped = noSecretService === undefined ? "" : ` (skipped: ${noSecretService})`

describe.skipIf(skipped !== "")(`KeychainSecretStore, with a real Secret Service${skipped}`, () => {
  const before = process.env["DBUS_SESSION_BUS_ADDRESS"]
  let bus: SecretService
  beforeAll(async () => {
    bus = await startSecretService()
    useBus(bus.env["DBUS_SESSION_BUS_ADDRESS"])
  })
  afterAll(async () => {
    useBus(before)
    await bus.stop()
  })

  suite(
    "keychain",
    "keychain",
    Effect.map(temporaryDirectory, (directory) => KeychainSecretStore.layer({ directory, service })),
  )

  it.live("leaves nothing of the canary behind, and shares its secrets with the user's other programs", () =>
    Effect.gen(function* () {
      const { refusal, store } = yield* keychain
      assert.isUndefined(yield* refusal)
      yield* store.set(name, secret)
      const { findCredentialsAsync } = yield* Effect.promise(() => import("@napi-rs/keyring"))
      const kept = yield* Effect.promise(() => findCredentialsAsync(service))
      assert.deepStrictEqual(
        kept.map(({ account }) => account),
        ["TOKEN"],
      )
      const again = (yield* keychain).store
      assert.strictEqual(Redacted.value(yield* again.get(name)), Redacted.value(secret))
      yield* again.remove(name)
    }),
  )

  it.live("is where a host keeps new secrets, with the environment before it and no file beside it", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const open = (env: Readonly<Record<string, string>>, choice?: NodeSecretStore.SecretStoreChoice) =>
        Effect.provide(SecretStore, NodeSecretStore.layer({ env, directory, choice, keychain: { service } }), {
          local: true,
        })
      // An older value, from before there was a keychain.
      yield* (yield* open({}, "file")).set(name, Redacted.make("fake-older-value"))
      const store = yield* open({})
      assert.deepStrictEqual(yield* store.list, [{ name, place: "file", shadowed: [] }])
      assert.strictEqual(Redacted.value(yield* store.get(name)), "fake-older-value")
      assert.strictEqual(yield* store.set(name, secret), "keychain")
      assert.strictEqual(Redacted.value(yield* store.get(name)), Redacted.value(secret))
      assert.deepStrictEqual(yield* store.list, [{ name, place: "keychain", shadowed: [] }])
      assert.notInclude(bytesBelow(directory), "secret-TOKEN.json")
      assert.strictEqual((yield* store.report).place, "keychain")
      const given = yield* open({ RUNYARD_SECRET_TOKEN: "fake-value-of-the-environment" })
      assert.strictEqual(Redacted.value(yield* given.get(name)), "fake-value-of-the-environment")
      assert.deepStrictEqual(yield* given.list, [{ name, place: "environment", shadowed: ["keychain"] }])
      yield* given.remove(name)
      assert.strictEqual((yield* Effect.flip(given.remove(name))).code, "SECRET_READ_ONLY")
    }),
  )
})

describe.skipIf(skipped !== "")(`KeychainSecretStore, with a bus and nobody who keeps secrets${skipped}`, () => {
  it.live("says so, and asks once", () =>
    Effect.gen(function* () {
      const before = process.env["DBUS_SESSION_BUS_ADDRESS"]
      const bus = yield* Effect.acquireRelease(
        Effect.promise(() => startSecretService(false)),
        (bus) =>
          Effect.promise(() => {
            useBus(before)
            return bus.stop()
          }),
      )
      useBus(bus.env["DBUS_SESSION_BUS_ADDRESS"])
      let loads = 0
      const store = KeychainSecretStore.make({
        directory: path.join(yield* temporaryDirectory, "secrets"),
        service,
        load: () => {
          loads += 1
          return import("@napi-rs/keyring")
        },
      })
      const refusals = yield* Effect.all([store.refusal, store.refusal, store.refusal], { concurrency: "unbounded" })
      assert.strictEqual(loads, 1)
      for (const refusal of refusals) assert.isAbove(refusal?.length ?? 0, 10)
      assert.strictEqual((yield* Effect.flip(store.store.set(name, secret))).code, "SECRET_STORE_UNAVAILABLE")
    }),
  )
})
