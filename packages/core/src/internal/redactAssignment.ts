/** Finds the value that is assigned to a field named like a credential. */
import { credentialValue, isGrouped, saidValue, type Credential } from "./redactCredential.ts"
import { isBlank, isLower, isQuote, isUpper, isWord, nameEnd } from "./redactFieldName.ts"
import { flagBefore, separatorAt, sticky } from "./redactSeparator.ts"

const annotation = /(?:string|str|String|&'?(?:static )?str|Option<String>|any|const char ?\*)[ \t]{0,4}(?==)/y
const bareEnd = /[\s"'`,;<>(){}[\]\\&|\p{Cc}]/u
const envEnd = /[\s"'`\\\p{Cc}]/u
const annotationOpen = /[A-Za-z&'<>* \t]{0,40}$/y
const valueBound = 2048
/** How some programs write down what they encrypted with a key that stands beside it. */
const sealedValue = /\{[\w+/]{20,512}={0,2}\}/y
const sealedOpen = /\{[\w+/]{0,512}={0,2}$/y
const saidBound = 512
const saidEnd = /[\s"'`,;<>()[\]{}\\|\p{Cc}\u3001-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]/u
const saidTrim = /[.,;:!?*_]+$/
/** A call that does no more than to wrap its text. */
const wrapper =
  /(?:(?:new )?(?:Some|Ok|Just|Right|Redacted|Buffer|str|bytes|Optional|(?:\w{1,20}(?:::|\.))?\w{0,20}(?:Secret|Secure|Protected|Sensitive|Password|String|Str))(?:(?:::|\.)(?:from|new|of|make|just))?\(|Some\(|&?(?:\[\]byte|\*?string)\(|(?:\w{1,20}\.)?(?:fromhex|from_hex|unhexlify|b64decode|from_base64|decodeBase64)\()[ \t]{0,4}(?=\\{0,8}["'`])/y
const wrapperOpen = /(?:new )?[\w:.&[\]*]{0,44}(?:\([ \t]{0,4}\\{0,8})?$/y

/** What may stand before a value: marks of markup, of lists and of longer texts. */
const opener =
  /(?:<!\[CDATA\[|<(?:code|b|strong|em|kbd|tt|i|span|samp)>|\[\[|@(?=["'])|&[\w-]{1,20}[ \t]{1,4}|!![a-z]{1,8}[ \t]{1,4}|\*{1,2}[ \t]{1,4}(?=[^\s*])|\*{2}(?=[\w`"'])|[|>][-+]?\d?[ \t]{0,4}(?:\r?\n|\\{1,8}n)[ \t]{1,40}(?=[^\s])|(?:\r?\n|\\{1,8}n)?[ \t]{0,8}string\(\d{1,6}\)[ \t]|\[(?=\\{0,8}["'])|\{(?=[^\s{}"'$]{4,128}\}(?:;|\\{0,8}["']|\r?\n|$))|\{\s{0,8}(?:\\{0,8}["']?\w{1,16}\\{0,8}["']?\s{0,4}[:=]\s{0,4}\\{0,8}["'][^"'\n\\]{0,60}\\{0,8}["'],\s{0,12}){0,3}\\{0,8}["']?(?:value|default(?:_?[Vv]alue)?|plaintext|stringValue|S)\\{0,8}["']?\s{0,4}[:=]\s{0,4}(?=\\{0,8}["']))/y
const openerOpen =
  /(?:\{[^\s{}"'$]{0,129}\}?\r?|\{\s{0,8}\\{0,8}["']?\w{0,12}\\{0,8}["']?\s{0,4}[:=]?\s{0,4}\\{0,8}|\{\s{0,8}\\{0,8}["']?\w{1,16}\\{0,8}["']?\s{0,4}[:=][^\n{}]{0,120}|<(?:!\[?[CDAT]{0,5}\[?|[a-z]{0,6})?|\[{1,2}\\{0,8}|@|&[\w-]{0,20}[ \t]{0,4}|!{1,2}[a-z]{0,8}[ \t]{0,4}|\*{1,2}[ \t]{0,4}|[|>][-+]?\d?[ \t]{0,4}(?:\r?\n?|\\{1,8}n?)[ \t]{0,40}|(?:\r?\n?|\\{1,8}n?)[ \t]{0,8}(?:s|st|str|stri|strin|string(?:\(\d{0,6}\)?)?)?)$/y

/** Programs put a long text below its name. */
const below = /\(?[ \t]{0,4}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)(?:[>|+] ?)?(?:[ \t]|\\{1,8}t){1,40}(?=\\{0,8}["'`])/y
const belowOpen = /\(?[ \t]{0,4}(?:\r?\n?|\\{1,8}(?:r?\\{0,8})?n?)(?:[>|+] ?)?(?:[ \t]|\\{1,8}t){0,40}\\{0,8}$/y

export interface Span {
  readonly start: number
  readonly end: number
}

export interface Value extends Span {
  /** Whether it is a credential, as far as can be told from it alone. */
  readonly holds: boolean
}

/**
 * The value that belongs to the credential's word in `[start, end)`; `"more"` when the text ends before that is known.
 * With `anyValue`, a span for every field that might hold one, whatever its value.
 */
export const matchAssignment = (
  text: string,
  start: number,
  end: number,
  kind: Credential,
  final: boolean,
  anyValue: boolean,
): Value | "more" | undefined => {
  const length = text.length
  if (end === length) return final ? undefined : "more"
  let at = nameEnd(text, start, end)
  if (at < 0) return undefined
  const nameStop = at
  const separator = separatorAt(text, start, nameStop, final)
  if (separator === undefined || separator === "more") return separator
  const prefix = text.slice(Math.max(0, start - 28), start)
  const { quoted: compared, said: told } = separator
  let { equals } = separator
  at = separator.end
  let blanks = at
  while (at < length && at - blanks < 40 && isBlank(text.charCodeAt(at))) at++
  if (at >= length) return final ? undefined : "more"
  annotation.lastIndex = at
  annotationOpen.lastIndex = at
  if (!final && annotationOpen.test(text)) return "more"
  if (annotation.test(text)) {
    at = annotation.lastIndex + 1
    equals = true
    blanks = at
    while (at < length && at - blanks < 40 && isBlank(text.charCodeAt(at))) at++
  }
  if (told !== true) {
    // What opens a value may be told by what follows it.
    if (!final && length - at < 136 && sticky(openerOpen, text, at) >= 0) return "more"
    if (!final && equals && length - at < 64 && sticky(belowOpen, text, at) >= 0) return "more"
    at = Math.max(at, sticky(opener, text, at), equals ? sticky(below, text, at) : -1)
  }
  if (at >= length) return final ? undefined : "more"
  const wrapped = told === true ? -1 : sticky(wrapper, text, at)
  if (wrapped >= 0) at = wrapped
  else if (!final && length - at < 60 && sticky(wrapperOpen, text, at) >= 0) return "more"
  const valueAt = at
  if ((isUpper(text.charCodeAt(at)) || isLower(text.charCodeAt(at))) && isQuote(text.charCodeAt(at + 1))) at++
  while (at < length && at - valueAt < 33 && text.charCodeAt(at) === 92) at++
  if (at >= length) return final ? undefined : "more"
  const depth = at - valueAt
  const code = text.charCodeAt(at)
  if (anyValue) {
    return isQuote(code) || isWord(code) || depth > 0 || code > 32
      ? { start: at, end: length, holds: false }
      : undefined
  }
  if (isQuote(code)) {
    // Where quotes stand within quotes, each is written twice.
    const third = at + 2 * (depth + 1)
    if (third < length && isQuoteAt(text, at + 1, depth, code) && isQuoteAt(text, at + depth + 2, depth, code))
      at = third
    const twice = at + depth + 1
    if (at + 1 < length && twice >= length - 1 && !final) return "more"
    if (isQuoteAt(text, at + 1, depth, code) && /[^\s,;:)\]}\\"'`&|]/.test(text.charAt(twice + 1))) at = twice
    const from = ++at
    // Where it ends when its quote is not closed.
    let loose = -1
    for (; ; at++) {
      if (at >= length) {
        if (!final) return "more"
        if (loose >= 0) at = loose
        break
      }
      const char = text.charCodeAt(at)
      if (at - from > valueBound || char === 10 || char === 13) {
        if (loose >= 0) at = loose
        break
      }
      if (char === code) break
      if (loose < 0 && (char === 34 || char === 92 || char === 32)) loose = at
      if (char === 92) {
        let slashes = at
        while (slashes < length && text.charCodeAt(slashes) === 92) slashes++
        if (slashes >= length && !final) return "more"
        // As many backslashes as before the opening quote: this one closes it.
        if (text.charCodeAt(slashes) === code && slashes - at <= depth) break
        if (depth === 0) at = Math.min(slashes, length - 1)
        else at = slashes - 1
      }
    }
    // A line that goes on in the next one is one text.
    const value = text.slice(from, at).replace(/\\\r?\n[ \t]{0,40}/g, "")
    return {
      start: from,
      end: at,
      holds: told === true ? saidValue(kind, value) : credentialValue(kind, value, "quoted"),
    }
  }
  if (compared || depth > 0 || wrapped >= 0) return undefined
  const groups = kind === "password" ? groupsAt(text, at, final) : -1
  if (groups === "more") return "more"
  if (groups >= 0) return { start: at, end: groups, holds: true }
  if (told) return saidAt(text, at, kind, final)
  const upper = /^[A-Z\d_]+$/.test(text.slice(start, nameStop)) && !/[a-z]$/.test(prefix.replace(/\\[nrt]$/, ""))
  const env = upper && equals && blanks === at && at === nameStop + 1
  const stop = env ? envEnd : bareEnd
  const stopped = stopOf(stop, text, at)
  if (stopped < 0 && !final && length - at <= valueBound) return "more"
  const until = stopped < 0 ? at + Math.min(length - at, valueBound) : stopped
  const sealed = sticky(sealedValue, text, at)
  if (sealed >= 0) return { start: at, end: sealed, holds: true }
  if (!final && length - at < 600 && sticky(sealedOpen, text, at) >= 0) return "more"
  // A call, an index or a template is code.
  const sign = stopped < 0 ? "" : text.charAt(stopped)
  if (!env && (sign === "(" || sign === "[" || sign === "{" || (sign === "<" && until === at))) return undefined
  let stopAt = until
  while (stopAt > at && /[.,;:)]/.test(text.charAt(stopAt - 1))) stopAt--
  // The fields of a form or of a connection stand in a row.
  const row = equals && blanks === at && (sign === "&" ? text.charAt(stopped + 1) !== "&" : rowBefore.test(prefix))
  const style = env || row || flagBefore.test(prefix) ? "env" : "bare"
  return { start: at, end: stopAt, holds: credentialValue(kind, text.slice(at, stopAt), style) }
}

const rowBefore = /[\w%]=[^\s;&=]{1,24}&\w{0,12}$/

const groupsForm = /(?:[a-z]{4} ){3}[a-z]{4}(?![\w-])/y
const groupsOpen = /(?:[a-z]{4} ){1,3}[a-z]{0,4}$/y
/** Past a password in groups; -1 when there is none. */
const groupsAt = (text: string, at: number, final: boolean): number | "more" => {
  if (!final && text.length - at < 20 && sticky(groupsOpen, text, at) >= 0) return "more"
  const end = sticky(groupsForm, text, at)
  return end >= 0 && isGrouped(text.slice(at, end)) ? end : -1
}

/** Whether the quote stands there behind as many backslashes. */
const isQuoteAt = (text: string, at: number, depth: number, code: number): boolean => {
  for (let slash = 0; slash < depth; slash++) if (text.charCodeAt(at + slash) !== 92) return false
  return text.charCodeAt(at + depth) === code
}

/** Names that stand in the value of another one end where that ends. */
const last = { pattern: bareEnd, text: "", from: 0, clear: 0, end: -1 }

/** Where a value without quotes ends, -1 when it goes on for as far as is looked. */
const stopOf = (pattern: RegExp, text: string, at: number): number => {
  if (last.pattern !== pattern || at < last.from || at > last.clear || last.text !== text) {
    Object.assign(last, { pattern, text, from: at, clear: at, end: -1 })
  }
  const limit = Math.min(text.length, at + valueBound)
  if (last.end < 0 && last.clear < limit) {
    const found = pattern.exec(text.slice(last.clear, limit))
    last.end = found === null ? -1 : last.clear + found.index
    last.clear = found === null ? limit : last.end
  }
  return last.end >= 0 && last.end < limit ? last.end : -1
}

const saidAt = (text: string, start: number, kind: Credential, final: boolean): Value | "more" | undefined => {
  let at = start
  while (at < text.length && at - start < 3 && "*(_".includes(text.charAt(at))) at++
  const found = saidEnd.exec(text.slice(at, at + saidBound))
  if (found === null && !final && text.length - at < saidBound) return "more"
  const until = at + (found?.index ?? Math.min(text.length - at, saidBound))
  const value = text.slice(at, until).replace(saidTrim, "")
  return { start: at, end: at + value.length, holds: saidValue(kind, value) }
}
