/** What a hostile page, program or network may send: a coded refusal each time, nothing handled, and the server lives. */
import { afterAll, afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import { attack, codeOf, type RawRequest, requestText, sendRaw } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

let target: Target

beforeAll(async () => {
  target = await startTarget({
    limits: { rate: { burst: 1e6, perSecond: 1e6 }, anonymousRate: { burst: 1e6, perSecond: 1e6 } },
  })
})
afterAll(() => target.close())

/** After each attack a request of good manners is answered. */
afterEach(async () => {
  const { status } = await attack(target, { target: "/api/v1/health", without: ["authorization"] })
  assert.strictEqual(status, 200)
})

/** The same request with something wrong in it, and its refusal; a function where the port has to be known. */
type Case = readonly [name: string, code: string, request: RawRequest | (() => RawRequest)]

const refuses = (title: string, cases: ReadonlyArray<Case>): void => {
  describe(`Refuses: ${title}`, () => {
    for (const [name, code, made] of cases) {
      it(`${name}: ${code}`, async () => {
        const before = await target.runs()
        const answer = await attack(target, typeof made === "function" ? made() : made)
        assert.strictEqual(codeOf(answer), code, answer.text.slice(0, 300))
        assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
        assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/)
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), undefined)
        assert.strictEqual(await target.runs(), before, "it started something")
      })
    }
  })
}

const host = (value: string): RawRequest => ({ headers: [["Host", value]] })

refuses("Rebinding, by the Host", [
  ["a name of a stranger", "HTTP_HOST_REFUSED", host("evil.example")],
  ["with our port", "HTTP_HOST_REFUSED", () => host(`evil.example:${target.port}`)],
  ["none", "HTTP_HOST_REFUSED", { without: ["host"] }],
  ["empty", "HTTP_HOST_REFUSED", host("")],
  ["no port", "HTTP_HOST_REFUSED", host("127.0.0.1")],
  ["port 0", "HTTP_HOST_REFUSED", host("127.0.0.1:0")],
  ["another port", "HTTP_HOST_REFUSED", () => host(`127.0.0.1:${target.port + 1}`)],
  ["a trailing dot", "HTTP_HOST_REFUSED", () => host(`localhost.:${target.port}`)],
  ["below our name", "HTTP_HOST_REFUSED", () => host(`localhost.evil.example:${target.port}`)],
  ["our name behind a user", "HTTP_HOST_REFUSED", () => host(`evil@127.0.0.1:${target.port}`)],
  ["the address as one number", "HTTP_HOST_REFUSED", () => host(`2130706433:${target.port}`)],
  ["the address in short", "HTTP_HOST_REFUSED", () => host(`127.1:${target.port}`)],
  ["any address", "HTTP_HOST_REFUSED", () => host(`0.0.0.0:${target.port}`)],
  ["the address in IPv6", "HTTP_HOST_REFUSED", () => host(`[::ffff:127.0.0.1]:${target.port}`)],
  [
    "two of them, ours first",
    "HTTP_HOST_REFUSED",
    () => ({
      headers: [
        ["Host", `127.0.0.1:${target.port}`],
        ["Host", "evil.example"],
      ],
    }),
  ],
  [
    "two of them, ours last",
    "HTTP_HOST_REFUSED",
    () => ({
      headers: [
        ["Host", "evil.example"],
        ["Host", `127.0.0.1:${target.port}`],
      ],
    }),
  ],
  ["two in one", "HTTP_HOST_REFUSED", () => host(`127.0.0.1:${target.port}, evil.example`)],
  ["an address in place of the path", "HTTP_HOST_REFUSED", { target: "http://evil.example/api/v1/runs" }],
  [
    "our own address in place of the path",
    "HTTP_HOST_REFUSED",
    () => ({ target: `http://127.0.0.1:${target.port}/api/v1/runs` }),
  ],
  ["a star in place of the path", "HTTP_HOST_REFUSED", { method: "GET", target: "*" }],
  ["for a public route", "HTTP_HOST_REFUSED", { ...host("evil.example"), target: "/api/v1/health" }],
  ["for the page", "HTTP_HOST_REFUSED", { ...host("evil.example"), target: "/" }],
  ["for a stream", "HTTP_HOST_REFUSED", { ...host("evil.example"), target: "/api/v1/runs/r/events" }],
  [
    "forwarded",
    "HTTP_HOST_REFUSED",
    () => ({
      headers: [
        ["Host", "evil.example"],
        ["X-Forwarded-Host", `127.0.0.1:${target.port}`],
      ],
    }),
  ],
])

const origin = (value: string): RawRequest => ({ headers: [["Origin", value]] })
const site = (value: string): RawRequest => ({ headers: [["Sec-Fetch-Site", value]] })

refuses("Pages of others", [
  ["a foreign origin", "HTTP_ORIGIN_REFUSED", origin("https://evil.example")],
  ["null", "HTTP_ORIGIN_REFUSED", origin("null")],
  ["empty", "HTTP_ORIGIN_REFUSED", origin("")],
  ["another port", "HTTP_ORIGIN_REFUSED", () => origin(`http://127.0.0.1:${target.port + 1}`)],
  ["no port", "HTTP_ORIGIN_REFUSED", origin("http://127.0.0.1")],
  ["another scheme", "HTTP_ORIGIN_REFUSED", () => origin(`file://127.0.0.1:${target.port}`)],
  ["ours and more", "HTTP_ORIGIN_REFUSED", () => origin(`http://127.0.0.1:${target.port}.evil.example`)],
  ["ours with a path", "HTTP_ORIGIN_REFUSED", () => origin(`http://127.0.0.1:${target.port}/x`)],
  ["an extension", "HTTP_ORIGIN_REFUSED", origin("chrome-extension://abcdefghijklmnop")],
  ["by what the browser says: cross-site", "HTTP_ORIGIN_REFUSED", site("cross-site")],
  ["by what the browser says: same-site", "HTTP_ORIGIN_REFUSED", site("same-site")],
  [
    "a visit of the API",
    "HTTP_ORIGIN_REFUSED",
    {
      headers: [
        ["Sec-Fetch-Site", "cross-site"],
        ["Sec-Fetch-Mode", "navigate"],
        ["Sec-Fetch-Dest", "document"],
      ],
    },
  ],
  [
    "the page in a frame",
    "HTTP_ORIGIN_REFUSED",
    {
      target: "/",
      headers: [
        ["Sec-Fetch-Site", "cross-site"],
        ["Sec-Fetch-Mode", "navigate"],
        ["Sec-Fetch-Dest", "iframe"],
      ],
    },
  ],
  [
    "a form",
    "HTTP_MEDIA_TYPE",
    {
      method: "POST",
      body: "provider=scripted",
      headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    },
  ],
  [
    "JSON as text, which needs no preflight",
    "HTTP_MEDIA_TYPE",
    { method: "POST", body: "{}", headers: [["Content-Type", "text/plain"]] },
  ],
  ["a body of no type", "HTTP_MEDIA_TYPE", { method: "POST", body: "{}", without: ["content-type"] }],
  [
    "a preflight",
    "HTTP_METHOD_NOT_ALLOWED",
    { method: "OPTIONS", headers: [["Access-Control-Request-Method", "POST"]], without: ["authorization"] },
  ],
])

const credential = (...headers: ReadonlyArray<readonly [string, string]>): RawRequest => ({
  headers,
  without: ["authorization"],
})

refuses("Credentials", [
  ["none", "HTTP_UNAUTHENTICATED", credential()],
  ["an empty one", "HTTP_UNAUTHENTICATED", credential(["Authorization", ""])],
  ["a wrong token", "HTTP_UNAUTHENTICATED", credential(["Authorization", `Bearer ${"x".repeat(43)}`])],
  [
    "the token but for its end",
    "HTTP_UNAUTHENTICATED",
    () => credential(["Authorization", `Bearer ${target.token.slice(0, -1)}`]),
  ],
  ["the token and more", "HTTP_UNAUTHENTICATED", () => credential(["Authorization", `Bearer ${target.token}x`])],
  ["the token as another kind", "HTTP_UNAUTHENTICATED", () => credential(["Authorization", `Basic ${target.token}`])],
  [
    "two tokens in one",
    "HTTP_UNAUTHENTICATED",
    () => credential(["Authorization", `Bearer x, Bearer ${target.token}`]),
  ],
  [
    "the token as a cookie",
    "HTTP_UNAUTHENTICATED",
    () => credential(["Cookie", `runyard_session=${target.token}`], ["X-Runyard-Client", "1"]),
  ],
  [
    "a session that nobody signed",
    "HTTP_UNAUTHENTICATED",
    credential(
      ["Cookie", `runyard_session=v1.${"a".repeat(22)}.local.9999999999999.${"b".repeat(43)}.${"c".repeat(43)}`],
      ["X-Runyard-Client", "1"],
    ),
  ],
  ["in the address", "HTTP_TOKEN_IN_URL", () => ({ ...credential(), target: `/api/v1/runs?token=${target.token}` })],
  [
    "in the address, besides the header",
    "HTTP_TOKEN_IN_URL",
    () => ({ target: `/api/v1/runs?access_token=${target.token}` }),
  ],
  ["in the address, escaped", "HTTP_TOKEN_IN_URL", () => ({ target: `/api/v1/runs?%74oken=${target.token}` })],
  ["a code in the address of the page", "HTTP_TOKEN_IN_URL", () => ({ target: `/?code=${target.issueCode()}` })],
  ["for what is not there", "HTTP_UNAUTHENTICATED", { ...credential(), target: "/api/v1/nothing" }],
  ["for another method", "HTTP_UNAUTHENTICATED", { ...credential(), target: "/api/v1/runs", method: "DELETE" }],
  ["without the scope", "HTTP_SCOPE_MISSING", { target: "/api/v1/grants" }],
  ["claiming a scope", "HTTP_SCOPE_MISSING", { target: "/api/v1/grants", headers: [["X-Scopes", "grants:read"]] }],
])

const post = (body: string | Uint8Array, target = "/api/v1/runs"): RawRequest => ({ method: "POST", target, body })
/** What is run when nothing is wrong with it. */
const run = post(JSON.stringify({ provider: "fake", prompt: "hello", cwd: "/work" }))
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`

refuses("Bodies", [
  ["larger than the bound", "HTTP_BODY_TOO_LARGE", post(`{"a":"${"x".repeat(1_048_576)}"}`)],
  [
    "said to be larger",
    "HTTP_BODY_TOO_LARGE",
    {
      method: "POST",
      headers: [
        ["Content-Type", "application/json"],
        ["Content-Length", "99999999999"],
      ],
    },
  ],
  ["deeper than 64 levels", "HTTP_BODY_INVALID", post(nested(65))],
  ["of 500,000 brackets", "HTTP_BODY_INVALID", post("[".repeat(500_000))],
  ["of 300,000 members", "HTTP_BODY_INVALID", post(`[${"0,".repeat(300_000)}0]`)],
  ["no JSON", "HTTP_BODY_INVALID", post("provider=scripted")],
  ["half of it", "HTTP_BODY_INVALID", post('{"a":')],
  ["empty", "HTTP_BODY_INVALID", post("")],
  ["no UTF-8", "HTTP_BODY_INVALID", post(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
  ["a byte order mark", "HTTP_BODY_INVALID", post(Buffer.from([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x7b, 0x7d]))],
  ["a key twice", "HTTP_BODY_INVALID", post('{"provider":"a","provider":"b"}')],
  ["a key twice, escaped", "HTTP_BODY_INVALID", post('{"provider":"a","pr\\u006fvider":"b"}')],
  ["a prototype", "HTTP_BODY_INVALID", post('{"__proto__":{"admin":true}}')],
  ["a prototype, escaped, deep", "HTTP_BODY_INVALID", post('{"a":[{"\\u005f_proto__":{"admin":true}}]}')],
  ["packed", "HTTP_MEDIA_TYPE", { ...post("{}"), headers: [["Content-Encoding", "gzip"]] }],
  [
    "of another character set",
    "HTTP_MEDIA_TYPE",
    { ...post("{}"), headers: [["Content-Type", "application/json; charset=utf-7"]] },
  ],
  ["of two types", "HTTP_MEDIA_TYPE", { ...post("{}"), headers: [["Content-Type", "application/json, text/plain"]] }],
  ["with a GET", "HTTP_BODY_INVALID", { body: "{}" }],
  ["with a DELETE", "HTTP_BODY_INVALID", { method: "DELETE", target: "/api/v1/runs/r", body: "{}" }],
])

refuses("Addresses", [
  ["longer than the bound", "HTTP_URL_TOO_LONG", { target: `/api/v1/runs?q=${"x".repeat(9_000)}` }],
  ["longer than all headers may be", "HTTP_HEADERS_TOO_LARGE", { target: `/${"x".repeat(40_000)}` }],
  ["what is not there", "HTTP_NOT_FOUND", { target: "/api/v1/nothing" }],
  ["another version", "HTTP_NOT_FOUND", { target: "/api/v2/runs" }],
  ["a slash too many", "HTTP_NOT_FOUND", { target: "/api/v1//runs" }],
  ["an id that climbs", "HTTP_NOT_FOUND", { target: "/api/v1/runs/../../etc/passwd" }],
  ["an id that climbs, escaped", "HTTP_NOT_FOUND", { target: "/api/v1/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd" }],
  ["an id that climbs, escaped twice", "HTTP_NOT_FOUND", { target: "/api/v1/runs/..%252f..%252fetc" }],
  ["an id with a backslash", "HTTP_MALFORMED", { target: "/api/v1/runs/..\\..\\etc" }],
  ["an id with a NUL", "HTTP_NOT_FOUND", { target: "/api/v1/runs/a%00b" }],
  ["an id with a line end", "HTTP_NOT_FOUND", { target: "/api/v1/runs/a%0d%0aSet-Cookie:%20x=1" }],
  ["an id of 300 characters", "HTTP_NOT_FOUND", { target: `/api/v1/runs/${"a".repeat(300)}` }],
  ["an asset that climbs", "HTTP_NOT_FOUND", { target: "/assets/../../outside.txt" }],
  ["an asset that climbs, escaped", "HTTP_NOT_FOUND", { target: "/%2e%2e/outside.txt" }],
  ["an asset that climbs, all escaped", "HTTP_NOT_FOUND", { target: "/..%2foutside.txt" }],
  ["an asset with a backslash, escaped", "HTTP_NOT_FOUND", { target: "/..%5coutside.txt" }],
  ["an asset with a NUL", "HTTP_NOT_FOUND", { target: "/index.html%00.js" }],
  ["a hidden asset", "HTTP_NOT_FOUND", { target: "/.hidden" }],
  ["an absolute asset", "HTTP_NOT_FOUND", { target: "//etc/passwd.txt" }],
  ["a directory of assets", "HTTP_NOT_FOUND", { target: "/assets/missing.js" }],
  ["an asset that is written to", "HTTP_METHOD_NOT_ALLOWED", { ...post("{}"), target: "/index.html" }],
])

refuses("Methods", [
  ["TRACE", "HTTP_METHOD_NOT_ALLOWED", { method: "TRACE" }],
  ["PUT", "HTTP_METHOD_NOT_ALLOWED", { method: "PUT", body: "{}" }],
  ["one of WebDAV", "HTTP_METHOD_NOT_ALLOWED", { method: "PROPFIND" }],
  ["one that the route lacks", "HTTP_METHOD_NOT_ALLOWED", { method: "DELETE" }],
  [
    "one that is overridden",
    "HTTP_METHOD_NOT_ALLOWED",
    { ...post("{}", "/api/v1/runs/r"), headers: [["X-HTTP-Method-Override", "GET"]] },
  ],
  ["a tunnel", "HTTP_UPGRADE_REFUSED", { method: "CONNECT", target: "evil.example:443" }],
  [
    "a WebSocket",
    "HTTP_UPGRADE_REFUSED",
    {
      headers: [
        ["Connection", "Upgrade"],
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Sec-WebSocket-Version", "13"],
      ],
    },
  ],
  [
    "HTTP/2 without TLS",
    "HTTP_UPGRADE_REFUSED",
    {
      headers: [
        ["Connection", "Upgrade, HTTP2-Settings"],
        ["Upgrade", "h2c"],
        ["HTTP2-Settings", "AAMAAABkAAQAAP__"],
      ],
    },
  ],
])

refuses("Smuggling and broken headers", [
  [
    "a length and chunks",
    "HTTP_MALFORMED",
    { ...post("0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"), headers: [["Transfer-Encoding", "chunked"]] },
  ],
  [
    "two lengths",
    "HTTP_MALFORMED",
    {
      ...post("{}"),
      headers: [
        ["Content-Length", "2"],
        ["Content-Length", "3"],
      ],
    },
  ],
  [
    "the same length twice",
    "HTTP_MALFORMED",
    {
      ...post("{}"),
      headers: [
        ["Content-Length", "2"],
        ["Content-Length", "2"],
      ],
    },
  ],
  ["a length that is none", "HTTP_MALFORMED", { ...post("{}"), headers: [["Content-Length", "+2"]] }],
  ["a negative length", "HTTP_MALFORMED", { ...post("{}"), headers: [["Content-Length", "-1"]] }],
  [
    "chunks that are something else, too",
    "HTTP_MALFORMED",
    { ...post("{}"), headers: [["Transfer-Encoding", "chunked, identity"]], without: ["content-length"] },
  ],
  [
    "chunks by another name",
    "HTTP_MALFORMED",
    { ...post("{}"), headers: [["Transfer-Encoding", "xchunked"]], without: ["content-length"] },
  ],
  [
    "a chunk of no size",
    "HTTP_MALFORMED",
    { ...post("zz\r\n{}\r\n0\r\n\r\n"), headers: [["Transfer-Encoding", "chunked"]], without: ["content-length"] },
  ],
  ["a space before the colon", "HTTP_MALFORMED", { headers: [["X-A ", "1"]] }],
  ["a header over two lines", "HTTP_MALFORMED", { headers: [["X-A", "1\r\n 2"]] }],
  ["a NUL in a header", "HTTP_MALFORMED", { headers: [["X-A", "a\0b"]] }],
  ["a bare line end in a header", "HTTP_MALFORMED", { headers: [["X-A", "a\nX-B: b"]] }],
  ["a bare carriage return in a header", "HTTP_MALFORMED", { headers: [["X-A", "a\rb"]] }],
  ["headers larger than the bound", "HTTP_HEADERS_TOO_LARGE", { headers: [["X-A", "x".repeat(20_000)]] }],
  [
    "2,000 headers",
    "HTTP_HEADERS_TOO_LARGE",
    { headers: Array.from({ length: 2_000 }, (_, index) => [`X-${index}`, "1"] as const) },
  ],
  ["an expectation", "HTTP_MALFORMED", { headers: [["Expect", "the-spanish-inquisition"]] }],
])

describe("What is no request", () => {
  const texts: ReadonlyArray<readonly [string, string, string | Uint8Array]> = [
    ["noise", "HTTP_MALFORMED", Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10])],
    [
      "a handshake of TLS",
      "HTTP_MALFORMED",
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    ],
    ["HTTP/2 itself", "HTTP_MALFORMED", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/0.9", "HTTP_HOST_REFUSED", "GET /\r\n\r\n"],
    ["another protocol", "HTTP_MALFORMED", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a line that is split", "HTTP_MALFORMED", "GET / HTTP/1.1 extra\r\nHost: x\r\n\r\n"],
  ]
  for (const [name, code, text] of texts) {
    it(`${name}: ${code}`, async () => assert.strictEqual(codeOf(await sendRaw(target.port, text)), code))
  }

  it("answers the first of two requests and not what is hidden in the second", async () => {
    const before = await target.runs()
    const first = requestText(target, { ...run, headers: [["Connection", "keep-alive"]] })
    const hidden = requestText(target, { ...run, headers: [["Host", "evil.example"]] })
    const { text } = await sendRaw(target.port, first, hidden)
    assert.match(text, /^HTTP\/1\.1 202 [\s\S]*HTTP\/1\.1 421 [\s\S]*HTTP_HOST_REFUSED/)
    assert.strictEqual(await target.runs(), before + 1)
  })
})

describe("Good manners", () => {
  it("are answered, so that the refusals are no accident", async () => {
    for (const name of ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"]) {
      const { status } = await attack(target, host(`${name}:${target.port}`))
      assert.strictEqual(status, 200, name)
    }
    for (const made of [
      origin(`http://127.0.0.1:${target.port}`),
      origin(`http://localhost:${target.port}`),
      site("same-origin"),
      site("none"),
    ]) {
      assert.strictEqual((await attack(target, made)).status, 200, JSON.stringify(made))
    }
    const before = await target.runs()
    for (const type of ["application/json", 'application/json; charset="UTF-8"']) {
      assert.strictEqual((await attack(target, { ...run, headers: [["Content-Type", type]] })).status, 202, type)
    }
    assert.strictEqual(await target.runs(), before + 2)
    assert.strictEqual(codeOf(await attack(target, post(nested(64)))), "QUEUE_REQUEST_INVALID")
  })
})
