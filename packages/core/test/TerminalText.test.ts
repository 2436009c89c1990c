import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { colourStream, terminalJson, terminalOutput, terminalStream, terminalText } from "../src/TerminalText.ts"
import { active, corpus } from "./fixtures/terminalCorpus.ts"

const cuts = (text: string): ReadonlyArray<readonly [string, string]> =>
  Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)] as const)

describe("terminalText", () => {
  it("lets nothing active through, whole or cut at any place", () => {
    assert.isAtLeast(corpus.length, 200)
    for (const text of corpus) {
      assert.notMatch(terminalText(text), active)
      for (const [one, other] of cuts(text)) assert.notMatch(terminalText(one) + terminalText(other), active)
    }
  })

  it("shows what follows an unfinished control string from the next line on", () => {
    assert.strictEqual(terminalText("a\u001b]0;never ended\nshown"), "a\nshown")
    assert.strictEqual(terminalText(`a\u001bP${"x".repeat(5000)}`), `a${"x".repeat(904)}`)
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

describe("terminalStream", () => {
  const pieces = (texts: Iterable<string>): string => {
    const stream = terminalStream()
    let shown = ""
    for (const text of texts) shown += stream.push(text)
    return shown + stream.end()
  }

  it("shows the same however the text is cut, and nothing of a sequence before it is whole", () => {
    for (const text of corpus) {
      const whole = terminalText(text.toWellFormed())
      if (!text.isWellFormed()) continue
      for (const cut of cuts(text)) assert.strictEqual(pieces(cut), whole, JSON.stringify(cut))
      assert.strictEqual(pieces(text.split("")), whole, JSON.stringify(text))
    }
  })

  it("keeps what people write, in pieces of one character", () => {
    const text = "Grüße, 世界 👩‍👩‍👧 नमस्‍ते \t tab\nnew line — “quotes”"
    assert.strictEqual(terminalText(text), text)
    assert.strictEqual(pieces(text.split("")), text)
  })

  it("holds back little of a sequence that never ends", () => {
    const stream = terminalStream()
    let shown = ""
    for (let n = 0; n < 20_000; n++) shown += stream.push(n === 0 ? "\u001b]0;" : "x")
    assert.isAtLeast((shown + stream.end()).length, 10_000)
  })

  it("takes no longer for a row of joiners, in one piece or in many", { timeout: 5_000 }, () => {
    const row = "\u200d".repeat(500_000)
    for (const begin of ["", "\u00e9", "\u{1f469}"]) {
      assert.strictEqual(pieces([`${begin}${row}x`, "y"]), `${begin}xy`)
      assert.strictEqual(pieces([begin, ...Array.from({ length: 500 }, () => row.slice(0, 1_000)), "x"]), `${begin}x`)
    }
  })

  it("shows the same for a row of joiners of any length, cut at any place", () => {
    for (const [begin, end] of [
      ["", "\u00e9"],
      ["\u00e9", "\u00e9"],
      ["\u00e9", "x"],
      ["\u{1f469}", "\u{1f469}"],
    ] as const) {
      for (let length = 1; length < 6; length++) {
        const text = begin + "\u200d\u200c\u200d\u200d\u200c".slice(0, length) + end
        for (const cut of cuts(text)) assert.strictEqual(pieces(cut), terminalText(text), JSON.stringify(cut))
        assert.strictEqual(pieces(text.split("")), terminalText(text), JSON.stringify(text))
      }
    }
  })
})

describe("terminalOutput", () => {
  it("passes the colours of this program and nothing else", () => {
    const own = "\u001b[31mred\u001b[0m \u001b[2mdim\u001b[0m"
    assert.strictEqual(terminalOutput(own), own)
    assert.strictEqual(terminalOutput(`\u001b[8mhidden${own}\u001b[2J`), `hidden${own}`)
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    const colours = /\x1b\[(?:0|1|2|31|32|33|36)m/g
    for (const text of corpus) assert.notMatch(terminalOutput(text).replaceAll(colours, ""), active)
  })
})

describe("colourStream", () => {
  const pieces = (texts: Iterable<string>): string => {
    const stream = colourStream()
    let shown = ""
    for (const text of texts) shown += stream.push(text)
    return shown + stream.end()
  }
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  const colours = /\x1b\[[0-9;:]*m/g

  it("passes colours and nothing else that a terminal obeys, however the text is cut", () => {
    for (const text of corpus) {
      for (const cut of cuts(text)) assert.notMatch(pieces(cut).replaceAll(colours, ""), active)
      assert.notMatch(pieces(text.split("")).replaceAll(colours, ""), active)
    }
  })

  it("keeps a colour that is cut at any place", () => {
    const text = "a\u001b[1;38;5;8mb\u001b[0mc"
    for (const cut of cuts(text)) assert.strictEqual(pieces(cut), text)
  })

  it("lets nothing hide text, and takes no part of a colour for it", () => {
    assert.strictEqual(pieces(["a\u001b[8mb\u001b[1;08;31mc"]), "ab\u001b[1;31mc")
    const kept = "\u001b[38;2;8;8;8ma\u001b[48;5;8mb\u001b[58;5;8mc\u001b[28m\u001b[38:5:8md"
    assert.strictEqual(pieces([kept]), kept)
  })
})

describe("terminalJson", () => {
  it("is JSON of the same value with nothing active in it", () => {
    for (const text of corpus) {
      const json = terminalJson({ [text]: text })
      assert.notMatch(json, active)
      assert.deepStrictEqual(JSON.parse(json), { [text]: text })
    }
  })
})
