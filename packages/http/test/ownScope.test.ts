/** A request that names another tenant: limits and budgets of ours would not count for it. */
import { assert, describe, it } from "@effect/vitest"
import { localScope } from "@runyard/core"
import { makeServer, origin, request, token } from "./server.ts"

const foreign = { ...localScope, tenant: "another" }

const posted = (fields: object): RequestInit => ({
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: JSON.stringify(fields),
})

describe("The scope of a request", () => {
  it("is this server's own, or is refused wherever it can be named", async () => {
    const { client, dispose, fetch } = makeServer()
    try {
      const refused = await fetch(`${origin}/api/v1/runs`, posted({ ...request, scope: foreign }))
      assert.strictEqual(refused.status, 403)
      assert.propertyVal(await refused.json(), "code", "HTTP_SCOPE_MISSING")
      const checked = await client.runs.check({ payload: { ...request, scope: foreign } })
      assert.isFalse(checked.ok)
      assert.strictEqual("problem" in checked ? checked.problem.code : undefined, "HTTP_SCOPE_MISSING")

      const { run } = await client.runs.submit({ payload: { ...request, scope: localScope } })
      assert.deepStrictEqual(run.scope, localScope)
      const again = await fetch(`${origin}/api/v1/runs/${run.id}/rerun`, posted({ overrides: { scope: foreign } }))
      assert.strictEqual(again.status, 403)
      const times = { expression: "0 3 * * *" }
      const saved = await fetch(
        `${origin}/api/v1/schedules`,
        posted({ ...times, request: { ...request, scope: foreign } }),
      )
      assert.strictEqual(saved.status, 403)
      const { id } = await client.schedules.add({ payload: { ...times, request } })
      const edit = { revision: 1, request: { ...request, scope: foreign } }
      const edited = await fetch(`${origin}/api/v1/schedules/${id}`, { ...posted(edit), method: "PATCH" })
      assert.strictEqual(edited.status, 403)
      assert.propertyVal(await edited.json(), "code", "HTTP_SCOPE_MISSING")
      const { runs } = await client.runs.list({ query: {} })
      assert.deepStrictEqual(
        runs.map(({ id }) => id),
        [run.id],
      )
    } finally {
      await dispose()
    }
  })

  it("is read by core where it is no scope", async () => {
    const { dispose, fetch } = makeServer()
    try {
      for (const scope of [1, null, "another", ["another"], {}, { tenant: "another" }]) {
        const answer = await fetch(`${origin}/api/v1/runs/check`, posted({ ...request, scope }))
        const { problem } = (await answer.json()) as { readonly problem: { readonly code: string } }
        assert.strictEqual(problem.code, "QUEUE_REQUEST_INVALID", JSON.stringify(scope))
      }
    } finally {
      await dispose()
    }
  })
})
