/** Values that stand before the name that says what they are. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

const name =
  "[\\w.-]{0,48}(?:passw(?:or)?d|passphrase|pass|pwd|secret|token|key|credentials?|creds|auth|psk|dsn)(?:[_-](?:prod\\w{0,7}|dev|staging|stage|test|live|base64|b64|v?\\d{1,2}))?"
const quote = `\\\\{0,8}["'\`]`
const value = "([^\\s\"'`\\\\]{6,1024})"
const blank = "(?:\\s|\\\\{1,8}[nrt]){0,24}"
/** Another field of the same record. */
const other = `(?:${quote}?\\w{1,24}${quote}?\\s?[:=]\\s?(?:${quote}[^"'\`\\n\\\\]{0,80}${quote}|[\\w.-]{1,24}),${blank}){0,3}`

const said: Partial<RedactionRule> = { reach: "line", value: "password", said: true }

export const namedValueRules: ReadonlyArray<RedactionRule> = [
  shape(
    "named-value",
    "credential",
    ["value", '"value', "val ", "val=", "config_value", "setting_value", "option_value", "meta_value"]
      .concat(["data ", "data=", "content ", "content="])
      .map((column) => `set ${column}`),
    new RegExp(
      `set [\\w.\`"\\\\]{1,40} ?= ?${quote}([^\\s"'\`\\\\]{6,1024})${quote}[^\\n;]{0,80}? where [^\\n;]{0,80}?${quote}${name}${quote}`,
      "iy",
    ),
    { ...said, open: /set [^\n;]{0,1300}$/iy },
  ),
  // Given to a command that is told the name.
  shape(
    "named-value",
    "credential",
    ["echo ", "printf "],
    new RegExp(
      `(?:echo|printf) (?:-\\w{1,3} )?(?:${quote}?%s(?:\\\\{1,4}n)?${quote}? )?${quote}?${value}(?:\\\\n)?${quote}? {0,2}\\| {0,2}[\\w./-]{1,40} [^\\n|;]{0,120}?(?<=[ =/:"'])(?!-)${name}(?![\\w./-])`,
      "iy",
    ),
    {
      ...said,
      word: true,
      open: /(?:echo|printf) [^\n|;]{0,1100}(?:\| {0,2}[^\n|;]{0,240})?$/iy,
    },
  ),
  shape(
    "named-value",
    "credential",
    ["value", "val"].flatMap((word) => [`"${word}"`, `'${word}'`, `"${word}\\`, `{${word}:`, `{ ${word}:`]),
    new RegExp(
      `(?:["']|\\{ ?)val(?:ue)?(?:${quote})?\\s?[:=]\\s?${quote}${value}${quote},${blank}${other}${quote}?(?:name|key|id|var|variable|setting)${quote}?\\s?[:=]\\s?${quote}${name}${quote}`,
      "iy",
    ),
    {
      ...said,
      open: /(?:["']|\{ ?)val(?:ue)?\\{0,8}["']?(?:\s?(?:[:=]\s?(?:\\{0,8}(?:["'`](?:[^\s"'`]{0,1024}(?:\\{0,8}["'`](?:,[^\n]{0,300})?)?)?)?)?)?)?$/iy,
    },
  ),
]
