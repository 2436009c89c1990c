/** Values that the host knows are masked in every encoding and cut. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RedactionSession } from "../src/RedactionSession.ts"
import { Redactor } from "../src/Redactor.ts"
import { makeRandom, type Random } from "./fixtures/secretTexts.ts"

const key = Uint8Array.from({ length: 16 }, (_, index) => index)
const open = (known: ReadonlyArray<{ readonly name: string; readonly value: string }>): RedactionSession =>
  Effect.runSync(
    Effect.map(Redactor, (redactor) => redactor.session(known)).pipe(Effect.provide(Redactor.layer({ key }))),
  )

const some = (alphabet: string, size: number, random: Random): string =>
  Array.from({ length: size }, () => alphabet.charAt(random(alphabet.length))).join("")
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const alphabets = [
  letters,
  `${letters}-_`,
  `${letters}+/=`,
  `${letters}!"#$%&'()*+,-./:;<=>?@[]^_{|}~\\`,
  `${letters} é✓ü/"`,
]

type Step = readonly [name: string, apply: (text: string, random: Random) => string]
const json: Step = ["json", (text) => JSON.stringify(text).slice(1, -1)]
const url: Step = ["url", (text) => encodeURIComponent(text)]
const html: Step = [
  "html",
  (text) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;"),
]
const base64: Step = [
  "base64",
  (text, random) => {
    const bytes = new TextEncoder().encode(`${"user:".slice(random(6))}${text}\n`)
    return btoa(String.fromCharCode(...bytes))
  },
]
const encodings: ReadonlyArray<ReadonlyArray<Step>> = [
  [],
  [json],
  [json, json],
  [json, json, json],
  [url],
  [html],
  [base64],
  [url, json],
  [html, json],
  [json, url],
  [json, html],
  [json, base64],
  [url, base64],
  [html, base64],
  [base64, json, json],
  [base64, url],
  [json, json, url],
  [json, json, base64],
  [base64, base64],
  [html, url],
  [json, html, url],
]

const split = (text: string, random: Random, least: number, most: number): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let at = 0; at < text.length;) {
    const size = least + random(most - least + 1)
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}
const esc = "\u001b"
const layouts: ReadonlyArray<Step> = [
  ["plain", (text) => text],
  ["wrapped", (text, random) => split(text, random, 4, 30).join("\n")],
  ["indented", (text, random) => split(text, random, 4, 30).join("\r\n      ")],
  ["quoted", (text, random) => `> ${split(text, random, 4, 30).join("\n> ")}`],
  ["continued", (text, random) => split(text, random, 4, 30).join("\\\n")],
  [
    "coloured",
    (text, random) =>
      split(text, random, 1, 5)
        .map((piece) => `${esc}[3${random(8)}m${piece}`)
        .join("") + `${esc}[0m`,
  ],
  ["wrapped in JSON", (text, random) => JSON.stringify({ output: split(text, random, 4, 30).join("\n") })],
  ["coloured in JSON", (text, random) => JSON.stringify({ output: split(text, random, 1, 5).join(`${esc}[1m`) })],
]
const shapes: ReadonlyArray<(piece: string, index: number) => unknown> = [
  (text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  (delta) => ({ method: "item/agentMessage/delta", params: { itemId: "i1", delta } }),
  (content, index) => ({ id: "c", object: "chat.completion.chunk", created: index, choices: [{ delta: { content } }] }),
  (response, index) => ({ model: "m", created_at: `10:00:${index}`, response, done: false }),
  (text) => ({ candidates: [{ content: { parts: [{ text }], role: "model" } }] }),
  (text, index) => [index / 8, "o", text],
  (log) => ({ log, stream: "stdout" }),
  (payload, index) => ({ seq: index, ev: "tok", payload }),
]
const streams: ReadonlyArray<Step> = [
  ["whole", (text) => `before it ${text} behind it\n`],
  [
    "pieces",
    (text, random) => {
      const shape = shapes[random(shapes.length)]
      return `${split(`the ${text} and more`, random, 1, 9)
        .map((piece, index) => JSON.stringify(shape?.(piece, index)))
        .join("\n")}\n`
    },
  ],
]

const push = (redaction: RedactionSession, chunks: Iterable<string>): string => {
  const stream = redaction.stream()
  let value = ""
  for (const chunk of chunks) value += stream.push(chunk).value
  return value + stream.end().value
}

/** What must not be left of the text: any part of it that tells much of the value. */
const leaks = (text: string, output: string): boolean => {
  const size = text.length >= 24 ? 12 : Math.max(5, Math.ceil(text.length / 2))
  for (let at = 0; at + size <= text.length; at++) if (output.includes(text.slice(at, at + size))) return true
  return false
}

/** The strings of all lines by the fields that lead to them, without what cuts and colours them. */
const reading = (output: string): string => {
  const fields = new Map<string, string>()
  const walk = (value: unknown, path: string): void => {
    if (typeof value === "string") fields.set(path, (fields.get(path) ?? "") + value)
    else if (typeof value === "object" && value !== null)
      for (const [name, item] of Object.entries(value)) walk(item, `${path}.${name}`)
  }
  for (const line of output.split("\n")) {
    try {
      walk(JSON.parse(line), "")
    } catch {
      fields.set("text", `${fields.get("text") ?? ""}${line}\n`)
    }
  }
  // oxlint-disable-next-line no-control-regex
  const shown = [...fields.values()].join("\u0000").replace(/\u001b\[\d+m/g, "")
  return `${shown}\u0000${shown.replace(/\\?\r?\n(?:[ >]*)/g, "")}`
}

describe("A known value", () => {
  it("is masked in every encoding, layout and stream", { timeout: 300_000 }, () => {
    const random = makeRandom(41)
    const missed: Array<string> = []
    let seen = 0
    for (let round = 0; round < 5; round++) {
      const alphabet = alphabets[round % alphabets.length] ?? letters
      const value = `${some(letters, 1, random)}${some(alphabet, 8 + random(40), random)}${some(letters, 1, random)}`
      const redaction = open([
        { name: "K", value },
        { name: "OTHER", value: some(letters, 30, random) },
      ])
      for (const steps of encodings) {
        for (const [layout, lay] of layouts) {
          const encoded = steps.reduce((text, [, apply]) => apply(text, random), value)
          const [stream, give] = streams[random(2)] ?? ["", (text: string) => text]
          const input = give(lay(encoded, random), random)
          const output = push(redaction, [input])
          seen++
          const told = `${steps.map(([name]) => name).join("+")} ${layout} ${stream} ${JSON.stringify(value)} ${JSON.stringify(input)}\n${output}`
          const core = steps.some(([name]) => name === "base64") ? encoded.slice(8, -4) : encoded
          if (leaks(core, reading(output))) missed.push(told)
          if (seen % 3 === 0) assert.strictEqual(push(redaction, split(input, random, 1, 40)), output, told)
          assert.strictEqual(push(redaction, [output]), output, told)
        }
      }
    }
    assert.isAbove(seen, 500)
    assert.deepStrictEqual(missed.slice(0, 12).concat(missed.length === 0 ? [] : [String(missed.length)]), [])
  })

  it("makes nothing else of the strings of lines a secret", () => {
    const key = (kid: string) => JSON.stringify({ kty: "RSA", use: "sig", kid, e: "AQAB" })
    const text = `${key(["cmra", "X8cCBO2HSl5fN0_LX"].join("-"))}\n${key(["cmrb", "DGLV4ynBnY32vtf_i"].join("-"))}\n`
    const none = open([])
    const redaction = open([{ name: "K", value: ["hunter", "2hunter2"].join("") }])
    assert.strictEqual(none.text(text).value, text)
    assert.strictEqual(redaction.text(text).value, text)
    assert.strictEqual(push(redaction, [text]), text)
  })

  it("is masked where a cell of a table goes on below", () => {
    const random = makeRandom(17)
    for (let round = 0; round < 200; round++) {
      const value = some(alphabets[round % 3] ?? letters, 20 + random(60), random)
      const redaction = open([{ name: "K", value }])
      const pieces = split(value, random, 8, 30)
      const rows = pieces.map((piece, at) => `\u2502 ${at === 0 ? "name" : "    "} \u2502 ${piece.padEnd(40)} \u2502`)
      for (const text of [
        rows.join("\n"),
        rows.join("\r\n").replaceAll("\u2502", "|"),
        JSON.stringify(rows.join("\n")),
      ]) {
        const whole = `before\n${text}\nbehind`
        const { value: masked } = redaction.text(whole)
        for (const piece of pieces.filter(({ length }) => length > 7)) assert.notInclude(masked, piece)
        for (const size of [1, 5, 64]) {
          const stream = redaction.stream()
          const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
            whole.slice(at * size, (at + 1) * size),
          )
          assert.strictEqual(parts.map((part) => stream.push(part).value).join("") + stream.end().value, masked)
        }
      }
    }
  })

  it("is found among hundreds", () => {
    const random = makeRandom(42)
    const known = Array.from({ length: 400 }, (_, index) => ({
      name: `K${index}`,
      value: some(alphabets[index % alphabets.length] ?? letters, 24, random).trim() + "a7Q",
    }))
    const redaction = open(known)
    for (const { name, value } of known) {
      assert.include(redaction.text(`it is ${value} here`).value, `[redacted:known:${name}#`)
      assert.include(redaction.text(JSON.stringify({ value })).value, `[redacted:known:${name}#`)
    }
  })
})
