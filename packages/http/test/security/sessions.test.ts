import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { tokenAuth, type TokenAuthOptions } from "../../src/security/Auth.ts"
import { makeLinkCode } from "../../src/security/linkCode.ts"

const token = "t".repeat(43)
const other = "u".repeat(43)
const hour = 3_600_000

const make = (options: Partial<TokenAuthOptions> = {}) =>
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

  it("are not opened by a code that is too old, or too young to be one, or was never made", () => {
    const book = make({ codeLifeMillis: 60_000 })
    const code = book.issueCode(0)
    assert.isUndefined(book.open(code, "page", 60_000))
    assert.isUndefined(book.open(book.issueCode(3_600_000), "page", 0))
    for (const guess of ["", "guess", "A".repeat(72), `${book.issueCode(0)}A`]) {
      assert.isUndefined(book.open(guess, "page", 0), guess)
    }
  })

  it("are opened by a code that another program made with the token, for this server alone", () => {
    const book = make({ server: "one" })
    const code = makeLinkCode({ token, server: "one" }, 0, 300_000)
    assert.isUndefined(make({ server: "two" }).open(code, "page", 1))
    assert.isUndefined(make().open(code, "page", 1))
    assert.isUndefined(make({ server: "one", token: other }).open(code, "page", 1))
    assert.isDefined(book.open(code, "page", 1))
    assert.isUndefined(book.open(code, "page", 1))
    // However long it asks to live.
    assert.isUndefined(book.open(makeLinkCode({ token, server: "one" }, 0, hour), "page", 600_000))
  })

  it("are opened by 1,000 codes in the life of a code at most, and each of them once", () => {
    const book = make({ codeLifeMillis: 60_000 })
    const codes = Array.from({ length: 1_001 }, () => book.issueCode(0))
    assert.strictEqual(codes.filter((code) => book.open(code, "page", 1) !== undefined).length, 1_000)
    assert.isTrue(codes.every((code) => book.open(code, "page", 2) === undefined))
    assert.isDefined(book.open(book.issueCode(60_000), "page", 60_000))
  })

  it.prop(
    "are not opened by a code that somebody changed by a single character",
    {
      at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 71 })),
      char: Schema.Literals(["a", "Z", "0", "9", "-", "_"]),
    },
    ({ at, char }) => {
      const book = make()
      const code = book.issueCode(0)
      const changed = `${code.slice(0, at)}${char}${code.slice(at + 1)}`
      if (changed === code) return
      assert.isUndefined(book.open(changed, "page", 1))
    },
  )

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
