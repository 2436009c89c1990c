import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { defaultFairSettings } from "../src/FairSettings.ts"
import { capacityOf } from "../src/Limits.ts"
import {
  type ControlChange,
  controlOf,
  decideControl,
  openControl,
  QueueControl,
  underControl,
} from "../src/QueueControl.ts"
import { RunQueue } from "../src/RunQueue.ts"
import * as Context from "effect/Context"
import { hang, idOf, openHost, openStore, quick, request } from "./hosts.ts"

describe("QueueControl", () => {
  it("leaves the settings of a host alone while nothing was decided", () => {
    assert.strictEqual(underControl(defaultFairSettings, openControl), defaultFairSettings)
  })

  it("puts its limits in place of those that a host has, and closes what is paused", () => {
    const changes: ReadonlyArray<ControlChange> = [
      { kind: "limits", limits: { global: 7, provider: { codex: 4, claude: 2 }, workspace: { "acme/site": 1 } } },
      { kind: "pause", provider: "claude" },
    ]
    const { limits } = underControl(defaultFairSettings, changes.reduce(decideControl, openControl))
    const capacities = [
      capacityOf(limits, "global", "global"),
      capacityOf(limits, "provider", "codex"),
      capacityOf(limits, "provider", "claude"),
      capacityOf(limits, "provider", "scripted"),
      capacityOf(limits, "workspace", "acme/site"),
      capacityOf(limits, "workspace", "acme/other"),
    ]
    assert.deepStrictEqual(capacities, [7, 4, 0, 1, 1, Infinity])
    const paused = underControl(defaultFairSettings, decideControl(openControl, { kind: "pause" }))
    assert.strictEqual(capacityOf(paused.limits, "global", "global"), 0)
  })

  it("tells a tenant what holds for all, and of tenants only what is its own", () => {
    const rule = { scope: "tenant", kind: "turns", limit: 1, window: "total", unknown: "allow" } as const
    const control: QueueControl = {
      paused: true,
      pausedProviders: ["codex"],
      limits: {
        global: 9,
        provider: { codex: 2 },
        tenant: { "web/acme": 1, acme: 2, "web/acme2": 3 },
        workspace: { "web/acme/site": 1, "web/acme2/site": 2, "acme/site": 3 },
      },
      quotas: { perTenant: 4, tenant: { "web/other": 5 }, workspace: { "web/acme/shop": 6 } },
      budgets: [
        { ...rule, id: "each" },
        { ...rule, id: "own", subject: "acme" },
        { ...rule, id: "other", subject: "other" },
        { ...rule, id: "all", scope: "all" },
      ],
    }
    const told = controlOf(control, { platform: "web", tenant: "acme" })
    assert.deepStrictEqual(told, {
      paused: true,
      pausedProviders: ["codex"],
      limits: {
        global: 9,
        provider: { codex: 2 },
        tenant: { "web/acme": 1 },
        workspace: { "web/acme/site": 1 },
      },
      quotas: { perTenant: 4, workspace: { "web/acme/shop": 6 } },
      budgets: control.budgets?.filter(({ id }) => id !== "other") ?? [],
    })
    assert.deepStrictEqual(controlOf(openControl, { platform: "web", tenant: "acme" }), openControl)
  })

  it.effect.prop(
    "pausing and resuming leaves what was, and limits that are taken back leave nothing",
    [QueueControl],
    ([control]) =>
      Effect.sync(() => {
        const twice = decideControl(decideControl(control, { kind: "pause" }), { kind: "resume" })
        assert.deepStrictEqual(twice, { ...control, paused: false })
        const nulls = (names: Readonly<Record<string, unknown>> = {}) =>
          Object.fromEntries(Object.keys(names).map((name) => [name, null]))
        const { account, model, provider, tenant, workspace } = control.limits
        const taken = decideControl(control, {
          kind: "limits",
          limits: {
            global: null,
            account: nulls(account),
            model: nulls(model),
            provider: nulls(provider),
            tenant: nulls(tenant),
            workspace: nulls(workspace),
          },
        })
        assert.deepStrictEqual(taken.limits, {})
      }),
  )

  it.effect("holds for every host on the store, from its next look on, without a restart", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const queue = Context.get(store, RunQueue)
      const decide = (change: ControlChange) => queue.decide({ at: 0, by: "ann", change })
      const one = yield* openHost(store, { script: hang, host: { self: idOf("one") } })
      const two = yield* openHost(store, { script: quick, host: { self: idOf("two") } })
      yield* decide({ kind: "pause" })
      const ids = [(yield* one.yard.submit(request)).id, (yield* two.yard.submit(request)).id]
      const states = Effect.forEach(ids, (id) => Effect.map(one.yard.get(id), ({ state }) => state))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* states, ["queued", "queued"])
      yield* decide({ kind: "resume" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["running", "queued"])
      yield* decide({ kind: "limits", limits: { provider: { fake: 2 } } })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["running", "succeeded"])
    }),
  )
})
