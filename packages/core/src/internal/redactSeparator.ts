/** Finds what stands between the name of a field and its value, and tells how it reads. */
import { markupAt } from "./redactMarkup.ts"
import { isStated, isStatedOpen, sayingAt } from "./redactSaying.ts"
import { isBlank, isQuote } from "./redactFieldName.ts"

/** An option of a command. */
export const flagBefore = /(?<![\w-])--?(?:[A-Za-z\u00c0-\ud7a3][\w\u00c0-\u1fff\u3041-\ud7a3-]{0,22})?$/
const tagBefore = /<[\w\u00c0-\u1fff\u3041-\ud7a3:.-]{0,24}$/
/** The credential is the name in a pair of a name and a value, as in XML attributes and lists of variables. */
const namedBefore =
  /(?<![\w-])(?:name|key|property|setting|parameter|variable|id)\\{0,32}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,32}["']?[\w\u00c0-\u1fff\u3041-\ud7a3.-]{0,40}$/i
const pair =
  /\\{0,32}["']?(?:[ \t]{0,4},(?:\s|\\{1,8}[nrt]){0,24}\\{0,8}["'][\w-]{1,24}\\{0,8}["'][ \t]{0,4}:[ \t]{0,4}(?:\\{0,8}["'][^"'\n\\]{0,80}\\{0,8}["']|[\w.-]{1,24})){0,3}(?:[ \t,]{1,40}|[ \t,]{0,8}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)[^\n"'`]{0,60}?)(?:\b|(?=\\|["']))\\{0,8}["']?(?:value|val|content|default|current)\\{0,8}["']?[ \t]{0,4}[:=][ \t]{0,4}/iy
const pairOpen =
  /\\{0,8}["']?[ \t]{0,4},(?:\s|\\{1,8}[nrt]){0,24}(?:\\{0,8}["']\w[^\n]{0,400})?$|\\{0,8}["']?[ \t,\r]{0,40}(?:(?:\n|\\{1,8}[rn]?(?:\\{1,8}n?)?)[^\n"'`]{0,70})?\\{0,8}["']?[a-z]{0,7}\\{0,8}["']?[ \t]{0,4}$/iy
const pairBound = 440
/** What is declared in braces behind its name: `{ type = string, default = ` or `{"value": `. */
const declared =
  /\s{0,4}\{[^{}]{0,240}?(?<![\w-])\\{0,8}["']?(?:default|value|plaintext|content)\\{0,8}["']?[ \t]{0,20}[:=][ \t]{0,4}(?=\\{0,8}["'])/iy
const declaredOpen = /\s{0,4}\{[^{}]{0,280}$/y
const declaredBound = 300
const expansion = /\$\{[A-Za-z_]?\w{0,24}$/
/** What may stand between the parts of a list of arguments: commas, line ends, the next call, the next element. */
const listed =
  /(?:\)?(?:\s|\\{1,8}[nr])?[\s]{0,20}\.\w{2,8}\(|(?:<\/\w{1,12}>)(?:\s|\\{1,8}[nrt]){0,40}<\w{1,12}>|(?:[\s,]|\\{1,8}[nrt]){1,60}(?:- {1,4})?)(?=\\{0,8}["'`]|[^\s"'`\\])/y
const listedOpen = /[\s,\\nrt).\w<>/(-]{0,80}$/y
/** The same where nothing is quoted: the next line of a list, or a continued line. */
const listedBare =
  /(?:[ \t]{0,40}(?:\\{1,8}(?:\r?\n|n)|\\{1,8}\\n)[ \t]{0,40}|(?:\r?\n|\\{1,8}n)[ \t]{0,40}- {1,4})(?=[^\s-])/y
const listedBareOpen = /[ \t\r\nrn\\-]{0,80}$/y
/** The name of an option, where the value of the one before could be. */
const option = /(?:--[a-z][a-z-]{1,30}|-[A-Za-z])(?=[\s=,.;:)\]"'`]|$)/y
const optionOpen = /-(?:-[a-z-]{0,31}|[A-Za-z])?/y
/** The next element after the one that holds the name. */
const element = /<\/\w{1,12}>(?:\s{0,20}|\s{0,8}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)[^\n<]{0,60})<\w{1,12}>/y
const elementOpen = /<[^\n]{0,40}(?:\r?\n[^\n]{0,80})?$/y
/** The next cell of a table. */
const cellBefore = /(?:^|[\n|\u2502]|\\n)[ \t]{0,8}[*`_]{0,2}[\w\u00c0-\u1fff\u3041-\ud7a3. -]{0,24}$/
const cell = /[*`_]{0,2}[ \t]{0,40}[|\u2502][ \t]{0,40}/y
/** The sign of a line that was taken out, which is none of an option. */
const takenOut = /(?:\n|\\n)-[^\s-]{0,24}$/
/** Signs of other languages, and of people, between a name and its value. */
const operator =
  /\\{0,8}["'`]?[*_`\])}]{0,3}[ \t]{0,40}(?:[=-]>|<-|(?<=\)[ \t]{0,4})(?:\.(?:fill|type|typetext|type_text|send_?keys|set_?value|enter_?text|press_?sequentially)\(|\.(?:unwrap_or(?:_else)?|get_?or_?else|or_?else|value_?or|or)\((?:\|\| ?)?|\?: ?|or )(?=\\{0,8}["'`])|[\u2192\u21d2\u2013\u2014]|(?<=`[ \t]{0,4})(?:(?:is|should be|must be) set to|to|as|is|with)[ \t](?=\\{0,8}["'`])|:=|\?=|\+=|&&=|\|\|=?|\?\?=?|!?: ?[A-Za-z]{1,20} ?=|(?<=[*_`\])}][ \t]{0,4})[:=](?!=)|\.{4,60}:?|-(?=[ \t]))[ \t]{0,8}/y
const operatorOpen =
  /\\{0,8}["'`]?[*_`\])}]{0,3}[ \t]{0,40}(?:[|=<\u2192\u21d2\u2013\u2014?!:.+&-]{0,60}[ \t]{0,8}|(?<=[`)][ \t]{0,4})[.?a-z_: ]{0,22}\(?[| ]{0,3}\\{0,8}|!?: ?[A-Za-z]{1,20} ?)$/y

/** What stands between the name and its value, and how it reads. */
export interface Separator {
  readonly end: number
  readonly equals: boolean
  /** Only a quoted text can be the value. */
  readonly quoted: boolean
  /** Somebody says it, so that it must be no word; `bare`: only if it is not quoted. */
  readonly said: boolean | "bare"
}

export const sticky = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

export const separatorAt = (
  text: string,
  start: number,
  nameStop: number,
  final: boolean,
): Separator | "more" | undefined => {
  const length = text.length
  let at = nameStop
  while (at < length && at - nameStop < 32 && text.charCodeAt(at) === 92) at++
  const slashes = at
  const closed = at < length && isQuote(text.charCodeAt(at))
  if (closed) at++
  // SQL and CSV write a quote within quotes twice.
  if (closed) {
    let twice = at
    while (twice < length && twice - at < slashes - nameStop && text.charCodeAt(twice) === 92) twice++
    if (twice - at === slashes - nameStop && text.charCodeAt(twice) === text.charCodeAt(slashes)) at = twice + 1
  }
  if (text.charCodeAt(at) === 93) at++
  // The size of an array.
  else if (text.charCodeAt(at) === 91 && !closed) {
    if (!final && length - at < 12 && sticky(sizeOpen, text, at) >= 0) return "more"
    at = Math.max(at, sticky(size, text, at))
  }
  const beforeBlanks = at
  while (at < length && at - beforeBlanks < 40 && isBlank(text.charCodeAt(at))) at++
  if (at >= length) return final ? undefined : "more"
  const code = text.charCodeAt(at)
  const prefix = text.slice(Math.max(0, start - 28), start)
  const named =
    code !== 58 &&
    code !== 61 &&
    (closed || prefix.includes("=") || prefix.includes(":")) &&
    namedBefore.test(closed ? text.slice(Math.max(0, start - 72), start) : prefix)
  if (named) {
    if (!final && length - nameStop < pairBound && sticky(pairOpen, text, nameStop) >= 0) return "more"
    const end = sticky(pair, text, nameStop)
    if (end >= 0) return { end, equals: true, quoted: false, said: false }
  }
  if (code === 0xff1a || code === 0xff1d) return { end: at + 1, equals: false, quoted: false, said: false }
  if (code === 58 || code === 61) return assignedBy(text, at, code, prefix, final)
  if (named ? closed : (code === 62 || at > beforeBlanks) && tagBefore.test(prefix)) {
    const end = markupAt(text, nameStop, named, final)
    if (end === "more") return end
    if (end >= 0) return { end, equals: false, quoted: false, said: false }
  }
  if (code === 60 && at === nameStop && tagBefore.test(prefix.replace(/>[\w\u00c0-\u1fff\u3041-\ud7a3.-]*$/, ""))) {
    const end = sticky(element, text, at)
    if (end >= 0) return { end, equals: false, quoted: false, said: false }
    return !final && sticky(elementOpen, text, at) >= 0 ? "more" : undefined
  }
  if (code === 123 && at === nameStop && !final && sticky(braceOpen, text, at) >= 0) return "more"
  if (code === 123 && at === nameStop && sticky(quoteNext, text, at + 1) >= 0)
    return { end: at + 1, equals: false, quoted: true, said: false }
  if (code === 123 && (closed || at > nameStop)) {
    if (!final && length - at < declaredBound && sticky(declaredOpen, text, at) >= 0) return "more"
    const end = sticky(declared, text, at)
    return end < 0 ? undefined : { end, equals: true, quoted: true, said: false }
  }
  if (code === 40 && at === nameStop) return { end: at + 1, equals: false, quoted: true, said: false }
  const out = takenOut.test(prefix) || (start < 24 && /^-[^\s-]{0,24}$/.test(prefix))
  if (out && !final && isStatedOpen(text, at)) return "more"
  const stated = out && isStated(text, at)
  const flag = !stated && flagBefore.test(prefix)
  if (closed && text.charCodeAt(beforeBlanks - 1) === 93 && (isQuote(code) || code === 92)) {
    // The name stands in a selector.
    if (!final && length - beforeBlanks < 28 && sticky(selectedOpen, text, beforeBlanks) >= 0) return "more"
    const end = sticky(selected, text, beforeBlanks)
    if (end >= 0) return { end, equals: false, quoted: true, said: true }
  }
  if (closed && text.charCodeAt(beforeBlanks - 1) === 93 && isQuote(code)) {
    return { end: at, equals: false, quoted: true, said: false }
  }
  const shown = sticky(operator, text, nameStop)
  if (shown >= 0 && shown < length) {
    const sign = text.slice(nameStop, shown).trimEnd().at(-1) ?? ""
    return { end: shown, equals: sign === "=", quoted: false, said: ":=".includes(sign) ? false : "bare" }
  }
  if (!final && length - nameStop < 120 && sticky(operatorOpen, text, nameStop) >= 0) return "more"
  if (closed && code === 44) {
    if (!final && length - beforeBlanks < 300 && sticky(defaultOpen, text, beforeBlanks) >= 0) return "more"
    const end = sticky(defaulted, text, beforeBlanks)
    if (end >= 0) return { end, equals: true, quoted: true, said: false }
  }
  if (closed && (flag || code === 44)) {
    const end = sticky(listed, text, beforeBlanks)
    if (!final && length - beforeBlanks < 100 && sticky(listedOpen, text, beforeBlanks) >= 0) return "more"
    if (end < 0) return undefined
    // A list of names looks the same.
    const strict = !flag && !/_[A-Z]*$/.test(prefix + text.slice(start, nameStop))
    return { end, equals: false, quoted: true, said: strict }
  }
  if (closed) return undefined
  if (flag) {
    const end = sticky(listedBare, text, slashes > nameStop ? nameStop : beforeBlanks)
    if (end >= 0) return { end, equals: false, quoted: false, said: false }
    if (!final && length - nameStop < 100 && sticky(listedBareOpen, text, nameStop) >= 0) return "more"
    if (at === beforeBlanks) return undefined
    // An option that takes no value, and the next one.
    if (!final && length - at < 40 && sticky(optionOpen, text, at) === length) return "more"
    return sticky(option, text, at) >= 0 ? undefined : { end: at, equals: false, quoted: false, said: false }
  }
  if ((code === 124 || code === 0x2502 || code === 96 || code === 42 || code === 95) && cellBefore.test(prefix)) {
    const end = sticky(cell, text, beforeBlanks)
    if (end >= 0 && end < length) return { end, equals: false, quoted: false, said: false }
    return !final && length - beforeBlanks < 84 && /^[*`_]{0,2}[ \t|\u2502]*$/.test(text.slice(beforeBlanks))
      ? "more"
      : undefined
  }
  if (at > beforeBlanks && at - beforeBlanks < 4 && code !== 10) {
    if (!final && length - at < 24 && sticky(typedOpen, text, at) >= 0) return "more"
    const typedEnd = sticky(typed, text, at)
    if (typedEnd >= 0) return { end: typedEnd, equals: true, quoted: true, said: false }
  }
  return sayingAt(text, start, nameStop, beforeBlanks, at, final)
}

/** Behind the name of an argument, among what else is told of it. */
const defaulted =
  /,(?:[^\n"'`()]|\\{0,8}["'`][^"'`\n\\]{0,80}\\{0,8}["'`]){0,160}?(?<![\w-])(?:default(?:_?value)?|fallback|with)\\{0,8}["']?[ \t]{0,2}[:=][ \t]{0,2}(?=\\{0,8}["'`])/iy
const defaultOpen = /,[^\n]{0,300}$/y

const selected = /\\{0,8}["'`][ \t]{0,2},[ \t]{0,4}(?=\\{0,8}["'`])/y
const selectedOpen = /\\{0,8}["'`]?[ \t]{0,2},?[ \t]{0,4}\\{0,8}$/y
const braceOpen = /\{\\{0,32}$/y
const size = /\[\w{0,8}\](?=[ \t]{0,4}=)/y
const sizeOpen = /\[\w{0,8}(?:\][ \t]{0,4})?$/y

const quoteNext = /\\{0,32}["']/y

/** The type between the name and its value, in Go. */
const typed = /(?:\*?string|\[\]byte)[ \t]{1,4}:?=[ \t]{0,4}(?:\[\]byte\()?(?=\\{0,8}["'`])/y
const typedOpen = /(?:\*?s?t?r?i?n?g?|\[?\]?b?y?t?e?)[ \t]{0,4}:?=?[ \t]{0,4}(?:\[?\]?b?y?t?e?\(?)?\\{0,8}$/y

/** Past `:`, `=`, `:=`, `==`, `=>` and what a shell writes before a default. */
const assignedBy = (
  text: string,
  from: number,
  code: number,
  prefix: string,
  final: boolean,
): Separator | "more" | undefined => {
  const length = text.length
  let at = from + 1
  if (at >= length) return final ? undefined : "more"
  let next = text.charCodeAt(at)
  if (next === 58) return undefined
  let quoted = false
  let equals = code === 61
  if (code === 58 && expansion.test(prefix)) {
    // Of `${NAME:?text}`, the text is shown when there is no value.
    if (next === 63 || next === 43) return undefined
    if (next === 45 || next === 61) {
      at++
      next = text.charCodeAt(at)
    }
  } else if (equals && (next === 62 || (next === 61 && text.charCodeAt(at + 1) === 62))) {
    return { end: next === 62 ? at + 1 : at + 2, equals, quoted: false, said: "bare" }
  } else if (next === 61 || next === 62) {
    quoted = equals
    equals = true
    at++
    if (text.charCodeAt(at) === 61) at++
  }
  return { end: at, equals, quoted, said: false }
}
