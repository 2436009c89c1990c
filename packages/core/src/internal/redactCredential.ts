/** Judges a value: a credential, or a word, a placeholder, a piece of code. */
import { bare, isCode, isForeignText, isForm, isNumber } from "./redactCode.ts"
import { concatenationAt } from "./redactConcatenation.ts"
import { continuesPhrase, diced, isPhrase, joinedWords, passphrase, phraseBegins, phrasePiece } from "./redactPhrase.ts"
import { mostlyWords, named, words, wordlike } from "./redactWords.ts"

/** `password`: what a person may have chosen; `token`: what a machine made. */
export type Credential = "password" | "token"

/** How the value stands in the text. `env` is `NAME=value` with an upper-case name. */
export type Style = "quoted" | "env" | "bare"

const placeholder =
  /^(?:\/\*|\([a-z][a-z ]{0,30}\)$|\$(?!\d|2[abxy]?\$|apr1\$|argon2)|<|\{(?![\w+/]{20,}={0,2}\}$)|%[({]|%[A-Z_]{1,32}%?$|#\{|\*{3}|x{4,}|X{4,}|\.{3}|…|your[-_ ]|my[-_]|example|changeme|change[-_]me|dummy|fake[-_]|replace|insert|todo|redacted|\[|(?:Redacted)?(?:Big)?(?:Uint|Int|Float)\d{1,2}(?:Clamped)?Array|[A-Za-z_$][\w$]*\?\.|process\.env|os\.|env\.|import\.meta|secrets\.|vars\.|github\.|config\.|settings\.|self\.|this\.|[a-z][a-z\d+.-]{1,20}:\/\/|(?:arn|urn|vault|ssm|kms|env|file|keychain|secretsmanager):|@Microsoft|\.{1,2}\/|~\/|[A-Za-z]:\\|null$|none$|true$|false$|undefined$|unknown$|string$)|\.{3}$/i
const path = /^\/?(?:[\w.@-]{1,64}\/){1,16}[\w.@-]{0,64}\.[a-z]{1,5}$/i
/** Of a file or a socket, from a directory on that every machine has. */
const rooted = /^\/(?:tmp|var|etc|usr|home|run|opt|srv|mnt|root|Users|dev|proc)\//
/** Of an address, what stands behind a placeholder for its password. */
const hostPart = /^@[a-z][a-z-]*(?::\d{1,5})?$|^@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,6}(?::\d{1,5})?(?:[/?]|$)/
/** The name of a constant or a variable of the environment. */
const constant = /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/
/** The next option, and who somebody is. */
const option = /^--?[a-z][a-z_-]*(?:=[\w.]*|@)?$|^[A-Za-z]+=$/
const address = /^[A-Za-z][a-z._+-]{2,}@[a-z-]{2,}(?:\.[a-z-]{2,}){1,3}$/
/** One name that stands for another. */
const reference = /^[A-Z][A-Z\d_]*=[A-Z][A-Z\d_]*$/
const identifier = /^[A-Za-z_$][\w$]*(?:[.:]+[A-Za-z_$][\w$]*)*$/

const seen = new Uint16Array(128)
/** What the last of so many equal characters adds to the sum of `count * log2(count)`. */
const added = Float64Array.from({ length: 257 }, (_, count) =>
  count < 2 ? 0 : count * Math.log2(count) - (count - 1) * Math.log2(count - 1),
)

/** Bits a character, of the distribution of its characters. */
export const entropy = (text: string): number => {
  const size = text.length
  if (size === 0 || size >= added.length) return foreignEntropy(text)
  seen.fill(0)
  let sum = 0
  for (let at = 0; at < size; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return foreignEntropy(text)
    const count = (seen[code] as number) + 1
    seen[code] = count
    sum += added[count] as number
  }
  return Math.log2(size) - sum / size
}

const foreignEntropy = (text: string): number => {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** What is put where a secret would be: of any kind, so that no rule must say it. */
const dummy = /EXAMPLE|\.\.\.|your[-_]|[xX]{6}|\*{4}|123456789|abcdefgh|ABCDEFGH|deadbeef/
/** What is longer is judged by its start. */
const judged = 256
export const isDummy = (value: string): boolean => {
  const start = value.length > judged ? value.slice(0, judged) : value
  // Real keys hold runs of one letter too; a dummy holds nothing else, behind a short prefix.
  const run = longestRun(start)
  return (run > 0 && run >= start.length - 8) || dummy.test(start)
}

/** How often one character stands in a row, at most; 0 when it is less often than eight times. */
const longestRun = (text: string): number => {
  let most = 0
  // Eight in a row hold one of these places and the one before it.
  for (let at = 7; at < text.length; at += 7) {
    const code = text.charCodeAt(at)
    if (code !== text.charCodeAt(at - 1)) continue
    let from = at - 1
    let to = at + 1
    while (from > 0 && text.charCodeAt(from - 1) === code) from--
    while (to < text.length && text.charCodeAt(to) === code) to++
    if (to - from >= 8) most = Math.max(most, to - from)
    at = Math.max(at, to - 7)
  }
  return most
}

const sentence =
  /^(?:[:&]|[A-Za-z]{2,4}#\d|\d{1,4}u?l?#|v?\d+[.:]\d|\d{4}-\d\d|\d+(?:st|nd|rd|th|ms|s|m|h|d|k|kb|mb|gb|px|%)?$|(?:\d+[dhms]){2,4}$|--?[A-Za-z][a-z-]*(?:=|$)|--?[A-Za-z][\w-]{0,15} -|[A-Za-z][A-Za-z-]*\d+(?:\.\d+)+$|#|@|sha\d|md5|[\w.-]+\.(?:[jt]sx?|py|go|rs|md|json|ya?ml|toml|txt|html|css|sh|rb|java|c|h|pem|key|conf|ini|env)\b)|[<>(){}][^=]|^[a-z]+=$/i
/** Whether the value is itself a name and what is assigned to it. */
const assigns = (value: string): boolean => {
  const [, name, rest] = /^([\w$.]+)[=:]+([^=][^]*)$/.exec(value) ?? []
  if (name === undefined || rest === undefined || !/[A-Za-z]/.test(value)) return false
  if (!words(name)) return false
  if (/^[A-Z][a-z]+$/.test(name) && /[a-z]{2}\d{3}/.test(rest)) return false
  return !(/\d/.test(rest) && /[a-z]/.test(rest) && /[A-Z]/.test(rest) && !words(rest)) || /^[a-z_]{4,}$/.test(name)
}
/** What everybody may have, and says so; or what is a point on the curve that browsers subscribe with, or sealed for a cluster. */
const published = /^(?:pk_(?:live|test)_|pk-lf-|phc_|sb_publishable_|public[_-]|B[\w-]{86}$|Ag[A-D][\w+/]{240,})/
/** The name of a package with its version. */
const coordinates = /^[a-z][\w.-]*:v?\d+(?:\.\d+)+(?:[:@-][\w.-]+)*$/
/** How one mailer groups the passwords of programs. */
const grouped = /^(?:[a-z]{4} ){3}[a-z]{4}$/
export const isGrouped = (value: string): boolean =>
  grouped.test(value) && value.split(" ").some((group) => !words(group))
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether what stands behind a credential's word in a sentence is one. */
export const saidValue = (kind: Credential, whole: string): boolean =>
  isSaid(kind, whole) && !isSaidOtherwise(kind, whole)

/** Names, code and texts, by what stands between the signs around them. */
const isSaidOtherwise = (kind: Credential, value: string): boolean => {
  if (
    kind === "password" &&
    (passphrase.test(value) || isPhrase(value) || joinedWords.test(value) || diced.test(value))
  )
    return false
  if (/^[A-Z_]{3,}=/.test(value) || isNumber(value) || isForeignText(value) || isForm(value)) return true
  if (/\s/.test(value) && (/\s.*\s/.test(value) || !/\d/.test(value))) return true
  const core = bare(value)
  if (core.length < 4 || named(core) || constant.test(core) || /^[A-Z]+$/.test(core)) return true
  return isCode(value) || isCode(core) || (kind === "token" && mostlyWords(value))
}

const isSaid = (kind: Credential, whole: string): boolean => {
  // Letters with marks make no password of a word.
  const value = /[\u00c0-\u1fff]/.test(whole) ? whole.normalize("NFD").replace(/\p{M}+/gu, "") : whole
  if (value.length < (kind === "password" ? 6 : 12) || placeholder.test(value) || sentence.test(value)) return false
  if (constant.test(value)) return false
  if (
    kind === "password" &&
    (passphrase.test(value) || isPhrase(value) || joinedWords.test(value) || diced.test(value))
  )
    return true
  if (/^0x[\da-f]{40}$/i.test(value)) return false
  if (assigns(value) || published.test(value) || coordinates.test(value)) return false
  if (/\s/.test(value) && !/\d/.test(value)) return false
  if (!/[A-Za-z]/.test(value) || words(value) || path.test(value) || /^\/|:\/\//.test(value)) return false
  if (kind === "token") {
    const long = value.length >= 16 || (/[a-z]/.test(value) && /[A-Z]/.test(value))
    return long && /\d/.test(value) && !uuid.test(value) && entropy(value) >= 3
  }
  // Capitals in the middle of what is no word.
  if (value.length >= 10 && /[a-z][A-Z].*[a-z][A-Z]|[A-Z]{3,}[a-z].*[A-Z]/.test(value) && /^[A-Za-z_-]+$/.test(value))
    return true
  return (/\d/.test(value) || /[^\w.,:;'/-]/.test(value)) &&
    !/^[A-Za-z]+\d?$/.test(value) &&
    !/^[a-z]+[-_:/.]/.test(value.replace(/[\d].*/, ""))
    ? true
    : /\d/.test(value) && /[a-z]\d+[a-z]|[A-Z]/.test(value)
}

/** A few letters of both kinds and digits, as no word with a number is. */
const shortMix = /^(?=[A-Za-z]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?![A-Z]?[a-z]+\d+$|[A-Z]+\d+[a-z]?$)[A-Za-z\d]{6,7}$/

/** What a field is called in another language. */
const label = /^(?=[^]*[^\0-\x7f])[\p{L}\p{M}][\p{L}\p{M}\s'\u2019.\u2026:?!-]*$/u

const isName = (part: string): boolean => part.length < 20 || words(part)

/** Whether a field that is named for a credential holds one, rather than a placeholder, a type or a piece of code. */
export const credentialValue = (kind: Credential, whole: string, style: Style): boolean => {
  const value = whole.length > judged ? whole.slice(0, judged) : whole
  return isCredential(kind, value, style) && !isOther(value, style)
}

/** A number, an address, the next option, a text or a piece of code. */
const isOther = (value: string, style: Style): boolean => {
  if (isNumber(value) || isForeignText(value) || isForm(value) || option.test(value) || address.test(value)) return true
  if (style === "quoted") return false
  if (isCode(value)) return true
  return style === "bare" && (constant.test(bare(value)) || (value.startsWith("*") && named(bare(value))))
}

const isCredential = (kind: Credential, value: string, style: Style): boolean => {
  const size = value.length
  const least = kind === "token" ? 8 : style !== "bare" ? 5 : shortMix.test(value) ? 6 : 8
  if (size < least) return false
  // Names and values in a row.
  if (kind === "password" && style === "bare" && assigns(value)) return false
  if (kind === "password" && (isGrouped(value) || joinedWords.test(value) || diced.test(value))) return true
  if (published.test(value) || coordinates.test(value)) return false
  if (placeholder.test(value) || value.includes("[redacted:") || path.test(value) || isDummy(value)) return false
  // A closing quote was taken for an opening one; or an escape cuts the value, and the view shows it whole.
  if (/^[),;\]}]/.test(value) || value.includes("\u001b")) return false
  if (value.startsWith("/") && (words(value) || rooted.test(value))) return false
  if (style === "bare" && hostPart.test(value)) return false
  if (/^[A-Z]+$/.test(value) && wordlike(value.toLowerCase())) return false
  if (/\s/.test(value) && (kind === "token" || /\s.*\s/.test(value) || !/\d/.test(value))) return false
  const digit = /\d/.test(value)
  const alpha = /[A-Za-z]/.test(value)
  if (!alpha) return kind === "password" && /^[\d!-/:-@]+$/.test(value) && size >= 6 && !/^[-\d.:,]*[.:,-]/.test(value)
  if (constant.test(value) || reference.test(value) || (!digit && label.test(value))) return false
  if (kind === "password") {
    if (style === "env") return size >= 8 || digit || /[^\w.-]/.test(value)
    if (style === "bare") {
      if (identifier.test(value) && (named(value) || (value.includes(".") && !digit))) return false
      return digit || /[^\w.:/-]/.test(value) || !words(value)
    }
    return /[^A-Za-z_ .:?!]/.test(value) ? digit || !words(value) : size >= 8 && !words(value)
  }
  if (style === "bare" && /^[a-z_]{2,24}=[a-z_]{2,24}$/i.test(value) && words(value.replace("=", "_"))) return false
  if (named(value)) return false
  const core = bare(value)
  if (core !== value && named(core)) return false
  if (!digit && identifier.test(value) && /[.:]/.test(value) && value.split(/[.:]+/).every(isName)) return false
  if (!digit && size < 16) return false
  return entropy(value) >= (size >= 16 ? 2.8 : 2.5) && !mostlyWords(value)
}

const noValue = /^(?:none|null|nil|true|false|string|number|boolean|undefined|unknown|any|void|never|object)$/i

/** Whether a value that is none by itself may be the first part of one that was cut at `end`. */
export const mayBegin = (text: string, start: number, end: number, final: boolean): boolean | "more" => {
  const code = text.charCodeAt(end)
  if (end - start < 2 || end - start > 256) return false
  if (code !== 10 && code !== 13 && code !== 34 && code !== 39 && code !== 92) return false
  const part = text.slice(start, end)
  if (placeholder.test(part) || /[.:,]$|^[A-Z\d]+(?:_[A-Z\d]+)+$/.test(part)) return false
  const concatenated = code === 34 || code === 39 || code === 92 ? concatenationAt(text, end, final) : undefined
  if (concatenated?.end === "more") return noValue.test(part) ? false : "more"
  if (code === 39 && concatenated?.sure !== true) return false
  // The end of a streamed string and a continued line cut words as well.
  if (!final && end + 1 === text.length && (code === 34 || code === 92)) return noValue.test(part) ? false : "more"
  const next = text.charCodeAt(end + 1)
  if (concatenated?.sure === true && concatenated.end >= 0) return !noValue.test(part)
  const sure = code === 34 ? next === 125 || next === 93 : code === 92 && (next === 10 || next === 13)
  const before = text.charCodeAt(start - 1)
  const quoted = code !== 34 && (before === 34 || before === 39 || before === 96)
  if (sure || quoted) return !noValue.test(part)
  if (!words(part)) return !isNumber(part)
  // What looks like a word goes on as none.
  if (code === 34) return false
  if (phraseBegins(part)) {
    const past = stickyBreak(text, end)
    if (past === "more") return final ? false : past
    if (past >= 0) {
      const next = phrasePiece.exec(text.slice(past, past + restBound))?.[0] ?? ""
      if (!final && past + next.length === text.length) return "more"
      if (continuesPhrase(part, next)) return true
    }
  }
  if ((code !== 10 && code !== 13) || !/[a-z][A-Z]|\d/.test(part)) return false
  const rest = text.slice(end, end + restBound)
  if (!final && rest.length < restBound && restOpen.test(rest)) return "more"
  const next2 = restForm.exec(rest)?.[1]
  return next2 !== undefined && /\d/.test(next2) && /[a-z]/.test(next2) && /[A-Z]/.test(next2) && !words(next2)
}
const phraseBreak = /(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)(?:[ \t]{0,24}|\\{1,8}t)(?:(?:> ?){1,3}|[+|] ?)?/y
/** Past the end of the line, -1 where none is. */
const stickyBreak = (text: string, at: number): number | "more" => {
  phraseBreak.lastIndex = at
  if (phraseBreak.test(text)) return phraseBreak.lastIndex
  return text.length - at < 20 && /^\\{0,8}(?:r\\{0,8}|\r)?$/.test(text.slice(at)) ? "more" : -1
}
const restBound = 96
const restForm = /^\r?\n[ \t]{0,24}(?:[>+] ?)?([^\s"'`;,]{6,64})["'`;,]{0,3}(?:\r?\n|$)/
const restOpen = /^\r?(?:\n[ \t]{0,24}(?:[>+] ?)?[^\s"'`;,]{0,64}["'`;,]{0,3}\r?)?$/
