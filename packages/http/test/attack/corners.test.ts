/** Corners of HTTP that clients of good manners never see, beside the ones of `attack.test.ts`. */
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

afterEach(async () => {
  const { status } = await attack(target, { target: "/api/v1/health", without: ["authorization"] })
  assert.strictEqual(status, 200, "the server is not well any more")
})

const good = JSON.stringify({ provider: "fake", prompt: "hello", cwd: "/work" })

/** Nothing may come of it, whatever the refusal is called. */
const isRefused = async (name: string, send: () => ReturnType<typeof attack>, codes: RegExp): Promise<void> => {
  const before = await target.runs()
  const answer = await send()
  assert.match(codeOf(answer), codes, `${name}: ${answer.text.slice(0, 300)}`)
  assert.isUndefined(answer.headers.get("access-control-allow-origin"), name)
  assert.strictEqual(await target.runs(), before, `${name} started something`)
}

describe("Names of the host", () => {
  it("are compared as text: another form of ours is none of ours", async () => {
    const { port } = target
    const hosts = [
      `[::1%25lo]:${port}`,
      `[::1%lo]:${port}`,
      `[0:0:0:0:0:0:0:1]:${port}`,
      `[::1]evil:${port}`,
      `::1:${port}`,
      `127.0.0.1:0${port}`,
      `127.0.0.1:${port}:${port}`,
      `127.0.0.1:+${port}`,
      `127.0.0.1:${port}/`,
      `127.0.0.1:${port}#`,
      `127.0.0.1:${port}?`,
      `127.0.0.1:${port}@evil.example`,
      `http://127.0.0.1:${port}`,
      `127.0.0.1.:${port}`,
      `0x7f.0.0.1:${port}`,
      `0177.0.0.1:${port}`,
      `127.0.0.2:${port}`,
      `l\u00f3calhost:${port}`,
      `xn--lcalhost-c1a:${port}`,
      `localhost%00:${port}`,
      `localhost%2eevil.example:${port}`,
      `127.0.0.1:${port} evil.example`,
    ]
    for (const host of hosts) {
      await isRefused(host, () => attack(target, { headers: [["Host", host]] }), /^HTTP_(?:HOST_REFUSED|MALFORMED)$/)
    }
  })

  it("are not taken from what a proxy would add", async () => {
    const forwarded: ReadonlyArray<readonly [string, string]> = [
      ["Forwarded", `host=127.0.0.1:${target.port};proto=http`],
      ["X-Host", `127.0.0.1:${target.port}`],
      ["X-Forwarded-Server", `127.0.0.1:${target.port}`],
      ["X-Original-Host", `127.0.0.1:${target.port}`],
    ]
    for (const header of forwarded) {
      await isRefused(
        header[0],
        () => attack(target, { headers: [["Host", "evil.example"], header] }),
        /^HTTP_HOST_REFUSED$/,
      )
    }
    for (const name of ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-HTTP-Method"]) {
      const answer = await attack(target, { target: "/api/v1/health", headers: [[name, "/api/v1/metrics"]] })
      assert.deepStrictEqual(JSON.parse(answer.body), { status: "ok" }, name)
    }
  })
})

describe("Origins", () => {
  it("are ours as browsers write them, once", async () => {
    const { port } = target
    const ours = `http://127.0.0.1:${port}`
    const origins: ReadonlyArray<ReadonlyArray<readonly [string, string]>> = [
      [["Origin", `HTTP://127.0.0.1:${port}`]],
      [["Origin", `${ours} https://evil.example`]],
      [["Origin", `${ours}, https://evil.example`]],
      [["Origin", `http://evil.example@127.0.0.1:${port}`]],
      [["Origin", `http://127.0.0.1.:${port}`]],
      [["Origin", `${ours}\u0001`]],
      [
        ["Origin", ours],
        ["Origin", "https://evil.example"],
      ],
      [["Sec-Fetch-Site", "same-origin, cross-site"]],
      [
        ["Sec-Fetch-Site", "same-origin"],
        ["Sec-Fetch-Site", "cross-site"],
      ],
      [
        ["Origin", ours],
        ["Sec-Fetch-Site", "cross-site"],
      ],
    ]
    for (const headers of origins) {
      await isRefused(
        JSON.stringify(headers),
        () => attack(target, { method: "POST", body: good, headers }),
        /^HTTP_(?:ORIGIN_REFUSED|MALFORMED)$/,
      )
    }
  })

  it("get no word of CORS, neither ours nor others'", async () => {
    for (const origin of [`http://127.0.0.1:${target.port}`, "https://evil.example", "null"]) {
      for (const [name, value] of [
        ["Access-Control-Request-Method", "POST"],
        ["Access-Control-Request-Private-Network", "true"],
        ["Access-Control-Request-Headers", "authorization,x-runyard-client"],
      ] as const) {
        const answer = await attack(target, {
          method: "OPTIONS",
          headers: [
            ["Origin", origin],
            [name, value],
          ],
        })
        assert.isAtLeast(answer.status, 400)
        for (const header of answer.headers.keys()) assert.notMatch(header, /^access-control/)
      }
    }
  })
})

describe("Where a request ends", () => {
  const head = (...lines: ReadonlyArray<string>): string =>
    ["POST /api/v1/runs HTTP/1.1", `Host: 127.0.0.1:${target.port}`, `Authorization: Bearer ${target.token}`]
      .concat("Content-Type: application/json", "Connection: close", ...lines, "", "")
      .join("\r\n")
  const chunk = (extension = ""): string => `${good.length.toString(16)}${extension}\r\n${good}\r\n0\r\n\r\n`

  it("is said once, in one way", async () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["chunks after chunks", head("Transfer-Encoding: chunked, chunked") + chunk()],
      ["chunks after gzip", head("Transfer-Encoding: gzip, chunked") + chunk()],
      ["chunks, then not", head("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + chunk()],
      ["chunks by a name with a space", head("Transfer-Encoding : chunked") + chunk()],
      ["chunks in a continued line", head("Transfer-Encoding:", " chunked") + chunk()],
      ["chunks behind a control", head("Transfer-Encoding: \x0bchunked") + chunk()],
      ["chunks and a length of none", head("Transfer-Encoding: chunked", "Content-Length: 0") + chunk()],
      ["two lengths in one", head(`Content-Length: ${good.length}, ${good.length}`) + good],
      ["a length in hex", head("Content-Length: 0x2") + good],
      ["a length with a fraction", head("Content-Length: 2.0") + good],
      ["a length beyond all numbers", head("Content-Length: 18446744073709551618") + good],
      ["a chunk with a sign", `${head("Transfer-Encoding: chunked")}+${chunk()}`],
      ["a chunk with a prefix", `${head("Transfer-Encoding: chunked")}0x${chunk()}`],
      ["a chunk beyond all numbers", `${head("Transfer-Encoding: chunked")}fffffffffffffffff\r\n${good}`],
      ["a chunk with a bare line end", head("Transfer-Encoding: chunked") + chunk().replaceAll("\r\n", "\n")],
      ["a chunk longer than it says", head("Transfer-Encoding: chunked") + chunk().replace(/^../, "10")],
      ["an extension without end", head("Transfer-Encoding: chunked") + chunk(`;${"a".repeat(50_000)}`)],
      ["lines that end with one character", head(`Content-Length: ${good.length}`).replaceAll("\r\n", "\n") + good],
      ["a header without a colon", head("X-A", `Content-Length: ${good.length}`) + good],
      ["a header without a name", head(": a", `Content-Length: ${good.length}`) + good],
      ["a header with a tab in its name", head("X\tA: a", `Content-Length: ${good.length}`) + good],
      ["a header with a NUL in its name", head("X\0A: a", `Content-Length: ${good.length}`) + good],
      ["another version", head(`Content-Length: ${good.length}`).replace("HTTP/1.1", "HTTP/3.7") + good],
      ["a version in small letters", head(`Content-Length: ${good.length}`).replace("HTTP/1.1", "http/1.1") + good],
      ["a method in small letters", head(`Content-Length: ${good.length}`).replace("POST", "post") + good],
      ["a method with a NUL", head(`Content-Length: ${good.length}`).replace("POST", "PO\0ST") + good],
    ]
    for (const [name, text] of cases) {
      await isRefused(name, () => sendRaw(target.port, Buffer.from(text, "latin1")), /^HTTP_[A-Z_]+$|^0$/)
    }
  })

  it("is found where a request of good manners says so, so that the refusals are no accident", async () => {
    for (const text of [head(`Content-Length: ${good.length}`) + good, head("Transfer-Encoding: chunked") + chunk()]) {
      assert.strictEqual((await sendRaw(target.port, text)).status, 202)
    }
  })

  it("lets no trailer say who sends it, or how it is read", async () => {
    const anonymous = head("Transfer-Encoding: chunked", "Trailer: Authorization").replace(/Authorization: .*\r\n/, "")
    const trailed = chunk().replace(/\r\n$/, `Authorization: Bearer ${target.token}\r\n\r\n`)
    await isRefused("trailer", () => sendRaw(target.port, anonymous, trailed), /^HTTP_UNAUTHENTICATED$/)
  })

  it("holds for what is refused: the next request on the connection is not made of its body", async () => {
    const hidden = requestText(target, { method: "POST", body: good }).toString("latin1")
    for (const refused of [
      head(`Content-Length: ${hidden.length}`).replace("application/json", "text/plain"),
      head(`Content-Length: ${hidden.length}`).replace("/api/v1/runs", "/api/v1/nothing"),
      head(`Content-Length: ${hidden.length}`).replace(/Host: .*/, "Host: evil.example"),
      head(`Content-Length: ${hidden.length}`).replace(/Authorization: .*\r\n/, ""),
      head(`Content-Length: ${hidden.length}`).replace("POST", "GET"),
    ]) {
      const kept = refused.replace("Connection: close", "Connection: keep-alive")
      const last = requestText(target, { target: "/api/v1/health" })
      const before = await target.runs()
      const { text } = await sendRaw(target.port, kept, hidden, last)
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
      assert.isAtLeast(statuses[0] ?? 0, 400, text.slice(0, 300))
      assert.isTrue(statuses.length === 1 || (statuses.length === 2 && statuses[1] === 200), text)
      assert.strictEqual(await target.runs(), before, text)
    }
  })
})

describe("Paths", () => {
  it("are those of the contract, letter by letter", async () => {
    const paths = [
      "/API/v1/runs",
      "/api/V1/runs",
      "/api/v1/runs/",
      "/api/v1/./runs",
      "/api/v1/x/../runs",
      "/api/v1/runs;x=1",
      "/api/v1/runs%3fq=1",
      "/api/v1/%72uns",
      "/%61pi/v1/runs",
      "/api%2fv1%2fruns",
      "/api/v1/runs/%c0%ae%c0%ae%c0%af",
      "/api/v1/runs/%e0%80%ae%e0%80%ae",
      "/api/v1/runs/%u002e%u002e",
      "/api/v1/runs/run_..%2f",
      "/api/v1/runs/%252e%252e",
      "/api/v1/runs/%00",
      "/.//api/v1/runs",
      "//api/v1/runs",
      "/assets/%2e%2e%2f%2e%2e%2foutside.txt",
      "/assets/..%c0%af..%c0%afoutside.txt",
      "/assets/....//outside.txt",
      "/assets/index-AbCdEf12.js%00.html",
      "/assets/index-AbCdEf12.js/",
      "/index.html::$DATA",
      "/INDEX.HTML~1",
    ]
    for (const path of paths) {
      const answer = await attack(target, { target: path })
      // The page has routes of its own, so that it may be the answer: never data, and no other file.
      const isPage = answer.status === 200 && answer.body === "<!doctype html><title>page</title>"
      assert.isTrue(isPage || answer.status === 404 || answer.status === 400, `${path}: ${answer.text.slice(0, 400)}`)
    }
  })

  it("hold nothing but what a URL may hold", async () => {
    for (const path of [
      "/api/v1/runs#x",
      "/api/v1/runs?q=\x7f",
      "/api/v1/runs?q=\xff",
      "/api/v1/runs?q=a b",
      "/\x01",
    ]) {
      const answer = await attack(target, { target: path })
      assert.isTrue(answer.status < 500, `${path}: ${answer.text.slice(0, 200)}`)
      assert.notInclude(answer.text, "\x7f")
    }
  })
})

describe("Cookies and codes", () => {
  const open = async (client: string) => {
    const answer = await attack(target, {
      method: "POST",
      target: "/api/v1/session",
      without: ["authorization"],
      headers: [["X-Runyard-Client", client]],
      body: JSON.stringify({ code: target.issueCode() }),
    })
    return (answer.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? ""
  }
  const use = (headers: RawRequest["headers"] = []) => attack(target, { without: ["authorization"], headers })

  it("are one session or none: another program's cookie beside ours decides nothing", async () => {
    const mine = await open("mine")
    const other = await open("other")
    const client = ["X-Runyard-Client", "mine"] as const
    assert.strictEqual((await use([["Cookie", `a=b; ${mine}; c=d`], client])).status, 200)
    for (const cookies of [
      [`${mine}; ${other}`],
      [`${other}; ${mine}`],
      [mine, other],
      [`${mine}; runyard_session=`],
      [mine.replace("=", " =")],
      [mine.replace("=", '="') + '"'],
      [mine.toUpperCase()],
      [`x=${mine}`],
      [mine.replace(/.$/, "")],
      [`${mine}x`],
      [mine.replace("v1.", "v2.")],
      [mine.replace(".local.", ".admin.")],
    ]) {
      const answer = await use([...cookies.map((cookie) => ["Cookie", cookie] as const), client])
      assert.strictEqual(codeOf(answer), "HTTP_UNAUTHENTICATED", cookies.join(" and "))
    }
  })

  it("need the header once, as it was", async () => {
    const mine = await open("mine")
    const clients: ReadonlyArray<RawRequest["headers"]> = [
      [
        ["X-Runyard-Client", "mine"],
        ["X-Runyard-Client", "mine"],
      ],
      [["X-Runyard-Client", "MINE"]],
      [["X_Runyard_Client", "mine"]],
      [["X-Runyard-Client", "mine,"]],
    ]
    for (const client of clients) {
      const answer = await use([["Cookie", mine], ...(client ?? [])])
      assert.strictEqual(codeOf(answer), "HTTP_UNAUTHENTICATED", JSON.stringify(client))
    }
  })

  it("are not made longer than they live: the time in a session is signed", async () => {
    const mine = await open("mine")
    const longer = mine.replace(/\.(\d{13})\./, (_, until: string) => `.${Number(until) + 1}.`)
    assert.notStrictEqual(longer, mine)
    const answer = await use([
      ["Cookie", longer],
      ["X-Runyard-Client", "mine"],
    ])
    assert.strictEqual(codeOf(answer), "HTTP_UNAUTHENTICATED")
  })
})

describe("Guesses at a code", () => {
  it("are bounded, while the token goes on to work", async () => {
    const bounded = await startTarget({ limits: { anonymousRate: { burst: 5, perSecond: 0.1 } } })
    try {
      const codes = []
      for (let index = 0; index < 10; index++) {
        const answer = await attack(bounded, {
          method: "POST",
          target: "/api/v1/session",
          without: ["authorization"],
          body: JSON.stringify({ code: "x".repeat(43) }),
        })
        codes.push(codeOf(answer))
      }
      assert.deepStrictEqual(
        codes.slice(5),
        Array.from({ length: 5 }, () => "HTTP_RATE_LIMITED"),
      )
      assert.strictEqual((await attack(bounded, {})).status, 200)
    } finally {
      await bounded.close()
    }
  })
})
