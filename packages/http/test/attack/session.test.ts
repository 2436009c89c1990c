/** Sessions of browsers, attacked: stolen cookies, used codes, pages that are not ours. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { attack, codeOf, type RawAnswer } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

let target: Target
beforeAll(async () => {
  target = await startTarget({ limits: { anonymousRate: { burst: 1_000, perSecond: 1_000 } } })
})
afterAll(() => target.close())

const open = (code: string, client: string | undefined = "page"): Promise<RawAnswer> =>
  attack(target, {
    method: "POST",
    target: "/api/v1/session",
    without: ["authorization"],
    headers: client === undefined ? [] : [["X-Runyard-Client", client]],
    body: JSON.stringify({ code }),
  })

const cookieOf = (answer: RawAnswer): string => (answer.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? ""

const use = (cookie: string, client?: string, method = "GET", path = "/api/v1/runs"): Promise<RawAnswer> =>
  attack(target, {
    method,
    target: path,
    without: ["authorization"],
    headers: [["Cookie", cookie], ...(client === undefined ? [] : [["X-Runyard-Client", client] as const])],
  })

describe("Sessions of browsers", () => {
  it("are opened by a code, once, with a cookie that no script and no other site gets", async () => {
    const code = target.issueCode()
    const answer = await open(code)
    assert.strictEqual(answer.status, 200)
    assert.match(
      answer.headers.get("set-cookie") ?? "",
      /^runyard_session=v1\.[^;]+;.*Path=\/;.*HttpOnly.*SameSite=Strict/i,
    )
    assert.notInclude(answer.text, target.token)
    assert.strictEqual((await use(cookieOf(answer), "page")).status, 200)
    assert.strictEqual(codeOf(await open(code)), "HTTP_CODE_REFUSED")
  })

  it("are not opened by a guess, by the token, or by what is no text", async () => {
    for (const code of ["guess", target.token, "__proto__", "constructor"]) {
      assert.strictEqual(codeOf(await open(code)), "HTTP_CODE_REFUSED", code)
    }
    for (const body of [
      '{"code":1}',
      '{"code":null}',
      '{"code":["a"]}',
      "{}",
      "[]",
      '"a"',
      '{"code":"a","admin":true}',
    ]) {
      const answer = await attack(target, {
        method: "POST",
        target: "/api/v1/session",
        without: ["authorization"],
        body,
      })
      assert.strictEqual(codeOf(answer), "QUEUE_REQUEST_INVALID", body)
    }
  })

  it("are not opened by a page of another origin, although it has the code", async () => {
    const code = target.issueCode()
    const answer = await attack(target, {
      method: "POST",
      target: "/api/v1/session",
      without: ["authorization"],
      headers: [["Origin", "https://evil.example"]],
      body: JSON.stringify({ code }),
    })
    assert.strictEqual(codeOf(answer), "HTTP_ORIGIN_REFUSED")
    assert.strictEqual((await open(code)).status, 200, "the code was used up")
  })

  it("count with their page's own header alone: a form, an image, another server on this machine has only the cookie", async () => {
    const cookie = cookieOf(await open(target.issueCode(), "a-page-of-its-own"))
    assert.strictEqual((await use(cookie, "a-page-of-its-own")).status, 200)
    for (const client of [undefined, "", "1", "another"]) {
      assert.strictEqual(codeOf(await use(cookie, client)), "HTTP_UNAUTHENTICATED", String(client))
    }
  })

  it("are over when they are closed, with the cookie that was copied before", async () => {
    const cookie = cookieOf(await open(target.issueCode()))
    const closed = await use(cookie, "page", "DELETE", "/api/v1/session")
    assert.strictEqual(closed.status, 204)
    assert.match(closed.headers.get("set-cookie") ?? "", /^runyard_session=;.*Max-Age=0/i)
    assert.strictEqual(codeOf(await use(cookie, "page")), "HTTP_UNAUTHENTICATED")
  })

  it("reach no further than their token", async () => {
    const cookie = cookieOf(await open(target.issueCode()))
    assert.strictEqual(codeOf(await use(cookie, "page", "GET", "/api/v1/grants")), "HTTP_SCOPE_MISSING")
  })

  it("do not stand in for a wrong token", async () => {
    const cookie = cookieOf(await open(target.issueCode()))
    const answer = await attack(target, {
      headers: [
        ["Authorization", "Bearer wrong"],
        ["Cookie", cookie],
        ["X-Runyard-Client", "page"],
      ],
    })
    assert.strictEqual(codeOf(answer), "HTTP_UNAUTHENTICATED")
  })
})
