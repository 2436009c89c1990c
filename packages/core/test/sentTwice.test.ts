/** A request that is sent more than once with one key: one run, on whichever host. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { hang, idOf, oneHost, openHost, openStore, quick, request } from "./hosts.ts"

const keyed = { ...request, idempotencyKey: "order-17" }

describe("A request with an idempotency key", () => {
  it.effect("is the same run when it is sent again, also after the run has ended", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: quick })
      const first = yield* yard.submit(keyed)
      assert.strictEqual((yield* yard.submit({ ...keyed, title: "a title does nothing" })).id, first.id)
      yield* TestClock.adjust("1 minute")
      const again = yield* yard.submit(keyed)
      assert.deepStrictEqual([again.id, again.state], [first.id, "succeeded"])
      assert.strictEqual((yield* yard.list()).length, 1)
    }),
  )

  it.effect("is refused with other content, and nothing is stored", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      const { id } = yield* yard.submit(keyed)
      for (const change of [{ prompt: "Say bye" }, { priority: "high" }, { limits: { wallMillis: 1 } }]) {
        const refused = yield* Effect.flip(yard.submit({ ...keyed, ...change }))
        assert.deepStrictEqual([refused.code, refused.detail["runId"]], ["QUEUE_IDEMPOTENCY_CONFLICT", id])
      }
      assert.strictEqual((yield* yard.list()).length, 1)
    }),
  )

  it.effect("is one run when two hosts get it at once, many times", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const hosts = [
        yield* openHost(store, { script: hang, host: { self: idOf("one") } }),
        yield* openHost(store, { script: hang, host: { self: idOf("two") } }),
      ]
      const sends = Array.from({ length: 40 }, (_, index) => hosts[index % 2]?.yard.submit(keyed) ?? Effect.never)
      const runs = yield* Effect.all(sends, { concurrency: "unbounded" })
      assert.strictEqual(new Set(runs.map(({ id }) => id)).size, 1)
    }),
  )

  it.effect("belongs to its tenant", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      const scope = { platform: "web", tenant: "acme", workspace: "site" }
      const mine = yield* yard.submit(keyed)
      const theirs = yield* yard.submit({ ...keyed, scope })
      const sameTenant = yield* yard.submit({ ...keyed, scope: { ...scope, workspace: "other" } })
      assert.notStrictEqual(mine.id, theirs.id)
      assert.strictEqual(sameTenant.id, theirs.id)
    }),
  )

  it.effect("is executed by the host that sends it again when the first one has died before it began", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const dead = yield* openHost(store, {
        script: hang,
        host: { self: idOf("one") },
        settings: { concurrency: { global: 1, perProvider: 1 } },
      })
      yield* dead.yard.submit(request)
      const waiting = yield* dead.yard.submit(keyed)
      assert.strictEqual(waiting.state, "queued")
      yield* dead.close
      const { yard } = yield* openHost(store, { script: quick, host: { self: idOf("two"), dead: new Set(["one"]) } })
      assert.strictEqual((yield* yard.submit(keyed)).id, waiting.id)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* yard.get(waiting.id)).state, "succeeded")
    }),
  )

  it.effect("must be a word of visible characters that holds no secret", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang, settings: { promptSecrets: "allow" } })
      for (const idempotencyKey of ["", "two words", "x".repeat(201), "tab\t"]) {
        assert.strictEqual(
          (yield* Effect.flip(yard.submit({ ...keyed, idempotencyKey }))).code,
          "QUEUE_REQUEST_INVALID",
        )
      }
      const secret = `ghp_${"A1b2C3d4E5".repeat(4).slice(0, 36)}`
      const refused = yield* Effect.flip(yard.submit({ ...keyed, idempotencyKey: secret }))
      assert.strictEqual(refused.code, "POLICY_SECRET_IN_PROMPT")
      assert.strictEqual((yield* yard.list()).length, 0)
    }),
  )
})
