/** Two tenants on one store: every route of the API is asked by one of them for what is the other's. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { localScope } from "@runyard/core"
import { type ClientAnswer, createClient } from "../src/client/index.ts"
import { routes } from "../src/client/routes.generated.ts"
import { isRoute, type RouteName } from "../src/scopes.ts"
import { acme, hang, makeServer, origin, quick, request, rival, token } from "./server.ts"

const secretText = "what-the-rival-is-at"
const secretPlace = "/rival/place"

interface Ids {
  readonly run: string
  readonly schedule: string
  readonly grant: string
}

/** How a route is asked for what is not the caller's: its parameter, its query and its body. */
interface Question {
  readonly id?: (ids: Ids) => string
  readonly query?: (ids: Ids) => string
  readonly body?: (ids: Ids) => unknown
  /** What every answer about something of another tenant has. Missing: the route is answered, with nothing of it. */
  readonly refused?: readonly [status: number, code: string]
  readonly isStream?: true
}

const noRun = [404, "STORE_RUN_NOT_FOUND"] as const
const noSchedule = [404, "QUEUE_SCHEDULE_NOT_FOUND"] as const
const forAll = [403, "HTTP_SCOPE_MISSING"] as const
const ofRun = { id: ({ run }: Ids) => run, refused: noRun }
const ofSchedule = { id: ({ schedule }: Ids) => schedule, refused: noSchedule }
const foreign = { ...localScope, ...rival.tenant }
const rule = { id: "r", scope: "all", kind: "turns", limit: 1, window: "total", unknown: "allow" } as const

/** A route that is missing here does not compile. */
const questions: Readonly<Record<RouteName, Question>> = {
  "runs.submit": { body: () => ({ ...request, scope: foreign }), refused: forAll },
  "runs.check": { body: ({ run }) => ({ ...request, rerunOf: run }) },
  "runs.list": { query: ({ run }) => `?before=${run}`, refused: noRun },
  "runs.get": ofRun,
  "runs.cancel": { ...ofRun, body: () => ({ force: true }) },
  "runs.retry": { ...ofRun, body: () => ({}) },
  "runs.rerun": { ...ofRun, body: () => ({}) },
  "runs.explain": ofRun,
  "runs.redactions": ofRun,
  "runs.log": ofRun,
  "runs.events": { ...ofRun, query: () => "?live=1" },
  "events.all": { isStream: true },
  "events.page": {},
  "queue.list": {},
  "queue.change": { ...ofRun, body: () => ({ held: true }) },
  "queue.decide": { body: () => ({ change: { kind: "pause" } }), refused: forAll },
  "queue.decisions": {},
  "queue.breakers": {},
  "schedules.list": {},
  "schedules.add": {
    body: () => ({ expression: "0 3 * * *", request: { ...request, scope: foreign } }),
    refused: forAll,
  },
  "schedules.preview": { body: () => ({ expression: "0 3 * * *" }) },
  "schedules.get": ofSchedule,
  "schedules.edit": { ...ofSchedule, body: () => ({ revision: 1, expression: "0 4 * * *" }) },
  "schedules.fire": { ...ofSchedule, body: () => ({}) },
  "schedules.next": ofSchedule,
  "schedules.pause": { ...ofSchedule, body: () => ({}) },
  "schedules.resume": { ...ofSchedule, body: () => ({}) },
  "schedules.remove": ofSchedule,
  "budgets.list": {},
  "budgets.set": { body: () => ({ rule }), refused: forAll },
  "budgets.remove": { id: () => "of-rival", refused: forAll },
  "grants.list": { query: () => "?ended=1" },
  "grants.add": { body: () => ({ path: "/acme/place" }) },
  "grants.look": { body: () => ({ path: `${secretPlace}/below` }) },
  "grants.revoke": {
    id: ({ grant }) => grant,
    query: () => "?stopRuns=1",
    refused: [404, "POLICY_GRANT_NOT_FOUND"],
  },
  "policy.explain": {
    query: () => `?provider=fake&cwd=${encodeURIComponent(secretPlace)}`,
    refused: [403, "POLICY_NO_GRANT"],
  },
  "capabilities.list": {},
  "usage.entries": { query: ({ run }) => `?run=${run}` },
  "usage.sums": { query: () => "?by=tenant" },
  "audit.list": {},
  "system.settings": {},
  "system.health": {},
  "system.ready": {},
  "system.metrics": { refused: forAll },
  "session.open": { body: () => ({ code: "none" }), refused: [401, "HTTP_UNAUTHENTICATED"] },
  "session.get": {},
  "session.close": {},
}

/** Routes that repeat what they were asked. */
const said: ReadonlySet<string> = new Set<RouteName>(["grants.look", "policy.explain", "runs.check"])

const all = Object.entries(routes).flatMap(([group, endpoints]) =>
  Object.entries(endpoints).map(([name, route]) => ({ name: `${group}.${name}`, ...route })),
)

describe("A principal of a tenant", () => {
  let play = () => quick
  const server = makeServer({ play: () => play() })
  const clientOf = (name: string) => createClient({ baseUrl: origin, token: name, fetch: server.fetch })
  const clients = { acme: clientOf("acme"), rival: clientOf("rival"), ana: clientOf(token) }
  let ids: Ids
  let own: ClientAnswer<"runs", "submit">["run"]
  let live: ClientAnswer<"runs", "submit">["run"]

  const ended = async (client: typeof clients.acme, id: string) => {
    for await (const frame of client.runs.events(id)) void frame
    return client.runs.get({ params: { id } })
  }
  const started = async (client: typeof clients.acme, id: string) => {
    for await (const frame of client.runs.events(id))
      if (frame.kind === "run" && frame.event.type === "run.started") break
  }

  beforeAll(async () => {
    own = (await clients.acme.runs.submit({ payload: request })).run
    await ended(clients.acme, own.id)
    const payload = { ...request, prompt: secretText, cwd: secretPlace }
    const { run } = await clients.rival.runs.submit({ payload, headers: { "idempotency-key": "once" } })
    await ended(clients.rival, run.id)
    const schedule = await clients.rival.schedules.add({ payload: { expression: "0 3 * * *", request: payload } })
    const grant = await clients.rival.grants.add({ payload: { path: secretPlace } })
    const ofRival = { ...rule, id: "of-rival", scope: "tenant", subject: "rival" } as const
    await clients.ana.budgets.set({ payload: { rule: ofRival } })
    const limits = { tenant: { "web/rival": 7, "web/acme": 8 } }
    await clients.ana.queue.decide({ payload: { change: { kind: "limits", limits }, reason: secretText } })
    ids = { run: run.id, schedule: schedule.id, grant: grant.id }
    play = () => hang
    live = (await clients.rival.runs.submit({ payload: { ...payload, prompt: "live" } })).run
    await started(clients.rival, live.id)
  })
  afterAll(async () => {
    await clients.ana.runs.cancel({ params: { id: live.id }, payload: { force: true } })
    await server.dispose()
  })

  const ask = async (name: string, asked: Ids, bearer: string): Promise<{ status: number; text: string }> => {
    const route = all.find((each) => each.name === name)
    if (route === undefined || !isRoute(name)) return assert.fail(name)
    const { body, id, isStream = false, query } = questions[name]
    const address = `${origin}${route.path.replace(":id", id?.(asked) ?? "")}${query?.(asked) ?? ""}`
    const response = await server.fetch(address, {
      method: route.method,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body(asked)) }),
    })
    if (!isStream) return { status: response.status, text: await response.text() }
    // It never ends: what has come when the caller's own last event is there.
    const { lastSeq } = await clients.acme.runs.get({ params: { id: own.id } })
    const reader = response.body?.getReader()
    let text = ""
    while (!text.includes(`"seq":${lastSeq},`)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      text += Buffer.from(value ?? []).toString()
      if (done) break
    }
    await reader?.cancel()
    return { status: response.status, text }
  }

  /** What was told, without what the question itself said. */
  const withoutIds = (text: string, asked: Ids): string =>
    Object.values(asked).reduce((rest: string, id) => rest.replaceAll(id, "ID"), text)

  it.each(all.map(({ name }) => name))("is told nothing of another tenant by %s", async (name) => {
    const { status, text } = await ask(name, ids, "acme")
    const { id, refused } = isRoute(name) ? questions[name] : {}
    assert.strictEqual(all.find((each) => each.name === name)?.path.includes(":id"), id !== undefined)
    if (refused !== undefined) {
      assert.deepStrictEqual([status, JSON.parse(text).code], refused)
      // It is as if it were not there.
      const nowhere = {
        run: "run_0000000000000000",
        schedule: "sched_0000000000000000",
        grant: "grant_0000000000000000",
      }
      const missing = await ask(name, nowhere, "acme")
      assert.deepStrictEqual([missing.status, withoutIds(missing.text, nowhere)], [status, withoutIds(text, ids)])
    } else assert.isBelow(status, 300, text)
    // What it has said itself is no news to it.
    const told = said.has(name) ? withoutIds(text, ids).replaceAll(secretPlace, "PLACE") : text
    for (const word of ["rival", secretText, live.id, ...Object.values(ids)]) {
      if (refused === undefined || !Object.values(ids).includes(word)) assert.notInclude(told, word)
    }
    assert.notInclude(told, 'granted"')
  })

  it("has changed nothing of it, and its owner and a principal of all tenants have it all", async () => {
    for (const client of [clients.rival, clients.ana]) {
      const params = { id: ids.run }
      assert.deepInclude(await client.runs.get({ params }), { state: "succeeded", scope: foreign })
      assert.deepInclude(await client.runs.get({ params: { id: live.id } }), { state: "running" })
      assert.isAbove((await client.runs.log({ params })).events.length, 2)
      assert.lengthOf((await client.usage.entries({ query: { run: ids.run } })).entries, 1)
      assert.include(
        (await client.schedules.list()).schedules.map(({ enabled, id }) => `${id} ${enabled}`),
        `${ids.schedule} true`,
      )
    }
    const { runs } = await clients.ana.runs.list({ query: { limit: 100 } })
    assert.deepStrictEqual(new Set(runs.map(({ scope }) => scope.tenant)), new Set(["acme", "rival"]))
    assert.lengthOf((await clients.rival.grants.list()).grants, 1)
    assert.deepStrictEqual(
      (await clients.rival.budgets.list()).budgets.map(({ rule: { id } }) => id),
      ["of-rival"],
    )
    assert.deepStrictEqual((await clients.rival.queue.list()).control.limits, { tenant: { "web/rival": 7 } })
    assert.isFalse((await clients.ana.queue.list()).control.paused)
  })

  it("sees its own, and what it starts is its tenant's", async () => {
    assert.deepStrictEqual(own.scope, { ...localScope, ...acme.tenant })
    const { runs } = await clients.acme.runs.list({ query: { limit: 100 } })
    assert.deepStrictEqual(
      runs.map(({ id }) => id),
      [own.id],
    )
    const { events } = await clients.acme.events.page({ query: { limit: 1_000 } })
    const log = await clients.acme.runs.log({ params: { id: own.id } })
    assert.deepStrictEqual(
      events.map(({ event }) => event),
      log.events,
    )
    const single: Array<number> = []
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<typeof clients.acme.events.page>> = await clients.acme.events.page({
        query: { after, limit: 1 },
      })
      single.push(...page.events.map(({ cursor }) => cursor))
      after = page.next
    }
    assert.deepStrictEqual(
      single,
      events.map(({ cursor }) => cursor),
    )
    assert.deepStrictEqual((await clients.acme.system.settings()).scope, own.scope)
    assert.lengthOf((await clients.acme.usage.entries()).entries, 1)
    assert.deepStrictEqual(
      (await clients.acme.usage.sums({ query: { by: "tenant" } })).sums.map(({ key }) => key),
      ["acme"],
    )
    // One of its own workspaces may be named, and a key is its own.
    const shop = { ...acme.tenant, workspace: "shop" }
    const headers = { "idempotency-key": "once" }
    const { run } = await clients.acme.runs.submit({ payload: { ...request, scope: shop }, headers })
    assert.deepStrictEqual(run.scope, shop)
    const listing = await clients.acme.queue.list()
    assert.deepStrictEqual(
      listing.runs.map(({ runId }) => runId),
      [run.id],
    )
    assert.deepStrictEqual([listing.waiting, listing.control.limits], [1, { tenant: { "web/acme": 8 } }])
    assert.notInclude(JSON.stringify(await clients.acme.runs.explain({ params: { id: run.id } })), live.id)
    assert.strictEqual(
      (await clients.acme.runs.cancel({ params: { id: run.id }, payload: { reason: "enough" } })).state,
      "canceled",
    )
    const again = await clients.acme.runs.rerun({ params: { id: own.id }, payload: {} })
    assert.deepStrictEqual(again.run.scope, own.scope)
    await clients.acme.runs.cancel({ params: { id: again.run.id }, payload: {} })
  })

  it("cannot say that its run follows one of another tenant", async () => {
    const checked = await clients.acme.runs.check({ payload: { ...request, rerunOf: ids.run } })
    assert.strictEqual("problem" in checked ? checked.problem.code : undefined, "STORE_RUN_NOT_FOUND")
    assert.isTrue((await clients.acme.runs.check({ payload: { ...request, rerunOf: own.id } })).ok)
  })
})
