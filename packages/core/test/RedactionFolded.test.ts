/** A secret in base64 of a text, which a program folded into lines; and base64 of a text that holds none. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(16) })),
  ),
)
const make = makeFrom(makeRandom(71))
const secret = `x7Kq9${make.of("abcdefghkmnpqrstABCDEFGHKMNPQRST23456789", 14)}`

const base64 = (text: string) => Buffer.from(text).toString("base64")
const fold = (text: string, width: number, between: string) =>
  (base64(text).match(new RegExp(`.{1,${width}}`, "g")) ?? []).join(between)
/** What is told by any piece of the text that decodes. */
const told = (text: string, between: string) =>
  [0, 1, 2, 3].map((at) => Buffer.from(text.replaceAll(between, "").slice(at), "base64").toString("latin1")).join("\n")

const before = (size: number) => `LOG_LEVEL=info\n# ${"of all that is here ".repeat(5)}`.slice(0, size)
const texts: ReadonlyArray<(size: number) => string> = [
  (size) => `${before(size)}\nDB_PASSWORD=${secret}\nPORT=3000\n`,
  (size) => `${before(size)}\nURL=postgres://app:${secret}@db.example:5432/app\nPORT=3000\n`,
  (size) => `${before(size)}, and the password: ${secret} is of the app`,
  (size) => JSON.stringify({ note: before(size), password: secret, port: 5432 }),
]
const sizes = Array.from({ length: 80 }, (_, index) => 30 + index)
const widths = [60, 64, 76, 120]
const betweens = ["\n", "\r\n", "\n  ", "\\n"]

/** Any eight characters in a row of it. */
const shows = (decoded: string) =>
  Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8)).some((part) => decoded.includes(part))

const inPieces = (text: string, size: number) => {
  const stream = session.stream()
  let value = ""
  for (let at = 0; at < text.length; at += size) value += stream.push(text.slice(at, at + size)).value
  return value + stream.end().value
}

describe("base64 in folds", () => {
  it("hides a secret wherever a fold cuts it", () => {
    for (const text of texts)
      for (const size of sizes)
        for (const width of widths)
          for (const between of betweens) {
            const whole = `$ base64 .env${between}${fold(text(size), width, between)}${between}$ ls`
            const { value } = session.text(whole)
            assert.isTrue(shows(told(whole.slice(13 + between.length), between)))
            const lines = value.slice(13 + between.length, -4 - between.length)
            for (const piece of lines.split(/\[redacted:[^\]]*\]/))
              assert.isFalse(shows(told(piece, between)), `${width} ${size} ${JSON.stringify(between)}\n${value}`)
            assert.isTrue(value.endsWith(`${between}$ ls`), value)
          }
  })

  it("says the same however the text is cut", () => {
    for (const text of texts)
      for (const size of sizes.filter((at) => at % 7 === 0)) {
        const whole = `$ base64 .env\n${fold(text(size), 76, "\n")}\n$ ls\n`
        const { value } = session.text(whole)
        for (const piece of [1, 7, 64]) assert.strictEqual(inPieces(whole, piece), value)
      }
  })

  it("leaves what tells nothing", () => {
    const clean = fold("A text that a person wrote about the weather of last week. ".repeat(40), 76, "\n")
    assert.strictEqual(session.text(clean).value, clean)
  })
})
