/** Decides whether a field named like a credential is followed by a value that is one. */

/** `password`: what a person may have chosen; `token`: what a machine made. */
export type Credential = "password" | "token"

/** How the value stands in the text. `env` is `NAME=value` with an upper-case name. */
type Style = "quoted" | "env" | "bare"

/** Words after the credential's word that make the field something else: a count, a place, a kind. */
const notTheValue =
  /^[_.-]?(?:id|ids|name|names|type|types|count|counts|limit|limits|url|urls|uri|path|file|files|filename|dir|expir\w*|ttl|size|length|len|field|fields|label|regexp?|pattern|policy|policies|prefix|suffix|header|headers|env|env_?var|var|ref|arn|status|required|enabled|version|source|budget|usage|hash|hashes|hashed|sha\d*|digest|fingerprint|hint|placeholder|strength|manager|store|storage|provider|service|endpoint|address|format|algorithm|alg|rotation|reset|changed|updated|created|at|in|is|has|exists|error|message|invalid|missing|index|position|start|end|offset|max|min|total|details|per|rate|cost|price|kind|class|scheme|mode|model|validator|schema|input|output|test|tests|spec|ts|tsx|js|jsx|mjs|py|go|rs|rb|java|md|json|yml|yaml|toml|txt|html|css)(?![a-z])/i
const camelNotTheValue =
  /^(?:Id|Ids|Name|Type|Count|Limit|Url|Uri|Path|File|Dir|Expir\w*|Ttl|Size|Length|Field|Label|Regex|Pattern|Policy|Prefix|Suffix|Header|Env|Var|Ref|Status|Required|Enabled|Version|Source|Budget|Usage|Hash|Digest|Hint|Placeholder|Strength|Manager|Store|Provider|Service|Endpoint|Address|Format|At|In|Is|Has|Error|Message|Index|Position|Start|End|Offset|Details|Schema|Mode|Model|Kind)/

const placeholder =
  /^(?:\$|<|\{|%[({A-Z]|#\{|\*{3}|x{4,}|X{4,}|\.{3}|…|your[-_ ]|my[-_]|example|changeme|change[-_]me|dummy|fake[-_]|replace|insert|todo|redacted|\[|process\.env|os\.|env\.|import\.meta|secrets\.|vars\.|github\.|config\.|settings\.|self\.|this\.|https?:|file:|\.{1,2}\/|~\/|[A-Za-z]:\\|null$|none$|true$|false$|undefined$|unknown$|string$)|\.{3}$/i
const path = /^\/?(?:[\w.@-]{1,64}\/){1,16}[\w.@-]{0,64}\.[a-z]{1,5}$/i
const identifier = /^[A-Za-z_$][\w$]*(?:[.:]+[A-Za-z_$][\w$]*)*$/

export const entropy = (text: string): number => {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** Looks like something that is pronounced: vowels about as often as in words, no long run without one. */
const wordlike = (part: string): boolean => {
  if (part.length <= 3) return true
  if (/[a-z][A-Z].*[A-Z]{2}|[A-Z]{2}[a-z].*[A-Z]/.test(part)) return false
  if (
    /[bcdfghjklmnpqrstvwxz]{5}/i.test(part) ||
    /(?:q(?!u)|[jv][bcdfghjklmnpqrstvwxz]|x[bdfgjkmnrvwxz]|[bcdfgjkpqtvz][jqxvz])/i.test(part)
  )
    return false
  const vowels = part.replace(/[^aeiouy]/gi, "").length / part.length
  return vowels >= 0.2 && vowels <= 0.7
}

export const words = (value: string): boolean => {
  const parts = value.split(/[-_.:/ ]+|(?<=[a-z])(?=[A-Z])/)
  // Random letters fall into many small parts.
  if (parts.length >= 4 && value.length < parts.length * 3.5 && !/[-_.:/ ]/.test(value)) return false
  return parts.every((part) => /^\d{0,4}$/.test(part) || (/^[A-Za-z]+\d{0,2}$/.test(part) && wordlike(part)))
}

/** What is put where a secret would be: of any kind, so that no rule must say it. */
const dummy = /EXAMPLE|\.\.\.|your[-_]|[xX]{6}|\*{4}|123456789|abcdefgh|ABCDEFGH|deadbeef/
/** What is longer is judged by its start. */
const judged = 256
export const isDummy = (value: string): boolean => {
  const start = value.length > judged ? value.slice(0, judged) : value
  let same = 0
  let most = 0
  for (let at = 1; at < start.length; at++) {
    same = start.charCodeAt(at) === start.charCodeAt(at - 1) ? same + 1 : 0
    if (same > most) most = same
  }
  // Real keys hold runs of one letter too; a dummy holds nothing else, behind a short prefix.
  if (most >= 7 && most + 1 >= start.length - 8) return true
  return dummy.test(start)
}

const sentence =
  /^(?:v?\d+[.:]\d|\d{4}-\d\d|\d+(?:st|nd|rd|th|ms|s|m|h|d|k|kb|mb|gb|px|%)?$|--?\w|#|@|sha\d|md5|[\w.-]+\.(?:[jt]sx?|py|go|rs|md|json|ya?ml|toml|txt|html|css|sh|rb|java|c|h|pem|key|conf|ini|env)\b)|[=<>(){}]./i
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether what stands behind a credential's word in a sentence is one. */
export const saidValue = (kind: Credential, value: string): boolean => {
  if (value.length < (kind === "password" ? 6 : 12) || placeholder.test(value) || sentence.test(value)) return false
  if (!/[A-Za-z]/.test(value) || words(value) || path.test(value) || /^\/|:\/\//.test(value)) return false
  if (kind === "token") {
    const long = value.length >= 16 || (/[a-z]/.test(value) && /[A-Z]/.test(value))
    return long && /\d/.test(value) && !uuid.test(value) && entropy(value) >= 3
  }
  return (/\d/.test(value) || /[^\w.,:;'/-]/.test(value)) &&
    !/^[A-Za-z]+\d?$/.test(value) &&
    !/^[a-z]+[-_:/.]/.test(value.replace(/[\d].*/, ""))
    ? true
    : /\d/.test(value) && /[a-z]\d+[a-z]|[A-Z]/.test(value)
}

/** Whether a field that is named for a credential holds one, rather than a placeholder, a type or a piece of code. */
export const credentialValue = (kind: Credential, whole: string, style: Style): boolean => {
  const value = whole.length > judged ? whole.slice(0, judged) : whole
  const size = value.length
  if (size < (kind === "password" && style !== "bare" ? 5 : 8)) return false
  if (placeholder.test(value) || value.includes("[redacted:") || path.test(value) || isDummy(value)) return false
  if (value.startsWith("/") && words(value)) return false
  if (/^[A-Z]+$/.test(value) && wordlike(value.toLowerCase())) return false
  if (/\s/.test(value) && (kind === "token" || /\s.*\s/.test(value) || !/\d/.test(value))) return false
  const digit = /\d/.test(value)
  const alpha = /[A-Za-z]/.test(value)
  if (!alpha) return kind === "password" && /^[\d!-/:-@]+$/.test(value) && size >= 6 && !/^[-\d.:,]*[.:,-]/.test(value)
  if (/^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/.test(value)) return false
  if (kind === "password") {
    if (style === "env") return size >= 8 || digit || /[^\w.-]/.test(value)
    if (style === "bare") {
      if (identifier.test(value) && (value.includes(".") || words(value))) return false
      return (digit || /[^\w.:-]/.test(value) || !words(value)) && !/^[\w$.]+[=:]+[^=]/.test(value)
    }
    return /[^A-Za-z_ .:?!]/.test(value) ? digit || !words(value) : size >= 8 && !words(value)
  }
  if (words(value)) return false
  if (!digit && size < 16) return false
  return entropy(value) >= (size >= 16 ? 2.8 : 2.5)
}

const noValue = /^(?:none|null|nil|true|false|string|number|boolean|undefined|unknown|any|void|never|object)$/i

/** Whether a value that is none by itself may be the first part of one that was cut at `end`. */
export const mayBegin = (text: string, start: number, end: number, final: boolean): boolean | "more" => {
  const code = text.charCodeAt(end)
  if ((code !== 10 && code !== 13 && code !== 34 && code !== 92) || end - start < 2 || end - start > 256) return false
  const part = text.slice(start, end)
  if (placeholder.test(part) || /[.:,]$|^[A-Z\d]+(?:_[A-Z\d]+)+$/.test(part)) return false
  // The end of a streamed string and a continued line cut words as well.
  if (!final && end + 1 === text.length && (code === 34 || code === 92)) return noValue.test(part) ? false : "more"
  const next = text.charCodeAt(end + 1)
  const sure = code === 34 ? next === 125 || next === 93 : code === 92 && (next === 10 || next === 13)
  return sure ? !noValue.test(part) : !words(part)
}

const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
const isUpper = (code: number): boolean => code >= 65 && code <= 90
const isLower = (code: number): boolean => code >= 97 && code <= 122
const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96
const isBlank = (code: number): boolean => code === 32 || code === 9

/** Whether the character before `at` belongs to the same word; the letter of an escape like `\n` does not. */
export const wordBefore = (text: string, at: number): boolean => {
  if (at === 0) return false
  const code = text.charCodeAt(at - 1)
  if (!isWord(code) || code === 95) return false
  if (at >= 2 && text.charCodeAt(at - 2) === 92) return false
  if (at >= 3 && text.charCodeAt(at - 3) === 37) return false
  return true
}

/** Past the name's suffix, or -1 when the name is not a credential's. */
const nameEnd = (text: string, start: number, end: number): number => {
  const next = text.charCodeAt(end)
  const last = text.charCodeAt(end - 1)
  if (isLower(next) || (isUpper(next) && !isLower(last))) return -1
  let at = end
  const limit = end + 40
  while (at < text.length && at < limit) {
    const code = text.charCodeAt(at)
    if (!isWord(code) && code !== 45 && code !== 46) break
    at++
  }
  if (at === limit) return -1
  if (at > end) {
    const suffix = text.slice(end, at)
    if (notTheValue.test(suffix) || camelNotTheValue.test(suffix)) return -1
    const second = suffix.search(/[_.-]\w+$/)
    if (second > 0 && notTheValue.test(suffix.slice(second))) return -1
  }
  const before = start > 0 ? text.charCodeAt(start - 1) : 0
  // `pass`, `pwd` and `auth` are parts of many words.
  if (end - start <= 4 && wordBefore(text, start) && !(isUpper(text.charCodeAt(start)) && isLower(before))) return -1
  return at
}

/** Whether a field of this name, found to hold a credential's word at `start`, is named for the credential itself. */
export const credentialName = (name: string, start: number, end: number): boolean =>
  nameEnd(name, start, end) === name.length

const flagBefore = /--[\w-]{0,24}$/
const tagBefore = /<[\w:.-]{0,24}$/
const annotation = /(?:string|str|String|&'?(?:static )?str|Option<String>|any|const char ?\*)[ \t]{0,4}(?==)/y
/** The credential is the name in a pair of a name and a value, as in XML attributes and lists of variables. */
const namedBefore =
  /(?<![\w-])(?:name|key|property|setting|parameter|variable|id)\\{0,8}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,8}["']?[\w.-]{0,24}$/i
const pair =
  /\\{0,8}["']?(?:[ \t,]{1,40}|[ \t,]{0,8}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)[^\n"'`]{0,60}?)(?:\b|(?=\\|["']))\\{0,8}["']?(?:value|val|content|default|current)\\{0,8}["']?[ \t]{0,4}[:=][ \t]{0,4}/iy
const pairOpen =
  /\\{0,8}["']?[ \t,\r]{0,40}(?:(?:\n|\\{1,8}[rn]?(?:\\{1,8}n?)?)[^\n"'`]{0,70})?\\{0,8}["']?[a-z]{0,7}\\{0,8}["']?[ \t]{0,4}$/iy
const pairBound = 160
const bareEnd = /[\s"'`,;<>(){}[\]\\&|\p{Cc}]/u
const envEnd = /[\s"'`\\\p{Cc}]/u
const annotationOpen = /[A-Za-z&'<>* \t]{0,40}$/y
const valueBound = 2048

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
  while (at < length && at - nameStop < 32 && text.charCodeAt(at) === 92) at++
  const closed = at < length && isQuote(text.charCodeAt(at))
  if (closed) at++
  if (text.charCodeAt(at) === 93) at++
  const beforeBlanks = at
  while (at < length && at - beforeBlanks < 40 && isBlank(text.charCodeAt(at))) at++
  if (at >= length) return final ? undefined : "more"
  let code = text.charCodeAt(at)
  const prefix = text.slice(Math.max(0, start - 28), start)
  let equals = false
  let compared = false
  const named = code !== 58 && code !== 61 && namedBefore.test(prefix)
  pair.lastIndex = nameStop
  if (named && !final && length - nameStop < pairBound) {
    pairOpen.lastIndex = nameStop
    if (pairOpen.test(text)) return "more"
  }
  if (named && pair.test(text)) {
    at = pair.lastIndex
    equals = true
  } else if (code === 58 || code === 61) {
    equals = code === 61
    at++
    if (at >= length) return final ? undefined : "more"
    code = text.charCodeAt(at)
    if (code === 58) return undefined
    if (code === 61 || code === 62) {
      compared = equals
      equals = true
      at++
      if (text.charCodeAt(at) === 61) at++
    }
  } else if (code === 62 && (named ? closed : tagBefore.test(prefix))) {
    at++
  } else if (code === 40 && at === nameStop) {
    at++
    compared = true
  } else if (code === 44 && closed) {
    at++
    compared = true
  } else {
    if (at === beforeBlanks || closed || !flagBefore.test(prefix)) return undefined
  }
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
  const valueAt = at
  if ((isUpper(text.charCodeAt(at)) || isLower(text.charCodeAt(at))) && isQuote(text.charCodeAt(at + 1))) at++
  while (at < length && at - valueAt < 33 && text.charCodeAt(at) === 92) at++
  if (at >= length) return final ? undefined : "more"
  const depth = at - valueAt
  code = text.charCodeAt(at)
  if (anyValue) {
    return isQuote(code) || isWord(code) || depth > 0 || code > 32
      ? { start: at, end: length, holds: false }
      : undefined
  }
  if (isQuote(code)) {
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
    return { start: from, end: at, holds: credentialValue(kind, text.slice(from, at), "quoted") }
  }
  if (compared || depth > 0) return undefined
  const upper = /^[A-Z\d_]+$/.test(text.slice(start, nameStop)) && !/[a-z]$/.test(prefix.replace(/\\[nrt]$/, ""))
  const env = upper && equals && blanks === at && blanks === beforeBlanks + 1
  const stop = env ? envEnd : bareEnd
  const found = stop.exec(text.slice(at, at + valueBound))
  if (found === null && !final && length - at <= valueBound) return "more"
  const until = at + (found?.index ?? Math.min(length - at, valueBound))
  // A call, an index or a template is code.
  if (!env && found !== null && (found[0] === "(" || found[0] === "[" || found[0] === "{" || found[0] === "<")) {
    if (found[0] !== "<" || until === at) return undefined
  }
  let stopAt = until
  while (stopAt > at && /[.,;:)]/.test(text.charAt(stopAt - 1))) stopAt--
  const style = env ? "env" : flagBefore.test(prefix) ? "env" : "bare"
  return { start: at, end: stopAt, holds: credentialValue(kind, text.slice(at, stopAt), style) }
}
