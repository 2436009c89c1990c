/** What every `Grants` must do, whatever keeps them. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { GrantId, type Need, type NewGrant } from "../Grant.ts"
import { Grants } from "../Grants.ts"
import { localScope } from "../Run.ts"
import type { StorePlace } from "./StorePlace.ts"

const grant = (path: string, more: Partial<NewGrant> = {}): NewGrant => ({
  scope: localScope,
  path,
  mode: "write",
  remote: false,
  by: "ann",
  ...more,
})
const need = (path: string, more: Partial<Need> = {}): Need => ({
  scope: localScope,
  path,
  mode: "write",
  mount: undefined,
  ...more,
})

type Test = (name: string, body: Effect.Effect<void, unknown, Grants>) => void

/** @param options `durable`: what lasts is there when the same place is opened again, and what passes is not. */
export const suite = (backend: string, place: StorePlace, options: { readonly durable: boolean }): void => {
  describe(`Grants (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    covering(test)
    ending(test)
    if (options.durable) lasting(place)
  })
}

const covering = (test: Test): void => {
  test(
    "covers the directory and what is below it, and nothing beside or above it",
    Effect.gen(function* () {
      const grants = yield* Grants
      const { id } = yield* grants.add(grant("/work/app"))
      for (const path of ["/work/app", "/work/app/src", "/work/app/.git/hooks"]) {
        assert.strictEqual((yield* grants.covering(need(path)))?.id, id, path)
      }
      for (const path of ["/work", "/", "/work/apple", "/work/app-2", "/other/work/app", "/work/APP"]) {
        assert.isUndefined(yield* grants.covering(need(path)), path)
      }
    }),
  )

  test(
    "lets a grant to read do for reading only, and one of a scope for that scope only",
    Effect.gen(function* () {
      const grants = yield* Grants
      yield* grants.add(grant("/pictures", { mode: "read" }))
      assert.isUndefined(yield* grants.covering(need("/pictures/a.png")))
      assert.isDefined(yield* grants.covering(need("/pictures/a.png", { mode: "read" })))
      const scope = { ...localScope, tenant: "other" }
      assert.isUndefined(yield* grants.covering(need("/pictures/a.png", { mode: "read", scope })))
      assert.lengthOf(yield* grants.list({ scope }), 0)
    }),
  )

  test(
    "does not let a grant reach into what is mounted below it, nor one that is not meant for it onto a remote one",
    Effect.gen(function* () {
      const grants = yield* Grants
      const disk = { point: "/work", type: "ext4", remote: false }
      const nfs = { point: "/work/share", type: "nfs4", remote: true }
      yield* grants.add(grant("/work"))
      assert.isDefined(yield* grants.covering(need("/work/a", { mount: disk })))
      assert.isUndefined(yield* grants.covering(need("/work/share/a", { mount: nfs })))
      assert.isUndefined(yield* grants.covering(need("/work/share/a", { mount: { ...nfs, remote: false } })))
      const local = yield* grants.add(grant("/work/share"))
      assert.isUndefined(yield* grants.covering(need("/work/share/a", { mount: nfs })))
      const remote = yield* grants.add(grant("/work/share", { remote: true }))
      assert.notStrictEqual(remote.id, local.id)
      assert.strictEqual((yield* grants.covering(need("/work/share/a", { mount: nfs })))?.id, remote.id)
    }),
  )

  test(
    "keeps a path as it is, whatever is in it",
    Effect.gen(function* () {
      const grants = yield* Grants
      for (const path of ["/a'b", '/a"b', "/a%b_c", "/ä ö/𝛼", "/a\\b", "/?*[x]"]) {
        const { id } = yield* grants.add(grant(path))
        assert.strictEqual((yield* grants.covering(need(`${path}/c`)))?.path, path)
        assert.strictEqual((yield* grants.covering(need(path)))?.id, id)
      }
      assert.isUndefined(yield* grants.covering(need("/aXb_c")))
    }),
  )
}

const ending = (test: Test): void => {
  test(
    "gives one grant back for the same said twice, and names who gave it and when",
    Effect.gen(function* () {
      const grants = yield* Grants
      yield* TestClock.adjust("5 seconds")
      const first = yield* grants.add(grant("/work"))
      assert.deepStrictEqual(first, { ...grant("/work"), id: first.id, at: 5000 })
      assert.strictEqual((yield* grants.add(grant("/work", { by: "bob" }))).id, first.id)
      assert.notStrictEqual((yield* grants.add(grant("/work", { mode: "read" }))).id, first.id)
      assert.lengthOf(yield* grants.list({ scope: localScope }), 2)
    }),
  )

  test(
    "ends a grant at its time",
    Effect.gen(function* () {
      const grants = yield* Grants
      yield* grants.add(grant("/work", { expiresAt: 1000 }))
      assert.isDefined(yield* grants.covering(need("/work/a")))
      yield* TestClock.adjust("1 second")
      assert.isUndefined(yield* grants.covering(need("/work/a")))
      assert.lengthOf(yield* grants.list({ scope: localScope }), 0)
      assert.lengthOf(yield* grants.list({ scope: localScope, ended: true }), 1)
      const again = yield* grants.add(grant("/work", { expiresAt: 2000 }))
      assert.strictEqual((yield* grants.covering(need("/work/a")))?.id, again.id)
    }),
  )

  test(
    "ends what is revoked, by id or by directory, for good, and says by whom",
    Effect.gen(function* () {
      const grants = yield* Grants
      const before = yield* grants.revocations
      const first = yield* grants.add(grant("/work"))
      yield* grants.add(grant("/work", { mode: "read" }))
      const below = yield* grants.add(grant("/work/app"))
      const by = { scope: localScope, by: "bob" }
      const both = yield* grants.revoke({ ...by, target: { path: "/work" } })
      assert.lengthOf(both, 2)
      assert.isTrue(both.every(({ revokedAt, revokedBy }) => revokedAt !== undefined && revokedBy === "bob"))
      assert.isUndefined(yield* grants.covering(need("/work/x")))
      assert.strictEqual((yield* grants.covering(need("/work/app/x")))?.id, below.id)
      assert.deepStrictEqual(
        (yield* grants.revoke({ ...by, target: below.id })).map(({ id }) => id),
        [below.id],
      )
      assert.strictEqual((yield* grants.revocations) - before, 3)
      for (const target of [first.id, GrantId.make("grant_000000000000"), { path: "/work" }]) {
        assert.strictEqual((yield* Effect.flip(grants.revoke({ ...by, target }))).code, "POLICY_GRANT_NOT_FOUND")
      }
      assert.lengthOf(yield* grants.list({ scope: localScope }), 0)
      assert.lengthOf(yield* grants.list({ scope: localScope, ended: true }), 3)
      assert.isDefined(yield* grants.add(grant("/work")))
      assert.isDefined(yield* grants.covering(need("/work/x")))
    }),
  )

  test(
    "takes grants that do not last for as long as it lives",
    Effect.gen(function* () {
      const grants = yield* Grants
      const { id } = yield* grants.add(grant("/tmp/demo"), { lasting: false })
      assert.strictEqual((yield* grants.covering(need("/tmp/demo")))?.id, id)
      assert.lengthOf(yield* grants.list({ scope: localScope }), 1)
      yield* grants.revoke({ scope: localScope, target: id, by: "ann" })
      assert.isUndefined(yield* grants.covering(need("/tmp/demo")))
    }),
  )
}

const lasting = (place: StorePlace): void => {
  it.effect("keeps what lasts, and its end, and forgets what passes", () =>
    Effect.gen(function* () {
      const open = yield* place
      const first = Effect.gen(function* () {
        const grants = yield* Grants
        yield* grants.add(grant("/kept"))
        yield* grants.add(grant("/passing"), { lasting: false })
        yield* grants.add(grant("/ended"))
        yield* grants.revoke({ scope: localScope, target: { path: "/ended" }, by: "ann" })
        return yield* grants.revocations
      })
      const revoked = yield* Effect.provide(first, open, { local: true })
      const second = Effect.gen(function* () {
        const grants = yield* Grants
        assert.deepStrictEqual(
          (yield* grants.list({ scope: localScope })).map(({ path }) => path),
          ["/kept"],
        )
        assert.isDefined(yield* grants.covering(need("/kept/a")))
        assert.isUndefined(yield* grants.covering(need("/passing")))
        assert.isUndefined(yield* grants.covering(need("/ended")))
        assert.strictEqual(yield* grants.revocations, revoked)
      })
      yield* Effect.provide(second, open, { local: true })
    }),
  )

  it.effect("shows a grant, and its end, to another program on the store at once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const open = yield* place
        const scope = yield* Effect.scope
        const opened = Effect.map(Layer.buildWithScope(Layer.fresh(open), scope), (context) =>
          Context.get(context, Grants),
        )
        const [mine, others] = yield* Effect.all([opened, opened])
        const { id } = yield* mine.add(grant("/work"))
        yield* mine.add(grant("/mine"), { lasting: false })
        assert.strictEqual((yield* others.covering(need("/work/a")))?.id, id)
        assert.isUndefined(yield* others.covering(need("/mine")))
        const before = yield* mine.revocations
        yield* others.revoke({ scope: localScope, target: id, by: "bob" })
        assert.isUndefined(yield* mine.covering(need("/work/a")))
        assert.isAbove(yield* mine.revocations, before)
      }),
    ),
  )
}
