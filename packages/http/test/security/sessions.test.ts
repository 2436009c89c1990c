import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { tokenAuth } from "../../src/security/Auth.ts"

const token = "t".repeat(43)
const other = "u".repeat(43)
const hour = 3_600_000

const make = (options: { readonly token?: string; readonly codeLifeMillis?: number } = {}) =>
  tokenAuth({ token, scopes: "all", lifeMillis: hour, ...options }).sessions

const opened = (now = 0, client = "page") => {
  const book = make()
  const session = book.open(book.issueCode(now), client, now)
  if (session === undefined) throw new Error("no session")
  return { book, cookie: `runyard_session=${session.value}`, value: session.value }
}

describe("Sessions", () => {
  it("are opened by a code once", () => {
    const book = make()
    const code = book.issueCode(0)
    assert.strictEqual(book.open(code, "page", 1)?.principal.name, "local")
    assert.isUndefined(book.open(code, "page", 1))
  })

  it("are not opened by a code that is too old, or was never issued, or was pushed out by 16 others", () => {
    const book = make({ codeLifeMillis: 60_000 })
    const code = book.issueCode(0)
    assert.isUndefined(book.open(code, "page", 60_000))
    assert.isUndefined(book.open("guess", "page", 0))
    const first = book.issueCode(0)
    for (let index = 0; index < 16; index++) book.issueCode(0)
    assert.isUndefined(book.open(first, "page", 0))
  })

  it("outlive the server, because the token signs them, and no other token does", () => {
    const { cookie } = opened()
    assert.strictEqual(make().read(cookie, "page", 1)?.name, "local")
    assert.isUndefined(make({ token: other }).read(cookie, "page", 1))
  })

  it("end by time, and when they are closed", () => {
    const { book, cookie, value } = opened()
    assert.isDefined(book.read(cookie, "page", hour - 1))
    assert.isUndefined(book.read(cookie, "page", hour))
    book.close(value, "page", 1)
    assert.isUndefined(book.read(cookie, "page", 1))
  })

  it("belong to the page that opened them: another one's header does not do", () => {
    const { book, cookie } = opened(0, "page")
    assert.isUndefined(book.read(cookie, "1", 1))
    assert.isUndefined(book.read(cookie, "", 1))
  })

  it.prop(
    "are not what somebody changed by a single character",
    {
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
      char: Schema.Literals(["a", "Z", "0", "9", "-", "_", "."]),
    },
    ({ at, char }) => {
      const { book, value } = opened()
      const place = at % value.length
      const changed = `${value.slice(0, place)}${char}${value.slice(place + 1)}`
      if (changed === value) return
      assert.isUndefined(book.read(`runyard_session=${changed}`, "page", 1))
    },
  )

  it("are none when a request has two", () => {
    const { book, cookie } = opened()
    assert.isUndefined(book.read(`${cookie}; ${cookie}`, "page", 1))
    assert.isDefined(book.read(`a=b; ${cookie}; c=d`, "page", 1))
  })
})
