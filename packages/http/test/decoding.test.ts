import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Problem } from "../src/Problem.ts"
import { makeServer, origin, request, token } from "./server.ts"

const server = makeServer()
afterAll(() => server.dispose())

const json = { "content-type": "application/json" }
const marker = ["never", "to", "be", "repeated"].join("-")

const send = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
  const response = await server.fetch(`${origin}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  assert.notInclude(text, marker, `${method} ${path}`)
  assert.strictEqual(response.headers.get("content-type"), "application/problem+json", text)
  const problem = JSON.parse(text) as Problem
  assert.strictEqual(problem.status, response.status)
  assert.strictEqual(problem.type, `urn:runyard:error:${problem.code}`)
  return problem
}

const invalid = async (method: string, path: string, body?: unknown) => {
  const problem = await send(method, path, body === undefined ? undefined : JSON.stringify(body), json)
  assert.deepStrictEqual([problem.status, problem.code], [400, "QUEUE_REQUEST_INVALID"])
  return problem.issues?.map(({ path }) => path.join("."))
}

describe("A request that cannot be decoded", () => {
  it("names every field that is wrong, and repeats none", async () => {
    const body = { provider: 7, prompt: [marker], cwd: "/work", extra: marker, limits: { wallMillis: marker } }
    const issues = await invalid("POST", "/runs", body)
    assert.sameMembers([...(issues ?? [])], ["provider", "prompt", "extra", "limits.wallMillis"])
  })

  it("is refused for a field that nobody knows, in the body and in the query", async () => {
    assert.deepStrictEqual(await invalid("POST", "/runs/run_0000000000000000/cancel", { forse: true }), ["forse"])
    assert.deepStrictEqual(await invalid("GET", `/runs?tokn=${marker}`), ["query.tokn"])
    assert.deepStrictEqual(await invalid("PATCH", "/queue/runs/run_0000000000000000", { prio: 1 }), ["prio"])
    const polluted = await send("POST", "/grants", `{"path":"/work","__proto__":{"mode":"${marker}"}}`, json)
    assert.deepStrictEqual(
      polluted.issues?.map(({ path }) => path.join(".")),
      ["__proto__"],
    )
  })

  it("is refused for ids that are none", async () => {
    for (const id of ["..%2f..%2fetc%2fpasswd", "run_", marker, "run_0000000000000000%00", "run_..."]) {
      const problem = await send("GET", `/runs/${id}`)
      assert.include([400, 404], problem.status, id)
    }
    assert.deepStrictEqual(await invalid("DELETE", "/grants/grant_"), ["params.id"])
    // What cannot be decoded meets no route, and so no problem either.
    const undecodable = await server.fetch(`${origin}/api/v1/runs/%E0%A4%A`)
    assert.deepStrictEqual([undecodable.status, await undecodable.text()], [404, ""])
  })

  it("is refused for numbers and words out of their bounds", async () => {
    for (const query of [
      "limit=0",
      "limit=1001",
      "limit=1.5",
      "limit=x",
      "state=gone",
      "before=x",
      "limit=1&limit=2",
    ]) {
      assert.strictEqual((await invalid("GET", `/runs?${query}`))?.length, 1, query)
    }
    for (const after of ["-1", "1.5", "NaN", "Infinity", "1e400", ""]) {
      assert.deepStrictEqual(await invalid("GET", `/events/log?after=${after}`), ["query.after"], after)
    }
    const events = await send("GET", "/runs/run_0000000000000000/events", undefined, { "last-event-id": "-1" })
    assert.deepStrictEqual(
      events.issues?.map(({ path }) => path.join(".")),
      ["headers.last-event-id"],
    )
  })

  it("is refused for what is no JSON, and for another type", async () => {
    for (const body of ["", "{", "[]", "null", `"${marker}"`, "{}{}"]) {
      assert.strictEqual((await send("POST", "/runs", body, json)).status, 400, body)
    }
    const form = await send("POST", "/runs", "provider=fake", { "content-type": "application/x-www-form-urlencoded" })
    assert.deepStrictEqual([form.status, form.code], [415, "HTTP_MEDIA_TYPE"])
    const plain = await send("POST", "/runs", JSON.stringify(request), { "content-type": "text/plain" })
    assert.strictEqual(plain.status, 415)
  })

  it("is a problem where nothing is", async () => {
    const problems = [await send("GET", "/nothing"), await send("PUT", "/runs"), await send("POST", "/health")]
    for (const { code, status } of problems) assert.deepStrictEqual([status, code], [404, "HTTP_NOT_FOUND"])
    assert.strictEqual((await send("GET", "/runs/run_0000000000000000/events")).code, "STORE_RUN_NOT_FOUND")
  })
})

describe("A defect", () => {
  it("is a problem that tells nothing", async () => {
    const broken = makeServer({ ready: Effect.die(new Error(marker)) })
    const response = await broken.fetch(`${origin}/api/v1/ready`)
    const text = await response.text()
    assert.strictEqual(response.status, 500)
    assert.strictEqual((JSON.parse(text) as Problem).code, "INTERNAL_DEFECT")
    assert.notInclude(text, marker)
    await broken.dispose()
  })
})

describe("The session's cookie", () => {
  it("is for no script and no other site, and goes with the session", async () => {
    const open = await server.fetch(`${origin}/api/v1/session`, {
      method: "POST",
      headers: json,
      body: '{"code":"once"}',
    })
    const cookie = open.headers.get("set-cookie") ?? ""
    for (const part of ["runyard_session=a-session", "Max-Age=60", "HttpOnly", "SameSite=Strict", "Path=/"]) {
      assert.include(cookie, part)
    }
    const close = await server.fetch(`${origin}/api/v1/session`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    })
    assert.strictEqual(close.status, 204)
    assert.match(close.headers.get("set-cookie") ?? "", /runyard_session=;.*Max-Age=0/)
  })
})
