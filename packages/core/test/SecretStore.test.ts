import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { nameOf, referenceTo, SecretName, SecretReference } from "../src/SecretReference.ts"
import { SecretStore } from "../src/SecretStore.ts"
import { suite } from "../src/testing/SecretStoreTest.ts"

suite(
  "memory",
  "memory",
  Effect.sync(() => SecretStore.layerMemory()),
)

describe("SecretStore.layerMemory", () => {
  it.effect("shows no value when it is printed", () =>
    Effect.gen(function* () {
      const store = yield* SecretStore
      const value = yield* store.get(SecretName.make("TOKEN"))
      assert.notInclude(`${inspect(value)} ${JSON.stringify(value)}`, "fake-value")
    }).pipe(Effect.provide(SecretStore.layerMemory({ TOKEN: Redacted.make("fake-value") }))),
  )
})

describe("SecretReference", () => {
  const isName = Schema.is(SecretName)
  const isReference = Schema.is(SecretReference)

  it("takes names that are the same everywhere, and nothing that looks like a token", () => {
    for (const name of ["A", "GITHUB_TOKEN", "KEY_2", "A".repeat(64)]) {
      assert.isTrue(isName(name), name)
      assert.isTrue(isReference(`secret:${name}`), name)
      assert.strictEqual(nameOf(referenceTo(SecretName.make(name))), name)
    }
    const wrong = ["", "a", "github_token", "1A", "_A", "A-B", "A.B", "A/B", "../A", "A\n", "A\0", "A".repeat(65)]
    for (const name of wrong) {
      assert.isFalse(isName(name), name)
      assert.isFalse(isReference(`secret:${name}`), name)
    }
    for (const text of ["A", "secret", "SECRET:A", "secret: A", "xsecret:A", "secret:A secret:B"]) {
      assert.isFalse(isReference(text), text)
    }
  })
})
