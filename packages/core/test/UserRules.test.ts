import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { defaultRules } from "../src/DefaultRules.ts"
import { unsafePattern } from "../src/internal/redactPattern.ts"
import { Redactor } from "../src/Redactor.ts"
import type { RedactionRule } from "../src/RedactionRule.ts"
import { userRules } from "../src/UserRules.ts"
import { leastMicros } from "./fixtures/hostileTexts.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const make = makeFrom(makeRandom(3))
const letters = (length: number) => make.of("abcdefghijkmnpqrstuvwxyz23456789", length)

const session = (rules: ReadonlyArray<RedactionRule>, personalData = false) =>
  Effect.runSync(
    Effect.map(Redactor, (redactor) => redactor.session()).pipe(
      Effect.provide(Redactor.layer({ key: new Uint8Array(16), rules, personalData })),
    ),
  )
const load = (rules: ReadonlyArray<unknown>) => Effect.runSync(userRules({ title: "any", rules }))
const refusal = (rule: object) =>
  Effect.runSync(Effect.flip(userRules({ rules: [{ id: "x", keywords: ["acme"], ...rule }] })))

describe("A rule of a user", () => {
  const rules = load([
    { id: "acme-token", regex: String.raw`(?i)\b(acme_[a-z0-9]{24})(?:['|"\s;]|$)`, keywords: ["acme_"], entropy: 3 },
    {
      id: "zeta-key",
      description: "as generated",
      regex: String.raw`(?i)[\w.-]{0,50}?(?:zeta)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>)[\x60'"\s=]{0,5}([a-z0-9]{32})(?:[\x60'"\s;]|\\[nr]|$)`,
      keywords: ["zeta"],
      allowlists: [{ stopwords: ["sample"] }],
    },
    { id: "file-name", path: String.raw`\.pem$` },
  ])

  it("masks what its pattern captures, where its keyword stands", () => {
    const [first, second] = [`acme_${letters(24)}`, letters(32)]
    const redaction = session(rules)
    assert.match(redaction.text(`x ${first} y`).value, /^x \[redacted:acme-token#[0-9a-f]{8}\] y$/)
    assert.match(redaction.text(`my.zeta_id := "${second}"`).value, /^my\.zeta_id := "\[redacted:zeta-key#/)
    assert.strictEqual(redaction.text(`zeta = sample${letters(26)}`).redactions.length, 0)
  })

  it("gives the same however the text was cut", () => {
    const redaction = session(rules, true)
    const text = `a acme_${letters(24)} b\nzeta: "${letters(32)}" c\nmail ana.smith@example.org or +49 30 1234567, card 4111 1111 1111 1111.\n`
    const whole = redaction.text(text).value
    for (let cut = 0; cut <= text.length; cut++) {
      const stream = redaction.stream()
      const found = stream.push(text.slice(0, cut)).value + stream.push(text.slice(cut)).value + stream.end().value
      assert.strictEqual(found, whole, `cut at ${cut}`)
    }
  })

  it("is refused when its pattern may take long, is none, or has no keyword", () => {
    for (const regex of [
      "acme(a+)+$",
      "acme(a|a)*$",
      "acme(?:a*)*b",
      "acme([a-z]+)*!",
      String.raw`acme\s*\s*\s*x`,
      "acme.*.*.*x",
      "acme(?:[a-z]{1,100}){1,100}!",
      String.raw`acme(a)\1`,
      "acme(?:(?=a+)b)",
      "acme(",
      "acme[a",
      "acme(?:x?){50}",
    ]) {
      const error = refusal({ regex })
      assert.strictEqual(error.code, "POLICY_RULE_REFUSED", regex)
      assert.include(error.message, '"x"')
    }
    assert.include(refusal({ regex: "a{3}", keywords: ["a"] }).message, "keyword")
    assert.include(refusal({ regex: "acme(b)", secretGroup: 2 }).message, "group")
    assert.strictEqual(Effect.runSync(Effect.flip(userRules({ rules: "none" }))).code, "POLICY_RULE_REFUSED")
  })

  it("takes no longer than its bound on hostile text", { timeout: 120_000 }, () => {
    const redaction = session(
      load([
        { id: "a", regex: "acme[a-z]{0,100}[a-z0-9]{0,100}!", keywords: ["acme"] },
        {
          id: "b",
          regex: String.raw`(?i)acme(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|:)[\s'"]{0,5}([a-z0-9]{32})\b`,
          keywords: ["acme"],
        },
      ]),
    )
    for (const part of ["acme", "acme ", "acme = ", "acmeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]) {
      // A bound in steps, not in time: backtracking would take a square, or worse, of them.
      const growth = () => Math.sqrt(leastMicros(redaction, part, 8_000) / leastMicros(redaction, part, 2_000))
      let least = growth()
      for (let look = 0; look < 4 && least >= 2.7; look++) least = Math.min(least, growth())
      assert.isBelow(least, 2.7, part)
    }
  })
})

describe("The proof that a pattern is quick", () => {
  it("accepts what rules are usually made of", () => {
    for (const pattern of [
      /acme_[A-Za-z0-9]{24}/,
      /(?:a|b|cd)[0-9a-f]{8}-[0-9a-f]{4}/,
      /key\s*=\s*"[^"]{8,64}"/,
      /(?:[\w-]{1,10}\.){2,4}x/,
      /\b[A-Z]{3}[\d]+:[a-z]+@/,
    ]) {
      assert.isUndefined(unsafePattern(pattern), String(pattern))
    }
  })
})

describe("Built-in rules", () => {
  it("are of at least a hundred kinds", () => {
    assert.isAtLeast(new Set(defaultRules.map(({ id }) => id)).size, 100)
  })

  it("keep what is held small on a line without end", () => {
    const stream = session([]).stream()
    const chunk = `password=${letters(50)}`.repeat(500)
    let held = 0
    for (let round = 0; round < 40; round++) held += chunk.length - stream.push(chunk).value.length
    // Marks are shorter than what they stand for, so that this is more than what is held.
    assert.isAbove(held, 0)
    assert.isAtMost(stream.end().value.length, 64 * 1024)
  })
})

describe("Personal data", () => {
  const text =
    "card 4111-1111-1111-1111, not 4111-1111-1111-1112; ana.smith+x@mail.example.org; call +1 (555) 010-9999 now"

  it("stays unless it is asked for", () => {
    assert.strictEqual(session([]).text(text).value, text)
  })

  it("is masked with its own switch: cards by their check digit, mail addresses whole, telephone numbers", () => {
    assert.match(
      session([], true).text(text).value,
      /^card \[redacted:payment-card#\w+\], not 4111-1111-1111-1112; \[redacted:email-address#\w+\]; call \[redacted:phone-number#\w+\] now$/,
    )
  })
})
