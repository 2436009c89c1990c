import { assert, describe, it } from "@effect/vitest"
import { Hono } from "hono"
import { type ApiScope, createApp, type CreateAppOptions, hostNames } from "../src/index.ts"
import { request as runRequest, yardLayer } from "./server.ts"

const people: Readonly<Record<string, ApiScope>> = { ana: "runs:write", bob: "runs:read", quinn: "queue:write" }

const make = (options: Partial<Pick<CreateAppOptions<never>, "auth" | "basePath">> = {}) =>
  createApp({
    layer: yardLayer({}),
    auth: {
      authenticate: ({ authorization = "" }) => {
        const scope = people[authorization]
        return scope === undefined ? undefined : { name: authorization, scopes: [scope] }
      },
    },
    hosts: hostNames({ also: ["app.example", "http://plain.example:8080"], loopback: false }),
    info: { version: "0.0.0", node: "0", platform: "test", pid: 1, startedAt: 0, demo: false },
    ...options,
  })

const submit = (url: string, who: string): Request =>
  new Request(url, {
    method: "POST",
    headers: { authorization: who, "content-type": "application/json" },
    body: JSON.stringify(runRequest),
  })

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { readonly code: string }).code

describe("createApp", () => {
  it("is a function from requests to responses, with the names and people of the program around it", async () => {
    const app = make()
    const url = "https://app.example/api/v1/runs"
    assert.strictEqual((await app.fetch(submit(url, "ana"))).status, 202)
    assert.strictEqual(await codeOf(await app.fetch(submit(url, "bob"))), "HTTP_SCOPE_MISSING")
    assert.strictEqual(await codeOf(await app.fetch(submit(url, "eve"))), "HTTP_UNAUTHENTICATED")
    for (const name of ["evil.example", "localhost", "127.0.0.1", "app.example:8443", "plain.example"]) {
      const refused = await app.fetch(submit(`https://${name}/api/v1/runs`, "ana"))
      assert.strictEqual(await codeOf(refused), "HTTP_HOST_REFUSED", name)
    }
    await app.dispose()
  })

  it("knows which pages are its own: over TLS unless it was said otherwise", async () => {
    const app = make()
    const from = (origin: string) =>
      app.fetch(new Request("https://app.example/api/v1/runs", { headers: { authorization: "bob", origin } }))
    assert.strictEqual((await from("https://app.example")).status, 200)
    assert.strictEqual((await from("http://plain.example:8080")).status, 200)
    for (const origin of ["http://app.example", "https://plain.example:8080", "https://app.example:8443"]) {
      assert.strictEqual(await codeOf(await from(origin)), "HTTP_ORIGIN_REFUSED", origin)
    }
    await app.dispose()
  })

  it("lets nobody who may change the queue alone set budgets by a decision", async () => {
    const app = make()
    const decide = (change: object) =>
      app.fetch(
        new Request("https://app.example/api/v1/queue/decisions", {
          method: "POST",
          headers: { authorization: "quinn", "content-type": "application/json" },
          body: JSON.stringify({ change }),
        }),
      )
    const rule = { id: "b", scope: "all", kind: "turns", limit: 1, window: "day", unknown: "allow" }
    assert.strictEqual((await decide({ kind: "quotas", quotas: { perTenant: 3 } })).status, 200)
    for (const change of [
      { kind: "budget", rule },
      { kind: "noBudget", id: "b" },
    ]) {
      assert.strictEqual(await codeOf(await decide(change)), "HTTP_SCOPE_MISSING", change.kind)
    }
    await app.dispose()
  })

  it("is mounted in another Hono app below a path", async () => {
    const app = make({ basePath: "/agents" })
    const outer = new Hono()
    outer.get("/", (context) => context.text("the app itself"))
    outer.route("/agents", app)
    assert.strictEqual(await (await outer.request("https://app.example/")).text(), "the app itself")
    const response = await outer.fetch(submit("https://app.example/agents/api/v1/runs", "ana"))
    assert.strictEqual(response.status, 202)
    assert.strictEqual(
      await codeOf(await outer.fetch(submit("https://app.example/agents/api/v1/x", "ana"))),
      "HTTP_NOT_FOUND",
    )
    await app.dispose()
  })

  it("takes nothing any more once it drains", async () => {
    const app = make()
    await app.ready()
    app.drain()
    const refused = await app.fetch(submit("https://app.example/api/v1/runs", "ana"))
    assert.deepStrictEqual([refused.status, await codeOf(refused)], [503, "HTTP_SHUTTING_DOWN"])
    await app.dispose()
  })

  it("answers a defect of who authenticates with a code, and tells nothing of it", async () => {
    const app = make({
      auth: {
        authenticate: () => {
          throw new Error("the words of the database")
        },
      },
    })
    const response = await app.fetch(submit("https://app.example/api/v1/runs", "ana"))
    const text = await response.text()
    assert.strictEqual(response.status, 500)
    assert.include(text, "INTERNAL_DEFECT")
    assert.notInclude(text, "database")
    await app.dispose()
  })
})
