/** What every `SecretStore` that can be written to must do, whatever keeps the secrets. */
import { assert, describe, it } from "@effect/vitest"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Layer from "effect/Layer"
import { SecretName } from "../SecretReference.ts"
import { type SecretPlace, SecretStore } from "../SecretStore.ts"

/** A store that is empty at the start of each case, or at least has none of the suite's names. */
export type SecretPlaceOf = Effect.Effect<Layer.Layer<SecretStore>, unknown, Scope.Scope>

type Test = (name: string, body: Effect.Effect<void, unknown, SecretStore>) => void

const nameOf = (text: string): SecretName => SecretName.make(`SUITE_${text}`)
const secret = (text: string) => Redacted.make(text)
const valueOf = (name: SecretName) =>
  Effect.map(
    SecretStore.use((store) => store.get(name)),
    Redacted.value,
  )
const codeOf = <A, E extends { readonly code: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ code }): string => code)

/** Values that some store, encoding or shell might not keep as they are. All are made up. */
const awkward = {
  PLAIN: "fake-value-1234567890",
  SHORT: "fake",
  UNICODE: "pässwörd-日本語-😀-fake",
  LINES: "-----BEGIN FAKE-----\nline one\r\nline two\n-----END FAKE-----\n",
  QUOTES: `fake'"\\ $HOME \`id\` %00 \t end`,
  SPACES: "  fake with spaces around  ",
  LONG: "fake".repeat(500),
}

/** @param place what the store calls the place where it keeps them. */
export const suite = (backend: string, place: SecretPlace, store: SecretPlaceOf): void => {
  describe(`SecretStore (${backend})`, () => {
    const test: Test = (name, body) =>
      it.live(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* store, { local: true })
        }).pipe(Effect.scoped),
      )
    keeping(test, place)
    refusing(test)
    competing(test)
  })
}

const keeping = (test: Test, place: SecretPlace): void => {
  test(
    "gives every value back as it was, and says where it is kept",
    Effect.gen(function* () {
      const store = yield* SecretStore
      for (const [name, value] of Object.entries(awkward)) {
        assert.strictEqual(yield* store.set(nameOf(name), secret(value)), place)
        assert.strictEqual(yield* valueOf(nameOf(name)), value)
      }
      for (const name of Object.keys(awkward)) yield* store.remove(nameOf(name))
    }),
  )

  test(
    "replaces a value, and forgets it when it is removed",
    Effect.gen(function* () {
      const store = yield* SecretStore
      const name = nameOf("REPLACED")
      yield* store.set(name, secret("fake-old-value"))
      yield* store.set(name, secret("fake-new"))
      assert.strictEqual(yield* valueOf(name), "fake-new")
      yield* store.remove(name)
      assert.strictEqual(yield* codeOf(store.get(name)), "SECRET_NOT_FOUND")
      assert.strictEqual(yield* codeOf(store.remove(name)), "SECRET_NOT_FOUND")
    }),
  )

  test(
    "lists names in order, and never a value",
    Effect.gen(function* () {
      const store = yield* SecretStore
      const names = ["B", "A_2", "A"].map(nameOf)
      for (const name of names) yield* store.set(name, secret("fake-listed-value"))
      const listed = (yield* store.list).filter(({ name }) => names.includes(name))
      assert.deepStrictEqual(
        listed,
        names.toSorted().map((name) => ({ name, place, shadowed: [] })),
      )
      assert.notInclude(JSON.stringify(yield* store.list), "fake-listed-value")
      for (const name of names) yield* store.remove(name)
      assert.deepStrictEqual(
        (yield* store.list).filter(({ name }) => names.includes(name)),
        [],
      )
    }),
  )

  test(
    "says which place takes new secrets",
    Effect.gen(function* () {
      const report = yield* SecretStore.use((store) => store.report)
      assert.strictEqual(report.place, place)
      assert.isAbove(report.message.length, 20)
    }),
  )
}

const refusing = (test: Test): void => {
  test(
    "names the command that sets a secret which is not there",
    Effect.gen(function* () {
      const error = yield* Effect.flip(SecretStore.use((store) => store.get(nameOf("MISSING"))))
      assert.strictEqual(error.code, "SECRET_NOT_FOUND")
      assert.include(error.remedy, "`runyard secret set SUITE_MISSING`")
    }),
  )

  test(
    "refuses what could not be masked or passed on, without repeating it, and keeps the old value",
    Effect.gen(function* () {
      const store = yield* SecretStore
      const name = nameOf("REFUSED")
      yield* store.set(name, secret("fake-old-value"))
      for (const value of ["", "abc", "   ab   ", "fake\0fake", "x".repeat(16 * 1024 + 1), "fake\ud800fake"]) {
        const error = yield* Effect.flip(store.set(name, secret(value)))
        assert.strictEqual(error.code, "SECRET_VALUE_INVALID")
        if (value !== "") assert.notInclude(JSON.stringify(error.info), value)
      }
      assert.strictEqual(yield* valueOf(name), "fake-old-value")
      yield* store.remove(name)
    }),
  )
}

const competing = (test: Test): void => {
  test(
    "keeps one whole value of many that are written at once",
    Effect.gen(function* () {
      const store = yield* SecretStore
      const name = nameOf("CONTENDED")
      const values = Array.makeBy(12, (index) => `fake-${index}-`.repeat(40))
      yield* Effect.forEach(values, (value) => store.set(name, secret(value)), { concurrency: "unbounded" })
      assert.include(values, yield* valueOf(name))
      yield* store.remove(name)
    }),
  )
}
