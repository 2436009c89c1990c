import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { ApiProblem, type ClientAnswer, createClient } from "../src/client/index.ts"
import { routes } from "../src/client/routes.generated.ts"
import { fakeLine } from "@runyard/core/testing"
import { done, hang, makeServer, origin, quick, request, token } from "./server.ts"

const patterns = Object.entries(routes).flatMap(([group, endpoints]) =>
  Object.entries(endpoints).map(([name, { method, path }]) => ({
    name: `${group}.${name}`,
    method,
    pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`),
    isPlain: !path.includes(":"),
  })),
)

/** Of two that fit, the one without a parameter. */
const routeOf = (method: string, url: string): string | undefined => {
  const { pathname } = new URL(url)
  const fitting = patterns.filter((each) => each.method === method && each.pattern.test(pathname))
  return (fitting.find(({ isPlain }) => isPlain) ?? fitting[0])?.name
}

describe("The contract", () => {
  const called = new Set<string>()
  let play = () => quick
  const server = makeServer({ play: () => play() })
  const client = createClient({
    baseUrl: origin,
    token,
    fetch: async (input, init) => {
      const asked = new Request(input, init)
      const response = await server.fetch(asked)
      const route = routeOf(asked.method, asked.url)
      if (response.ok && route !== undefined) called.add(route)
      return response
    },
  })
  const problemOf = (call: Promise<unknown>): Promise<ApiProblem> =>
    call.then(
      () => assert.fail("It was no problem"),
      (error: unknown) => (error instanceof ApiProblem ? error : assert.fail(String(error))),
    )
  const ended = async (id: string) => {
    for await (const frame of client.runs.events(id)) void frame
    return client.runs.get({ params: { id } })
  }
  let first: ClientAnswer<"runs", "submit">
  beforeAll(async () => {
    first = await client.runs.submit({ payload: request })
  })
  afterAll(async () => {
    await server.dispose()
    const missing = patterns.map(({ name }) => name).filter((name) => !called.has(name))
    assert.deepStrictEqual(missing, [], "a route that no test here calls with success")
  })

  it("starts a run once for a key, and says who asked for it", async () => {
    const { id } = first.run
    assert.strictEqual(first.run.actor, "ana")
    assert.include(["admitted", "queued"], first.admission.decision)
    const headers = { "idempotency-key": "k1" }
    const one = await client.runs.submit({ payload: request, headers })
    const two = await client.runs.submit({ payload: request, headers })
    assert.strictEqual(one.run.id, two.run.id)
    assert.notStrictEqual(one.run.id, id)
    const other = await problemOf(client.runs.submit({ payload: { ...request, prompt: "no" }, headers }))
    assert.deepStrictEqual([other.status, other.code], [409, "QUEUE_IDEMPOTENCY_CONFLICT"])
  })

  it("checks a request without storing it", async () => {
    const before = await client.runs.list()
    assert.deepStrictEqual(await client.runs.check({ payload: request }), { ok: true, warnings: [] })
    const refused = await client.runs.check({ payload: { provider: "fake", prompt: "hello" } })
    assert.deepInclude(refused, { ok: false })
    if (refused.ok) return
    assert.strictEqual(refused.problem.code, "QUEUE_REQUEST_INVALID")
    assert.deepStrictEqual(refused.problem.issues, [{ path: ["cwd"], message: "Missing key" }])
    const unknown = await client.runs.check({ payload: { ...request, provider: "nobody" } })
    assert.deepInclude(unknown.ok ? {} : unknown.problem, { status: 404, code: "QUEUE_PROVIDER_UNKNOWN" })
    const after = await client.runs.list()
    assert.strictEqual(after.runs.length, before.runs.length)
  })

  it("lists runs in pages, and finds them", async () => {
    for (let count = 0; count < 4; count++) {
      await client.runs.submit({ payload: { ...request, prompt: `Number ${count}`, cwd: `/work/${count}` } })
    }
    const all = (await client.runs.list({ query: { limit: 1000 } })).runs.map(({ id }) => id)
    const paged: Array<string> = []
    for (let before: string | undefined; ;) {
      const page = await client.runs.list({ query: { limit: 2, ...(before === undefined ? {} : { before }) } })
      paged.push(...page.runs.map(({ id }) => id))
      if (page.next === undefined) break
      before = page.next
    }
    assert.deepStrictEqual(paged, all)
    const prompts = async (query: Parameters<typeof client.runs.list>[0]) =>
      (await client.runs.list(query)).runs.map((run) => run.request.prompt)
    assert.deepStrictEqual(await prompts({ query: { q: "nUMBER 2" } }), ["Number 2"])
    assert.deepStrictEqual(await prompts({ query: { cwd: "/work/3" } }), ["Number 3"])
    assert.deepStrictEqual(await prompts({ query: { state: ["rejected", "timed_out"] } }), [])
    assert.deepStrictEqual(await prompts({ query: { provider: "other" } }), [])
  })

  it("shows a run, its log, its end and what was masked", async () => {
    const run = await ended(first.run.id)
    assert.deepInclude(run, { state: "succeeded", finalMessage: "bye" })
    const params = { id: run.id }
    const log = await client.runs.log({ params, query: { limit: 2 } })
    assert.deepStrictEqual(
      log.events.map(({ seq }) => seq),
      [1, 2],
    )
    assert.deepInclude(log, { lastSeq: run.lastSeq, next: 2 })
    const rest = await client.runs.log({ params, query: { after: 2 } })
    assert.strictEqual(rest.events.at(-1)?.seq, run.lastSeq)
    assert.isUndefined(rest.next)
    const infos = log.events.concat(rest.events).filter(({ severity }) => severity === "info")
    const found = await client.runs.log({ params, query: { severity: ["info", "error"] } })
    assert.deepStrictEqual(found.events, infos)
    const none = await client.runs.log({ params, query: { severity: ["error"] } })
    assert.deepStrictEqual(none, { events: [], lastSeq: run.lastSeq })
    assert.deepStrictEqual(await client.runs.redactions({ params }), { redactions: [] })
    const explained = await client.runs.explain({ params })
    assert.deepInclude(explained, { runId: run.id, state: "succeeded" })
    const unknown = await problemOf(client.runs.get({ params: { id: "run_0000000000000000" } }))
    assert.deepInclude({ ...unknown.problem }, { status: 404, code: "STORE_RUN_NOT_FOUND" })
  })

  it("looks at no more of a long log than is bounded, and says where to go on", { timeout: 60_000 }, async () => {
    const line = fakeLine({ event: { type: "agent.message", payload: { messageId: "m", text: "." } } })
    play = () => ({ steps: [{ stdout: line.repeat(10_500) }, { stdout: done }] })
    const { run } = await client.runs.submit({ payload: request })
    const { lastSeq } = await ended(run.id)
    play = () => quick
    const params = { id: run.id }
    const first = await client.runs.log({ params, query: { severity: ["warning"] } })
    assert.deepStrictEqual(first, { events: [], lastSeq, next: 10_000 })
    const rest = await client.runs.log({ params, query: { severity: ["warning"], after: 10_000 } })
    assert.deepStrictEqual(rest, { events: [], lastSeq })
    const page = await client.runs.log({ params, query: { severity: ["info"], limit: 2 } })
    assert.strictEqual(page.next, page.events.at(-1)?.seq)
  })

  it("streams a run with its live text", async () => {
    play = () => ({
      steps: [
        { stdout: fakeLine({ delta: { messageId: "m1", text: "Hello to" } }) },
        { waitMillis: 300 },
        { stdout: fakeLine({ event: { type: "agent.message", payload: { messageId: "m1", text: "Hello to all" } } }) },
        { stdout: done },
      ],
    })
    const { run } = await client.runs.submit({ payload: request })
    const seqs: Array<number> = []
    const live: Array<string> = []
    for await (const frame of client.runs.events(run.id, { live: true })) {
      if (frame.kind === "run") seqs.push(frame.event.seq)
      else live.push(frame.frame.text)
    }
    play = () => quick
    assert.deepStrictEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    )
    // The last word is held back while it may be the beginning of a secret.
    assert.match(live.join(""), /^Hello (?:to)?$/)
  })

  it("streams and pages the log of all runs", async () => {
    const { events, next } = await client.events.page({ query: { limit: 3 } })
    assert.strictEqual(next, events.at(-1)?.cursor)
    const stop = new AbortController()
    const streamed = []
    for await (const stored of client.events.all({ signal: stop.signal })) {
      streamed.push(stored)
      if (streamed.length === 3) stop.abort()
    }
    assert.deepStrictEqual(streamed, [...events])
  })

  it("cancels, reruns, and refuses to try what does not wait", async () => {
    play = () => hang
    const { run } = await client.runs.submit({ payload: request })
    const params = { id: run.id }
    const canceled = await client.runs.cancel({ params, payload: { reason: "enough", force: true } })
    assert.strictEqual(canceled.state, "canceled")
    play = () => quick
    const again = await client.runs.rerun({ params, payload: { overrides: { title: "again" } } })
    assert.deepInclude(again.run.request, { rerunOf: run.id, title: "again" })
    assert.strictEqual(again.run.actor, "ana")
    const refused = await problemOf(client.runs.retry({ params, payload: {} }))
    assert.deepStrictEqual([refused.status, refused.code], [409, "QUEUE_NOT_WAITING"])
  })

  it("tries a run again that waits for a person", async () => {
    const needs = { outcome: "failed", error: { ...runyardError("AUTH_REQUIRED").info } } as const
    play = () => ({ steps: [{ stdout: fakeLine({ done: needs }) }] })
    const { run } = await client.runs.submit({ payload: request })
    assert.strictEqual((await ended(run.id)).state, "action_needed")
    play = () => quick
    await client.runs.retry({ params: { id: run.id }, payload: { reason: "logged in" } })
    assert.strictEqual((await ended(run.id)).state, "succeeded")
  })

  it("shows and changes the queue", async () => {
    await client.queue.decide({ payload: { change: { kind: "pause" }, reason: "a look" } })
    const { run } = await client.runs.submit({ payload: request })
    const listing = await client.queue.list({ query: { limit: 10 } })
    assert.isTrue(listing.control.paused)
    assert.isTrue(listing.runs.some(({ runId }) => runId === run.id))
    const held = await client.queue.change({ params: { id: run.id }, payload: { held: true, priority: "high" } })
    assert.deepInclude(held.queue, { held: true, priority: "high" })
    await client.queue.decide({ payload: { change: { kind: "resume" } } })
    await client.queue.change({ params: { id: run.id }, payload: { held: false } })
    assert.strictEqual((await ended(run.id)).state, "succeeded")
    const { decisions } = await client.queue.decisions()
    assert.deepInclude(decisions[1], { by: "ana", reason: "a look" })
    assert.deepStrictEqual(await client.queue.breakers(), { breakers: [] })
  })

  it("keeps schedules, and tells their times", async () => {
    const payload = { request, expression: "0 3 * * 1-5", timeZone: "Europe/Berlin", name: "nightly" }
    const { times } = await client.schedules.preview({
      payload: { expression: payload.expression, timeZone: payload.timeZone, count: 3 },
    })
    assert.lengthOf(times, 3)
    const [nextAt = 0] = times
    const made = await client.schedules.add({ payload })
    assert.deepInclude(made, { by: "ana", enabled: true, name: "nightly", nextAt, request })
    const params = { id: made.id }
    assert.deepStrictEqual(await client.schedules.next({ params, query: { count: 3 } }), { times })
    assert.lengthOf((await client.schedules.next({ params })).times, 5)
    const paused = await client.schedules.pause({ params, payload: { reason: "holidays" } })
    assert.deepStrictEqual([paused.enabled, paused.nextAt], [false, undefined])
    assert.deepStrictEqual(await client.schedules.get({ params }), paused)
    assert.deepInclude(await client.schedules.resume({ params, payload: {} }), { enabled: true, nextAt })
    const edit = { revision: 3, overlap: "skip", timeZone: null, name: "nightly", reason: "it is slow" } as const
    const edited = await client.schedules.edit({ params, payload: edit })
    assert.deepInclude(edited, { id: made.id, revision: 4, overlap: "skip", name: "nightly" })
    assert.isUndefined(edited.times.timeZone)
    const late = await problemOf(client.schedules.edit({ params, payload: edit }))
    assert.deepStrictEqual([late.status, late.code], [409, "QUEUE_SCHEDULE_CHANGED"])
    const asked = { params, payload: { reason: "to see it" }, headers: { "idempotency-key": crypto.randomUUID() } }
    const run = await client.schedules.fire(asked)
    assert.strictEqual((await client.schedules.fire(asked)).id, run.id)
    const odd = await problemOf(client.schedules.fire({ ...asked, headers: { "idempotency-key": "k".repeat(151) } }))
    assert.strictEqual(odd.status, 400)
    assert.deepInclude(run, { state: "queued" })
    const after = await client.schedules.get({ params })
    assert.deepStrictEqual([after.nextAt, after.lastRun?.runId], [edited.nextAt, run.id])
    await client.runs.cancel({ params: { id: run.id }, payload: { force: true } })
    assert.deepStrictEqual(
      (await client.schedules.list()).schedules.map(({ id }) => id),
      [made.id],
    )
    assert.strictEqual((await client.schedules.remove({ params })).id, made.id)
    assert.deepStrictEqual(await client.schedules.list(), { schedules: [] })
    const gone = await problemOf(client.schedules.pause({ params, payload: {} }))
    assert.deepStrictEqual([gone.status, gone.code], [404, "QUEUE_SCHEDULE_NOT_FOUND"])
  })

  it("refuses a schedule whose times or request cannot be, and stores nothing", async () => {
    const never = { expression: "0 0 30 2 *" }
    const cases = [
      [client.schedules.preview({ payload: never }), 400, "QUEUE_SCHEDULE_INVALID"],
      [
        client.schedules.preview({ payload: { expression: "0 3 * * *", timeZone: "Mars/Base" } }),
        400,
        "QUEUE_SCHEDULE_INVALID",
      ],
      [client.schedules.add({ payload: { ...never, request } }), 400, "QUEUE_SCHEDULE_INVALID"],
      [
        client.schedules.add({ payload: { expression: "0 3 * * *", request: { ...request, provider: "nobody" } } }),
        404,
        "QUEUE_PROVIDER_UNKNOWN",
      ],
      [
        client.schedules.add({ payload: { expression: "0 3 * * *", request: { ...request, idempotencyKey: "k9" } } }),
        400,
        "QUEUE_SCHEDULE_INVALID",
      ],
    ] as const
    for (const [call, status, code] of cases) {
      const refused = await problemOf(call)
      assert.deepStrictEqual([refused.status, refused.code], [status, code])
    }
    const wrong = await problemOf(
      client.schedules.add({ payload: { expression: "0 3 * * *", request: { provider: "fake" } as typeof request } }),
    )
    assert.deepInclude(wrong.problem.issues?.[0], { path: ["request", "prompt"] })
    assert.deepStrictEqual(await client.schedules.list(), { schedules: [] })
  })

  it("sets budgets and tells what is used of them, whatever they are called", async () => {
    for (const id of ["daily", "a/b ?#%", ".."]) {
      const rule = { id, scope: "all", kind: "turns", limit: 1_000, window: "total", unknown: "allow" } as const
      const kept = await client.budgets.set({ payload: { rule, reason: "a test" } })
      assert.deepInclude(kept, { rule, from: "store", uses: [] })
    }
    const { run } = await client.runs.submit({ payload: request })
    await ended(run.id)
    const used = (await client.budgets.list()).budgets.find(({ rule }) => rule.id === "daily")
    assert.deepInclude(used?.uses[0], { subject: [], aside: 0 })
    const bad = { id: "bad", scope: "all", kind: "turns", limit: -1, window: "total", unknown: "allow" } as const
    assert.strictEqual((await problemOf(client.budgets.set({ payload: { rule: bad } }))).code, "QUEUE_REQUEST_INVALID")
    await client.budgets.remove({ params: { id: "a/b ?#%" } })
    await client.queue.decide({ payload: { change: { kind: "noBudget", id: ".." } } })
    assert.deepStrictEqual(await client.budgets.remove({ params: { id: "daily" } }), { budgets: [] })
    const gone = await problemOf(client.budgets.remove({ params: { id: "daily" } }))
    assert.deepStrictEqual([gone.status, gone.code], [404, "QUEUE_BUDGET_NOT_FOUND"])
  })

  it("takes quotas by a decision, and refuses what is beyond them", async () => {
    const quotas = { perTenant: 0 }
    const control = await client.queue.decide({ payload: { change: { kind: "quotas", quotas } } })
    assert.deepStrictEqual(control.quotas, quotas)
    assert.deepStrictEqual((await client.queue.list()).control.quotas, quotas)
    const refused = await problemOf(client.runs.submit({ payload: request }))
    assert.strictEqual(refused.code, "QUEUE_QUOTA")
    const lifted = await client.queue.decide({ payload: { change: { kind: "quotas", quotas: { perTenant: null } } } })
    assert.isUndefined(lifted.quotas)
  })

  it("tells who has decided what, in pages", async () => {
    const subjects = async (action: string) => {
      const found: Array<string> = []
      for (let before: number | undefined; ;) {
        const query = { action, limit: 2, ...(before === undefined ? {} : { before }) }
        const { entries, next } = await client.audit.list({ query })
        found.push(...entries.map((entry) => `${entry.actor} ${entry.action}`))
        if (next === undefined) return found
        before = next
      }
    }
    const removed = "ana budget.removed"
    const set = "ana budget.set"
    assert.deepStrictEqual(await subjects("budget"), [removed, removed, removed, set, set, set])
    assert.deepStrictEqual(await subjects("schedule"), [
      "ana schedule.removed",
      "ana schedule.fired",
      "ana schedule.edited",
      "ana schedule.resumed",
      "ana schedule.paused",
      "ana schedule.created",
    ])
    assert.deepStrictEqual(await subjects("nothing"), [])
  })

  it("looks at a directory, grants it and takes it back", async () => {
    const look = await client.grants.look({ payload: { path: "/work/" } })
    assert.deepStrictEqual(look, { path: "/work", real: "/work", exists: true, isSymlink: false, isRemote: false })
    const grant = await client.grants.add({ payload: { path: "/work", mode: "read" } })
    assert.deepInclude(grant, { path: "/work", mode: "read", by: "ana" })
    assert.deepStrictEqual((await client.grants.look({ payload: { path: "/work" } })).granted, grant)
    assert.deepStrictEqual(await client.grants.list(), { grants: [grant] })
    const revoked = await client.grants.revoke({ params: { id: grant.id }, query: { stopRuns: true } })
    assert.strictEqual(revoked.grants[0]?.revokedBy, "ana")
    assert.deepStrictEqual(await client.grants.list(), { grants: [] })
    assert.strictEqual((await client.grants.list({ query: { ended: true } })).grants.length, 1)
    const refused = await problemOf(client.grants.add({ payload: { path: "work" } }))
    assert.deepStrictEqual([refused.status, refused.code], [403, "POLICY_GRANT_REFUSED"])
  })

  it("tells what may be used here", async () => {
    const policy = await client.policy.explain({ query: { provider: "fake", cwd: "/work" } })
    assert.deepInclude(policy, { provider: "fake", version: "1.0.0" })
    const { diagnoses } = await client.capabilities.list()
    assert.deepInclude(diagnoses[0], { provider: "fake", executable: "/bin/fake" })
    const unknown = await problemOf(client.policy.explain({ query: { provider: "nobody" } }))
    assert.strictEqual(unknown.status, 404)
  })

  it("tells what was used", async () => {
    const { entries } = await client.usage.entries({ query: { run: first.run.id, limit: 5 } })
    assert.deepInclude(entries[0], { runId: first.run.id, actor: "ana" })
    const { sums } = await client.usage.sums({ query: { by: "provider", timeZone: "Europe/Berlin" } })
    assert.strictEqual(sums[0]?.key, "fake")
  })

  it("tells of itself", async () => {
    const settings = await client.system.settings()
    assert.deepInclude(settings, { actor: "ana", demo: false, store: { readOnly: false } })
    assert.deepStrictEqual(await client.system.health(), { status: "ok" })
    assert.deepStrictEqual(await client.system.ready(), { status: "ready" })
    assert.strictEqual(await client.system.metrics(), "runyard_up 1\n")
  })

  it("opens and closes a browser's session", async () => {
    const opened = await client.session.open({ payload: { code: "once" } })
    assert.strictEqual(opened.principal, "ana")
    assert.deepStrictEqual(await client.session.get(), opened)
    await client.session.close()
    const refused = await problemOf(client.session.open({ payload: { code: "twice" } }))
    assert.deepStrictEqual([refused.status, refused.code], [401, "HTTP_UNAUTHENTICATED"])
  })
})

describe("A server that is not ready", () => {
  it("says so with the kind of trouble and nothing else", async () => {
    const trouble = runyardError("STORE_FAILED", { message: "/secret/place is gone", detail: { path: "/secret" } })
    const server = makeServer({ ready: Effect.fail(trouble) })
    const response = await server.fetch(`${origin}/api/v1/ready`)
    assert.strictEqual(response.status, 503)
    assert.notInclude(await response.text(), "secret")
    await server.dispose()
  })
})
