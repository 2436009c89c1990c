/** How many runs may wait: what every store must do, in the transaction that stores a run. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { EventLog } from "../EventLog.ts"
import type { QueueRoom, QuotaChange } from "../QueueQuota.ts"
import { RunQueue } from "../RunQueue.ts"
import { claimed, completed, draft, failed, started, testHost, testRequest, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

type Test = (name: string, body: Effect.Effect<void, unknown, EventLog | RunQueue>) => void

const wide: QueueRoom = { bound: 1_000, quotas: {} }

const submit = (number: number, tenant: string, workspace: string, room: QueueRoom = wide) =>
  EventLog.use((log) =>
    log.append(
      testRunId(number),
      [
        draft(
          "run.queued",
          { scope: { platform: "local", tenant, workspace }, host: testHost, request: testRequest },
          { attempt: 0 },
        ),
      ],
      room,
    ),
  )

const codeOf = (submitted: ReturnType<typeof submit>) =>
  Effect.map(Effect.result(submitted), (result) => (result._tag === "Failure" ? result.failure.code : "stored"))

const decide = (quotas: QuotaChange) =>
  RunQueue.use((queue) => queue.decide({ at: 1, by: "ann", change: { kind: "quotas", quotas } }))

export const suite = (backend: string, place: StorePlace): void => {
  describe(`The room of the queue (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    bounds(test)
    quotas(test)
  })
}

const bounds = (test: Test): void => {
  test(
    "takes as many as it may, of those that come at the same instant too, and stores nothing of the others",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
      const codes = yield* Effect.forEach(
        numbers,
        (number) => codeOf(submit(number, "acme", "site", { bound: 10, quotas: {} })),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(codes.filter((code) => code === "stored").length, 10)
      assert.strictEqual(codes.filter((code) => code === "QUEUE_FULL").length, 30)
      assert.strictEqual(yield* queue.waiting, 10)
      const last = codes.lastIndexOf("QUEUE_FULL") + 1
      const missing = yield* Effect.flip(log.read(testRunId(last), { after: 0, limit: 1 }))
      assert.strictEqual(missing.code, "STORE_RUN_NOT_FOUND")
    }),
  )

  test(
    "has room again for each that begins or ends, and less for each that waits again",
    Effect.gen(function* () {
      const log = yield* EventLog
      const queue = yield* RunQueue
      const room = { bound: 1, quotas: {} }
      assert.strictEqual(yield* codeOf(submit(1, "acme", "site", room)), "stored")
      assert.strictEqual(yield* codeOf(submit(2, "acme", "site", room)), "QUEUE_FULL")
      yield* log.append(testRunId(1), [claimed, started])
      assert.strictEqual(yield* codeOf(submit(2, "acme", "site", room)), "stored")
      yield* log.append(testRunId(2), [draft("run.canceled", { by: "ann" }, { attempt: 0 })])
      assert.strictEqual(yield* queue.waiting, 0)
      yield* log.append(testRunId(1), [draft("queue.requeued", { by: "ann" })])
      assert.strictEqual(yield* queue.waiting, 1)
      assert.strictEqual(yield* codeOf(submit(3, "acme", "site", room)), "QUEUE_FULL")
    }),
  )
}

const quotas = (test: Test): void => {
  test(
    "counts each tenant and each workspace by itself, also within one commit",
    Effect.gen(function* () {
      const room: QueueRoom = { bound: 1_000, quotas: { perTenant: 5, perWorkspace: 3 } }
      const asked = (["acme", "other"] as const).flatMap((tenant) =>
        ["site", "shop"].flatMap((workspace) => Array.from({ length: 4 }, () => [tenant, workspace] as const)),
      )
      const codes = yield* Effect.forEach(
        asked,
        ([tenant, workspace], index) => codeOf(submit(index + 1, tenant, workspace, room)),
        { concurrency: "unbounded" },
      )
      const stored = asked.filter((_, index) => codes[index] === "stored").map((names) => names.join("/"))
      assert.deepStrictEqual(
        ["acme/site", "acme/shop", "other/site", "other/shop"].map(
          (name) => stored.filter((each) => each === name).length,
        ),
        [3, 2, 3, 2],
      )
      assert.deepStrictEqual([...new Set(codes)].toSorted(), ["QUEUE_QUOTA", "stored"])
    }),
  )

  test(
    "has room again when a run of the tenant has begun, in whatever order events come",
    Effect.gen(function* () {
      const log = yield* EventLog
      const room: QueueRoom = { bound: 1_000, quotas: { tenant: { acme: 1 } } }
      assert.strictEqual(yield* codeOf(submit(1, "acme", "site", room)), "stored")
      assert.strictEqual(yield* codeOf(submit(2, "acme", "shop", room)), "QUEUE_QUOTA")
      assert.strictEqual(yield* codeOf(submit(3, "other", "shop", room)), "stored")
      yield* log.append(testRunId(1), [claimed, started, completed])
      assert.strictEqual(yield* codeOf(submit(2, "acme", "shop", room)), "stored")
      yield* log.append(testRunId(2), [claimed, started, failed])
      assert.strictEqual(yield* codeOf(submit(4, "acme", "shop", room)), "stored")
    }),
  )

  test(
    "goes by what was decided for the store before the host's own, name before kind",
    Effect.gen(function* () {
      const room: QueueRoom = { bound: 1_000, quotas: { perTenant: 1 } }
      yield* decide({ perTenant: 2, workspace: { "acme/site": 0 } })
      assert.strictEqual(yield* codeOf(submit(1, "acme", "site", room)), "QUEUE_QUOTA")
      assert.strictEqual(yield* codeOf(submit(1, "acme", "shop", room)), "stored")
      assert.strictEqual(yield* codeOf(submit(2, "acme", "shop", room)), "stored")
      assert.strictEqual(yield* codeOf(submit(3, "acme", "shop", room)), "QUEUE_QUOTA")
      yield* decide({ perTenant: null, workspace: { "acme/site": null } })
      assert.strictEqual(yield* codeOf(submit(3, "acme", "site", room)), "QUEUE_QUOTA")
      assert.strictEqual(yield* codeOf(submit(3, "other", "site", room)), "stored")
      assert.isUndefined((yield* decide({})).quotas)
    }),
  )

  test(
    "says before the bound of the queue that a quota is used up, and whose",
    Effect.gen(function* () {
      const room: QueueRoom = { bound: 1, quotas: { perTenant: 1 } }
      yield* submit(1, "acme", "site", room)
      const error = yield* Effect.flip(submit(2, "acme", "site", room))
      assert.strictEqual(error.code, "QUEUE_QUOTA")
      assert.deepStrictEqual(error.detail, { kind: "tenant", name: "acme", waiting: 1, quota: 1 })
      assert.strictEqual(yield* codeOf(submit(2, "other", "site", room)), "QUEUE_FULL")
    }),
  )
}
