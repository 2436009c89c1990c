/** Every route of the contract, with ids, queries and bodies that no client of good manners sends. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { routes } from "../../src/client/routes.generated.ts"
import { attack, codeOf } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

let target: Target
beforeAll(async () => {
  target = await startTarget({ limits: { rate: { burst: 1e6, perSecond: 1e6 } } })
})
afterAll(() => target.close())

const all = Object.entries(routes).flatMap(([group, endpoints]) =>
  Object.entries(endpoints).map(([name, { method, path }]) => ({
    name: `${group}.${name}`,
    method,
    path: path as string,
  })),
)

const bodyFor = (method: string) => (method === "POST" || method === "PATCH" ? { body: "{}" } : {})

const hostileIds: ReadonlyArray<readonly [string, string]> = [
  ["climbs", "..%2f..%2f..%2fetc%2fpasswd"],
  ["climbs on Windows", "..%5c..%5cwindows"],
  ["is a dot", "%2e"],
  ["is two dots", "%2e%2e"],
  ["has a NUL", "run%00"],
  ["has a line end", "run%0d%0aX-Injected:%201"],
  ["is half a character", "%ff%fe"],
  ["is a prototype", "__proto__"],
  ["is a constructor", "constructor"],
  ["is SQL", "'%20OR%20'1'='1"],
  ["is a wildcard", "*"],
  ["is HTML", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"],
  ["is an option", "--help"],
  ["is very long", "a".repeat(4_000)],
  ["is of another script", "%F0%9F%99%82"],
]

describe("Ids", () => {
  for (const { method, name, path } of all.filter((route) => route.path.includes(":"))) {
    it(`of ${name} are parsed, never joined, whatever they are`, async () => {
      for (const [what, id] of hostileIds) {
        const answer = await attack(target, { method, target: path.replace(/:\w+/, id), ...bodyFor(method) })
        const code = codeOf(answer)
        assert.match(code, /^(?:HTTP|QUEUE|STORE|POLICY)_[A-Z_]+$/, `${what}: ${answer.text.slice(0, 400)}`)
        assert.isTrue(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status}`)
        assert.isUndefined(answer.headers.get("x-injected"))
        assert.notInclude(answer.body, "<script>", what)
      }
    })
  }
})

describe("Queries", () => {
  const queries = [
    "after=-1",
    "after=1e999",
    "after=NaN",
    "after=1&after=2",
    "limit=0",
    "limit=-5",
    "limit=99999999999999999999",
    "limit=1;DROP",
    "before=../../x",
    "state=__proto__",
    "unknown=1",
    "__proto__=1",
    "constructor[prototype][admin]=1",
    "cwd=%00",
    "q=%00",
    "q=%ff",
    "%=1",
    "&&&===",
  ]
  for (const { method, name, path } of all.filter((route) => route.method === "GET")) {
    it(`of ${name} are read or refused, and never a defect`, { timeout: 60_000 }, async () => {
      const stream = path.endsWith("/events")
      for (const query of queries) {
        // What a stream takes for good stays open: it is asked for a run that is not there.
        if (stream && !path.includes(":")) continue
        const asked = `${path.replace(/:\w+/, "run_0000000000000000")}?${query}`
        const answer = await attack(target, { method, target: asked })
        assert.isTrue(answer.status >= 200 && answer.status < 500, `${query}: ${answer.text.slice(0, 400)}`)
        if (answer.status >= 400) assert.match(codeOf(answer), /^[A-Z]+_[A-Z_]+$/, query)
      }
    })
  }
})

describe("Bodies of the wrong kind", () => {
  const bodies = [
    "null",
    "true",
    "1",
    '"text"',
    "[]",
    "[{}]",
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"provider":{"toString":1},"prompt":[],"cwd":0}',
    '{"provider":"fake","prompt":"x","cwd":"/work","unknown":1}',
    '{"provider":"fake","prompt":"x","cwd":"../..","limits":{"wallMillis":-1}}',
    '{"provider":"fake","prompt":"x","cwd":"/work","limits":{"wallMillis":1e999}}',
    '{"provider":"fake","prompt":"\\u0000","cwd":"/work\\u0000/etc"}',
    '{"provider":"fake","prompt":"\\ud800","cwd":"/work"}',
    '{"reason":{"$ne":null},"force":"true"}',
    '{"priority":99999,"held":"yes","notBefore":"never"}',
    '{"change":{"kind":"pause","provider":["a"]}}',
    '{"path":"/work\\u0000"}',
    '{"overrides":{"cwd":{"x":1},"provider":[]}}',
  ]
  const paths = all.filter((route) => route.method === "POST" || route.method === "PATCH")
  for (const { method, name, path } of paths) {
    it(`are refused by ${name} with a code, and never a defect`, async () => {
      for (const body of bodies) {
        const answer = await attack(target, { method, target: path.replace(/:\w+/, "run_0000000000000000"), body })
        assert.isTrue(answer.status >= 200 && answer.status < 500, `${body}: ${answer.text.slice(0, 600)}`)
        if (answer.status >= 400) assert.match(codeOf(answer), /^[A-Z]+_[A-Z_]+$/, body)
      }
      assert.isUndefined(({} as { admin?: unknown }).admin)
    })
  }
})

describe("Headers that are used", () => {
  it("are read or refused, and never given back", async () => {
    for (const [name, value] of [
      ["Last-Event-ID", "-1"],
      ["Last-Event-ID", "1e999"],
      ["Last-Event-ID", "x".repeat(5_000)],
      ["Idempotency-Key", "x".repeat(5_000)],
      ["Idempotency-Key", "a\tb"],
      ["X-Runyard-Client", "x".repeat(5_000)],
      ["Accept", "../../etc/passwd"],
      ["Accept-Encoding", "br;q=0, ../../x"],
      ["If-None-Match", "*"],
      ["Range", "bytes=0-18446744073709551615"],
    ] as const) {
      for (const path of ["/api/v1/runs/run_0000000000000000/events", "/api/v1/runs", "/"]) {
        const answer = await attack(target, { target: path, headers: [[name, value]] })
        assert.isTrue(answer.status >= 200 && answer.status < 500, `${name}: ${answer.text.slice(0, 300)}`)
        assert.notInclude(answer.text, "x".repeat(50))
      }
    }
  })
})

describe("Metrics", () => {
  it("hold no value of a request and no credential, however much was asked", async () => {
    for (let index = 0; index < 50; index++) await attack(target, { target: `/api/v1/runs/guess-${index}?q=needle` })
    const { body, status } = await attack(target, { target: "/api/v1/metrics" })
    assert.strictEqual(status, 200)
    assert.match(body, /^runyard_http_requests_total\{route="runs\.get",status="4\d\d"\} \d+$/m)
    assert.match(body, /^runyard_events_total \d+$/m)
    assert.notInclude(body, "needle")
    assert.notInclude(body, "guess")
    assert.notInclude(body, target.token)
    assert.isBelow(body.split("\n").length, 400)
  })
})
