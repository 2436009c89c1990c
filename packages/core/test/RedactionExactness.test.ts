/** Texts in which a mark depends on what comes much later: the same however they are cut, encoded or masked again. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(16) })),
  ),
)
const make = makeFrom(makeRandom(41))
const mixed = (size: number) => make.of("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", size - 2) + "4x"
const base64 = (text: string) => Buffer.from(text).toString("base64")
const coloured = (text: string) => `\u001b[33m${text}\u001b[0m`
const doubled = (text: string) => `7,"${text.replaceAll('"', '""')}",2026-03-01`
const delta = (text: string) =>
  JSON.stringify({
    type: "stream_event",
    event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
  })
const pieces = (text: string, size: number) => {
  const stream = session.stream()
  let shown = ""
  for (let at = 0; at < text.length; at += size) shown += stream.push(text.slice(at, at + size)).value
  return shown + stream.end().value
}

const secret = mixed(24)
/** Of each text, what of it must not be seen; in the last ones it stands cut. */
const texts: ReadonlyArray<readonly [text: string, hidden: string]> = [
  [`data: ${base64(`PORTAL_PASSWORD is ${secret}\n`)}\nready`, base64(`PORTAL_PASSWORD is ${secret}\n`).slice(12)],
  [`one\ndata: ${base64(`admin.password=${secret}\n`)}\nports 4`, base64(`admin.password=${secret}\n`).slice(12)],
  [`data: ${base64(`export AWS_KEY=AKIA${make.of("ABCDEFGH234567", 16)}\n`)}\nJoined`, "not there"],
  [doubled(`{"clients":{"a.example":{"auth":"${base64(`ci:${secret}`)}"}}}`), base64(`ci:${secret}`)],
  [doubled(`static final String mailPwd = "${secret}";`), secret],
  [doubled(`{"id":"9","password":"${secret}","tenant":"b"}`), secret],
  [`<password>{${mixed(68)}==}</password>\n$ `, "not there"],
  [`deploy --key=31f\n    768eba8${make.of("0123456789abcdef", 22)}-us14 --region eu`, "768eba8"],
  [`zip -P ${coloured(secret)} -r out.zip dist\nLEVEL=info`, secret],
  [`8: {"kty": "OKP", "crv": "Ed25519", "d": "${mixed(43)}"}\nlive`, "not there"],
  [`row\t0.${make.uuid()}.${mixed(30)}:${base64(mixed(16))}\tlive`, "not there"],
  [
    `${delta(`use ${mixed(14)}.atlasv1.${secret.slice(0, 20)}`)}\n${delta(`${mixed(40)} for now`)}`,
    secret.slice(2, 20),
  ],
]

describe("Exactness of redaction", () => {
  it("masks the same in pieces of any size, in one line of JSON, and nothing in what it masked", () => {
    for (const [text, hidden] of texts) {
      const whole = session.text(text).value
      assert.notStrictEqual(whole, text)
      assert.notInclude(whole, hidden)
      for (const size of [1, 2, 3, 7, 64]) assert.strictEqual(pieces(text, size), whole, `${size}: ${text}`)
      assert.strictEqual(session.text(whole).value, whole)
      const line = JSON.stringify({ output: text })
      const asText = session.text(line).value
      // The frames of a stream are lines of their own.
      if (!text.startsWith("{")) {
        assert.deepStrictEqual(session.jsonLine(line)?.json, { output: whole }, text)
        assert.notInclude(asText, hidden)
      }
      assert.doesNotThrow(() => void JSON.parse(asText), text)
    }
  })

  it("leaves every escape whole, whatever a rule takes for the start of a value", () => {
    for (const [text] of texts) {
      for (const before of ["\\", "\t", "\n", "\u001b[1m", "\u2028", '"']) {
        for (const inner of [text, `--password ${before}${secret} -v`, `zip -P ${before}${secret}${before} a.zip`]) {
          const line = JSON.stringify({ output: `${before}${inner}`, note: `${inner}${before}` })
          for (const nested of [line, JSON.stringify({ line })]) {
            const masked = session.text(nested).value
            assert.doesNotThrow(() => void JSON.parse(masked), masked)
          }
        }
      }
    }
  })

  it("shows no more than the first letters of a key that its maker marked", () => {
    const keys = [
      `${mixed(52)}JQQJ99${mixed(26)}`,
      `${mixed(53)}JQQJ99${mixed(26)}`,
      `${mixed(76)}AZDO${mixed(4)}`,
      `${mixed(44)}AzFu${mixed(6)}`,
      `${mixed(42)}+ACR${mixed(6)}`,
      `${mixed(76)}ACDb${mixed(6)}`,
    ]
    for (const key of keys) {
      for (const text of [`item ${key} ok`, `- ${key}`, `args: ["-v", "${key}=="]`, `a\n${key}\nb`]) {
        const masked = session.text(text).value
        for (const size of [1, 5]) assert.strictEqual(pieces(text, size), masked)
        assert.notInclude(masked, key.slice(0, 12))
        assert.notInclude(masked, key.slice(-12))
      }
    }
  })
})
