/** What is decided through the front door is written down, by whom, and only where it was done. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { AuditLog } from "../src/AuditLog.ts"
import { hang, oneHost, request } from "./hosts.ts"

const token = ["ghp", "_", "9mP2qLx7RtVb4WcNz8KdYf3HsJg6Ue1Xa5QZ"].join("")
const ann = { by: "ann", reason: `since ${token} was lost` }
const rule = {
  id: "daily",
  scope: "all",
  kind: "money",
  limit: 5,
  window: "day",
  unknown: "allow",
}

describe("The audit log", () => {
  it.effect("has what was done to the queue, to budgets and to schedules, and no secret", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ script: hang })
      yield* yard.queue.decide({ kind: "pause", provider: "fake" }, ann)
      yield* yard.queue.decide({ kind: "limits", limits: { global: 3 } }, ann)
      yield* yard.queue.decide({ kind: "quotas", quotas: { perTenant: 3 } }, ann)
      yield* yard.queue.decide({ kind: "resume", provider: "fake" }, ann)
      yield* yard.submit(request)
      const { id } = yield* yard.submit(request)
      yield* yard.queue.change(id, { held: true }, ann)
      const schedule = yield* yard.schedules.create({ request, expression: "0 3 * * *" }, ann)
      yield* yard.schedules.pause(schedule.id, ann)
      yield* yard.schedules.resume(schedule.id, { by: "bob" })
      yield* yard.schedules.remove(schedule.id, ann)
      yield* yard.budgets.set(rule, ann)
      yield* yard.budgets.remove("daily", ann)
      const entries = yield* Context.get(store, AuditLog).list()
      assert.deepStrictEqual(
        entries.toReversed().map(({ action, actor, subject }) => [action, actor, subject]),
        [
          ["queue.pause", "ann", "fake"],
          ["queue.limits", "ann", "queue"],
          ["queue.quotas", "ann", "queue"],
          ["queue.resume", "ann", "fake"],
          ["queue.run_changed", "ann", id],
          ["schedule.created", "ann", schedule.id],
          ["schedule.paused", "ann", schedule.id],
          ["schedule.resumed", "bob", schedule.id],
          ["schedule.removed", "ann", schedule.id],
          ["budget.set", "ann", "daily"],
          ["budget.removed", "ann", "daily"],
        ],
      )
      assert.notInclude(JSON.stringify(entries), token)
      assert.include(JSON.stringify(entries[0]?.detail), "was lost")
    }),
  )

  it.effect("has nothing of what was refused", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ script: hang })
      const { id } = yield* yard.submit(request)
      for (const refused of [
        yard.queue.decide({ kind: "sleep" }, ann),
        yard.queue.change(id, { held: "perhaps" as unknown as boolean }, ann),
        yard.schedules.create({ request, expression: "never" }, ann),
        yard.schedules.pause("sched_none", ann),
        yard.budgets.remove("daily", ann),
        yard.budgets.set({ ...rule, limit: -1 }, ann),
      ]) {
        yield* Effect.exit(refused)
      }
      assert.deepStrictEqual(yield* Context.get(store, AuditLog).list(), [])
    }),
  )
})
