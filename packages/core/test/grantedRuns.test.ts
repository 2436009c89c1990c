/** What grants do to runs: nothing is stored or started without one, and a run that waits loses its turn with its grant. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import type { ProcessCommand } from "../src/ProcessHost.ts"
import { Grants } from "../src/Grants.ts"
import { localScope } from "../src/Run.ts"
import { done, hang, oneHost, request as anywhere, types } from "./hosts.ts"

const request = { ...anywhere, cwd: "/project" }

const strict = { workspaces: "granted" } as const
const grantOf = (path: string) => ({ scope: localScope, path, mode: "write" as const, remote: false, by: "ann" })
const revocation = (path: string) => ({ scope: localScope, target: { path }, by: "bob" })

describe("A run without a grant", () => {
  it.effect("is refused before anything is stored or started, the probe of its CLI included", () =>
    Effect.gen(function* () {
      const started: Array<ProcessCommand> = []
      const host = { onEvent: (_: string, command: ProcessCommand) => void started.push(command) }
      const { yard } = yield* oneHost({ settings: strict, host })
      const error = yield* Effect.flip(yard.submit(request))
      assert.strictEqual(error.code, "POLICY_NO_GRANT")
      assert.strictEqual(error.remedy, "If they may: runyard grant add /project")
      assert.deepStrictEqual(yield* yard.list(), [])
      assert.deepStrictEqual(started, [])
    }),
  )

  it.effect("masks a secret that the path holds, in the command too", () =>
    Effect.gen(function* () {
      const host = { env: { PATH: "/bin", FAKE_KEY: "a-very-secret-value-1234" } }
      const { yard } = yield* oneHost({ settings: strict, host })
      const error = yield* Effect.flip(yard.submit({ ...request, cwd: "/project/a-very-secret-value-1234" }))
      assert.strictEqual(error.code, "POLICY_NO_GRANT")
      assert.notInclude(JSON.stringify(error.info), "a-very-secret-value")
    }),
  )
})

describe("A grant that is revoked", () => {
  it.effect("takes away the turn of a run that waits, within two seconds, and leaves the one that is executed", () =>
    Effect.gen(function* () {
      const { logOf, store, yard } = yield* oneHost({ settings: strict, script: hang })
      const grants = Context.get(store, Grants)
      yield* grants.add(grantOf("/project"))
      yield* grants.add(grantOf("/other"))
      const first = yield* yard.submit(request)
      yield* TestClock.adjust("100 millis")
      const waiting = yield* yard.submit({ ...request, cwd: "/project/below" })
      const elsewhere = yield* yard.submit({ ...request, cwd: "/other" })
      const { grants: ended, stopped } = yield* yard.revoke(revocation("/project"), { stopRuns: false })
      assert.deepStrictEqual([ended.length, stopped], [1, []])
      yield* TestClock.adjust("2 seconds")
      const rejected = yield* yard.get(waiting.id)
      assert.deepStrictEqual([rejected.state, rejected.error?.code], ["rejected", "POLICY_NO_GRANT"])
      assert.deepStrictEqual(types(yield* logOf(waiting.id)), ["run.queued", "run.policy_denied"])
      assert.strictEqual((yield* yard.get(first.id)).state, "running")
      assert.strictEqual((yield* yard.get(elsewhere.id)).state, "queued")
    }),
  )

  it.effect("stops those that are executed there when that is asked, and says why", () =>
    Effect.gen(function* () {
      const { store, yard, logOf } = yield* oneHost({
        settings: { ...strict, concurrency: { global: 3, perProvider: 3 } },
        script: hang,
      })
      const grants = Context.get(store, Grants)
      const acme = { platform: "web", tenant: "acme", workspace: "site" }
      yield* grants.add(grantOf("/project"))
      yield* grants.add(grantOf("/other"))
      yield* grants.add({ ...grantOf("/project"), scope: acme })
      const there = yield* yard.submit({ ...request, cwd: "/project/below" })
      const elsewhere = yield* yard.submit({ ...request, cwd: "/other" })
      const others = yield* yard.submit({ ...request, cwd: "/project/below", scope: acme })
      yield* TestClock.adjust("1 second")
      const revoking = yield* Effect.forkChild(yard.revoke(revocation("/project"), { stopRuns: true }))
      yield* TestClock.adjust("5 seconds")
      const { stopped } = yield* Fiber.join(revoking)
      assert.deepStrictEqual(
        stopped.map(({ id, state }) => [id, state]),
        [[there.id, "canceled"]],
      )
      const last = (yield* logOf(there.id)).at(-1)
      assert.deepInclude(last?.payload, { by: "bob", reason: "the grant of its directory was revoked" })
      assert.strictEqual((yield* yard.get(elsewhere.id)).state, "running")
      // By a grant of its own.
      assert.strictEqual((yield* yard.get(others.id)).state, "running")
    }),
  )

  it.effect("is found out at the turn of a run at the latest, also where it has only run out", () =>
    Effect.gen(function* () {
      let spawned = 0
      const { logOf, store, yard } = yield* oneHost({
        settings: strict,
        script: { steps: [{ waitMillis: 5000 }, { stdout: done }] },
        host: { onEvent: (event) => void (spawned += event === "spawn" ? 1 : 0) },
      })
      const grants = Context.get(store, Grants)
      yield* grants.add(grantOf("/long"))
      yield* grants.add({ ...grantOf("/project"), expiresAt: 3000 })
      yield* yard.submit({ ...request, cwd: "/long" })
      const waiting = yield* yard.submit(request)
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* yard.get(waiting.id)).state, "rejected")
      assert.deepStrictEqual(types(yield* logOf(waiting.id)), ["run.queued", "run.policy_denied"])
      // The probe and the first run.
      assert.strictEqual(spawned, 2)
    }),
  )
})
