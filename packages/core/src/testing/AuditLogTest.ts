/** What every `AuditLog` must do, and that the grants of its store are written down in it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { TestClock } from "effect/testing"
import { audit, AuditLog } from "../AuditLog.ts"
import type { NewGrant } from "../Grant.ts"
import { Grants } from "../Grants.ts"
import { localScope } from "../Run.ts"
import type { StorePlace } from "./StorePlace.ts"

type Test = (name: string, body: Effect.Effect<void, unknown, AuditLog | Grants>) => void

const grant = (path: string): NewGrant => ({ scope: localScope, path, mode: "write", remote: false, by: "ann" })

export const suite = (backend: string, place: StorePlace): void => {
  describe(`AuditLog (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )

    test(
      "gives back what was written, newest first, by kinds of actions too",
      Effect.gen(function* () {
        const log = yield* AuditLog
        yield* TestClock.setTime(1_000)
        const scope = { platform: "web", tenant: "acme", workspace: "site" }
        yield* audit(log, { actor: "ann", action: "queue.pause", subject: "codex", detail: { reason: "it is down" } })
        yield* TestClock.setTime(2_000)
        yield* audit(log, { scope, actor: "bob", action: "budget.set", subject: "daily", detail: { limit: 3 } })
        const first = { scope: localScope, at: 1_000, actor: "ann", action: "queue.pause", subject: "codex" } as const
        const second = { scope, at: 2_000, actor: "bob", action: "budget.set", subject: "daily" } as const
        const found = yield* log.list()
        assert.deepStrictEqual(found.map(Struct.omit(["id"])), [
          { ...second, detail: { limit: 3 } },
          { ...first, detail: { reason: "it is down" } },
        ])
        assert.deepStrictEqual(
          (yield* log.list({ action: "queue" })).map(({ actor }) => actor),
          ["ann"],
        )
        assert.deepStrictEqual(yield* log.list({ action: "grant" }), [])
        const actorsOf = (platform: string, tenant: string) =>
          Effect.map(log.list({ tenant: { platform, tenant } }), (of) => of.map(({ actor }) => actor))
        assert.deepStrictEqual(yield* actorsOf("web", "acme"), ["bob"])
        assert.deepStrictEqual(yield* actorsOf("local", "local"), ["ann"])
        assert.deepStrictEqual(yield* actorsOf("local", "acme"), [])
        assert.lengthOf(yield* log.list({ limit: 1 }), 1)
      }),
    )

    test(
      "is read in pages, each entry once, also while others are written",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const write = (subject: string) =>
          audit(log, { actor: "ann", action: subject < "5" ? "queue.pause" : "budget.set", subject, detail: {} })
        for (const subject of "0123456789") yield* write(subject)
        const pages = Effect.fnUntraced(function* (action?: string) {
          const subjects: Array<string> = []
          for (let before: number | undefined; ;) {
            const filter = { limit: 3, ...(action === undefined ? {} : { action }) }
            const page = yield* log.list(before === undefined ? filter : { ...filter, before })
            subjects.push(...page.map((entry) => entry.subject))
            const last = page.at(-1)
            if (last === undefined) return subjects.join("")
            before = last.id
            yield* write("x")
          }
        })
        assert.strictEqual(yield* pages(), "9876543210")
        assert.strictEqual(yield* pages("queue"), "43210")
      }),
    )

    test(
      "has each grant that was given and revoked, once, and by whom",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const grants = yield* Grants
        yield* TestClock.setTime(1_000)
        const { id } = yield* grants.add(grant("/work/app"))
        yield* TestClock.setTime(2_000)
        yield* grants.add(grant("/work/app"))
        yield* grants.add(grant("/work/once"), { lasting: false })
        yield* TestClock.setTime(3_000)
        yield* grants.revoke({ scope: localScope, target: id, by: "bob" })
        yield* Effect.flip(grants.revoke({ scope: localScope, target: id, by: "bob" }))
        assert.deepStrictEqual(
          (yield* log.list()).map(({ action, actor, at, subject }) => [action, actor, at, subject]),
          [
            ["grant.revoked", "bob", 3_000, "/work/app"],
            ["grant.given", "ann", 2_000, "/work/once"],
            ["grant.given", "ann", 1_000, "/work/app"],
          ],
        )
      }),
    )
  })
}
