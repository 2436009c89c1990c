/** Rules of a user's own, as data: decoded, proven to be quick, and made into redaction rules. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { unsafePattern } from "./internal/redactPattern.ts"
import type { RedactionRule } from "./RedactionRule.ts"
import { runyardError, type RunyardError } from "./RunyardError.ts"

const Texts = Schema.Array(Schema.String)
const AllowList = Schema.Struct({
  regexes: Schema.optionalKey(Texts),
  stopwords: Schema.optionalKey(Texts),
})

/** One rule, in the words of the rule files of gitleaks; what else such a file says of a rule is not looked at. */
const UserRule = Schema.Struct({
  id: Schema.String.check(Schema.isPattern(/^[\w.-]{1,64}$/)),
  /** A pattern of a file's name alone says nothing about text. */
  regex: Schema.optionalKey(Schema.String),
  keywords: Schema.optionalKey(Texts),
  secretGroup: Schema.optionalKey(Schema.Int),
  entropy: Schema.optionalKey(Schema.Finite),
  allowlist: Schema.optionalKey(AllowList),
  allowlists: Schema.optionalKey(Schema.Array(AllowList)),
})

const UserRules = Schema.Struct({ rules: Schema.Array(UserRule) })

const refused = (message: string): RunyardError => runyardError("POLICY_RULE_REFUSED", { message })

const classes: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  word: "\\w",
  xdigit: "A-Fa-f0-9",
}

/** What RE2 writes in another way. A part that ignores case makes the whole pattern ignore it: that only masks more. */
const translate = (source: string): { readonly source: string; readonly flags: string } => {
  const ignoresCase = /\(\?[a-z]*i[a-z]*[:)]/.test(source)
  return {
    source: source
      .replace(/\(\?(?:[ims]+|-[ims]+|[ims]+-[ims]+)\)/g, "")
      .replace(/\(\?(?:[ims]+|-[ims]+|[ims]+-[ims]+):/g, "(?:")
      .replaceAll("(?P<", "(?<")
      .replaceAll("\\z", "$")
      .replaceAll("\\A", "^")
      .replace(/\[:(\w+):\]/g, (text, name: string) => classes[name] ?? text)
      // At the start of a pattern it matches nothing as well, which is where a keyword leads.
      .replace(/^(?:\[(?:[^\]\\]|\\.)+\]|\\w|\.)(?:\{0,\d+\}|\*)\??(?=.)/, ""),
    flags: ignoresCase ? "iy" : "y",
  }
}

const compile = (id: string, source: string): RegExp | RunyardError => {
  const { flags, source: text } = translate(source)
  try {
    const pattern = new RegExp(text, flags)
    const why = unsafePattern(pattern)
    return why === undefined ? pattern : refused(`The rule "${id}" has a pattern that may take long: ${why}`)
  } catch {
    return refused(`The rule "${id}" has a pattern that is none`)
  }
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")

const make = (rule: typeof UserRule.Type): RedactionRule | RunyardError | undefined => {
  if (rule.regex === undefined) return undefined
  const keywords = (rule.keywords ?? []).filter((keyword) => /^[\x20-\x7e]{3,64}$/.test(keyword))
  if (keywords.length === 0) {
    return refused(`The rule "${rule.id}" has no keyword of at least three ASCII characters, where it would be tried`)
  }
  const pattern = compile(rule.id, rule.regex)
  if (!(pattern instanceof RegExp)) return pattern
  const groups = new RegExp(`${pattern.source}|`).exec("")?.length ?? 1
  const group = rule.secretGroup ?? (groups > 1 ? 1 : 0)
  if (group < 0 || group >= groups) return refused(`The rule "${rule.id}" has no group ${group}`)
  const lists = [...(rule.allowlist === undefined ? [] : [rule.allowlist]), ...(rule.allowlists ?? [])]
  const allow = lists.flatMap(({ regexes = [], stopwords = [] }) => [
    ...regexes,
    ...stopwords.map((text) => `(?i)${escape(text)}`),
  ])
  const allowed: Array<RegExp> = []
  for (const source of allow) {
    const found = compile(rule.id, source)
    if (!(found instanceof RegExp)) return found
    allowed.push(new RegExp(found.source, found.flags.replace("y", "")))
  }
  return {
    id: rule.id,
    category: "token",
    keywords,
    pattern,
    search: { group, allow: allowed },
    reach: "line",
    ...(rule.entropy === undefined ? {} : { entropy: rule.entropy }),
  }
}

/**
 * Rules from a decoded rule file: `{ rules: [{ id, regex, keywords, secretGroup, entropy, allowlist }] }`. A rule without
 * a pattern is left out. Fails with `POLICY_RULE_REFUSED` at the first one that cannot be used, above all one whose
 * pattern cannot be proven to be quick.
 */
export const userRules = (file: unknown): Effect.Effect<ReadonlyArray<RedactionRule>, RunyardError> =>
  Schema.decodeUnknownEffect(UserRules)(file).pipe(
    Effect.mapError((error) => refused(`The rules cannot be read: ${error.message.slice(0, 400)}`)),
    Effect.flatMap(({ rules }) =>
      Effect.gen(function* () {
        const made: Array<RedactionRule> = []
        for (const rule of rules) {
          const result = make(rule)
          if (result === undefined) continue
          if ("code" in result) return yield* result
          made.push(result)
        }
        return made
      }),
    ),
  )
