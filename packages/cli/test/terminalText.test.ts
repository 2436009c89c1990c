import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { terminalJson, terminalText } from "../src/terminalText.ts"

/** Everything that a terminal may obey: controls but tab and newline, C1, and marks that turn text around. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const active = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

const hostile = [
  "\u001b]52;c;ZWNobyBib28=\u0007",
  "\u001b]0;a title\u001b\\",
  "\u001b]8;;http://example.invalid\u001b\\link\u001b]8;;\u001b\\",
  "\u001b[2J\u001b[H",
  "\u001b[31mred\u001b[0m",
  "\u001b[?1049h",
  "\u001bP1$r0m\u001b\\",
  "\u001b_apc\u001b\\",
  "\u001b^pm\u001b\\",
  "\u009b2J",
  "\u009d0;title\u009c",
  "\u0090dcs\u009c",
  "over\rwritten",
  "back\b\b\b\b",
  "\u202egnp.exe",
  "\u2066isolated\u2069",
  "\u0007bell",
  "\u001bc",
  "\u001b(0lqk\u001b(B",
  "a\u0000b",
]

describe("terminalText", () => {
  it("lets nothing active through, whole or cut at any place", () => {
    for (const text of hostile) {
      assert.notMatch(terminalText(text), active)
      for (let at = 0; at <= text.length; at++) {
        assert.notMatch(terminalText(text.slice(0, at)) + terminalText(text.slice(at)), active)
      }
    }
  })

  it("keeps what people write", () => {
    const text = "Grüße, 世界 👩‍👩‍👧 \t tab\nnew line — “quotes”\r\nnext"
    assert.strictEqual(terminalText(text), text.replace("\r\n", "\n"))
    assert.strictEqual(terminalText("\u001b[1mbold\u001b[0m and \u001b]0;title\u0007plain"), "bold and plain")
  })

  it.effect.prop("lets nothing active through, whatever the text", { text: Schema.String }, ({ text }) =>
    Effect.sync(() => assert.notMatch(terminalText(text), active)),
  )
})

describe("terminalJson", () => {
  it("is JSON of the same value with nothing active in it", () => {
    for (const text of hostile) {
      const json = terminalJson({ [text]: text })
      assert.notMatch(json, active)
      assert.deepStrictEqual(JSON.parse(json), { [text]: text })
    }
  })
})
