/** Judges the name of a field: named for a credential itself, or for its count, place or kind. */

/** Words after the credential's word that make the field something else: a count, a place, a kind. */
const notTheValue =
  /^[_.-]?(?:args?|identity|id|ids|name|names|type|types|count|counts|limit|limits|url|urls|uri|path|file|files|filename|dir|expir\w*|ttl|size|length|len|field|fields|label|regexp?|pattern|policy|policies|prefix|suffix|header|headers|env|env_?var|var|ref|arn|status|required|enabled|version|source|encryption|stdin|fd|prompt|command|cmd|helper|callback|budget|usage|hash|hashes|hashed|sha\d*|digest|fingerprint|hint|placeholder|strength|manager|store|storage|provider|service|endpoint|address|format|algorithm|alg|rotation|reset|changed|updated|created|at|in|is|has|exists|error|message|invalid|missing|index|position|start|end|offset|max|min|total|details|per|rate|cost|price|kind|class|proxy|sock|socket|realm|domain|issuer|audience|hasher|hashers|hashing|encoder|generator|checker|parser|resolver|rounds|lifetime|worker|gateway|middleware|handler|plugin|controller|operator|sidecar|daemon|scheme|mode|model|validator|schema|input|output|test|tests|spec|ts|tsx|js|jsx|mjs|py|go|rs|rb|java|md|json|yml|yaml|toml|txt|html|css)(?![a-z])/i
const camelNotTheValue =
  /^(?:Id|Ids|Name|Type|Count|Limit|Url|Uri|Path|File|Dir|Expir\w*|Ttl|Size|Length|Field|Label|Regex|Pattern|Policy|Prefix|Suffix|Header|Env|Var|Ref|Status|Required|Enabled|Version|Source|Budget|Usage|Hash|Digest|Hint|Placeholder|Strength|Manager|Store|Provider|Service|Endpoint|Address|Format|At|In|Is|Has|Error|Message|Index|Position|Start|End|Offset|Details|Schema|Mode|Model|Kind|Gen|KeyGen|Params|Options|Config|Pair|Algorithm|Hasher|Encoder|Generator|Checker|Parser|Resolver|Socket|Realm|Domain|Issuer|Audience|Rounds|Lifetime|Handler|Interface|Spec|Usages?|From[A-Z]|To[A-Z])/

export const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
/** A letter beyond ASCII, or a mark on one; neither punctuation nor the wide forms of ASCII. */
const isForeign = (code: number): boolean =>
  (code >= 0xc0 && code <= 0x1fff) ||
  (code >= 0x3041 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfdff) ||
  (code >= 0xff66 && code <= 0xff9f)
/** A key that everybody may have. */
const everybodys =
  /application[_-]?server|search[_-]?only|publi(?:que|k)|pubblic|p[uú]blica(?!t)|ffentlich|publiczn|ve[rř]ejn|a[cç][iı]k|openbar|offentlig|nyilv[aá]nos|公|публичн|открыт|відкрит|공개/i
export const isUpper = (code: number): boolean => code >= 65 && code <= 90
export const isLower = (code: number): boolean => code >= 97 && code <= 122
export const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96
export const isBlank = (code: number): boolean => code === 32 || code === 9

/** Whether the character before `at` belongs to the same word; the letter of an escape like `\n` does not. */
export const wordBefore = (text: string, at: number): boolean => {
  if (at === 0) return false
  const code = text.charCodeAt(at - 1)
  if (!isWord(code) || code === 95) return false
  if (at >= 2 && text.charCodeAt(at - 2) === 92) return false
  if (at >= 3 && text.charCodeAt(at - 3) === 37) return false
  return true
}

/** What is written together with a short word: `storepass`, `userpwd`. */
const joinedBefore =
  /(?:^|[^A-Za-z]|\\[nrt])(?:user|usr|db|root|admin|store|key|bind|smtp|mail|ftp|ssh|su|sudo|srcstore|deststore|srckey|destkey|my|pg|sql|redis|proxy|http|basic|login|sys|app|svc|host|ldap|vpn|wifi|net|web|api|out|in|wpa|require|remote|new|old|cert|trust|ts|ks|enc|test|host)$/i

/** What is said of the name stands at its end, as some languages have it: `is`. */
export const endsWithParticle = (text: string, end: number): boolean =>
  "\u306f\u304c\u662f\u70ba\u4e3a\u4fc2\ub294\uc740\uc774".includes(text.charAt(end - 1)) ||
  text.startsWith("\u0e04\u0e37\u0e2d", end - 3)

const account = /\d{8}:$/

/** Past the name's suffix, or -1 when the name is not a credential's. */
export const nameEnd = (text: string, start: number, end: number): number => {
  const next = text.charCodeAt(end)
  const last = text.charCodeAt(end - 1)
  if (isLower(next) || (isUpper(next) && !isLower(last))) return -1
  let at = end
  const limit = end + 40
  while (at < text.length && at < limit) {
    const code = text.charCodeAt(at)
    if (!isWord(code) && code !== 45 && code !== 46 && !isForeign(code)) break
    if (code < 128 && text.charCodeAt(at - 1) > 127 && endsWithParticle(text, at)) break
    at++
  }
  if (at === limit) return -1
  if (at > end) {
    const suffix = text.slice(end, at)
    // Such short words come about within what is random.
    if (end - start <= 4 && /^\d+[A-Za-z]/.test(suffix)) return -1
    if (notTheValue.test(suffix) || camelNotTheValue.test(suffix)) return -1
    const second = suffix.search(/[_.-]\w+$/)
    if (second > 0 && notTheValue.test(suffix.slice(second))) return -1
  }
  const before = start > 0 ? text.charCodeAt(start - 1) : 0
  // A kind of resource, in the name of one.
  if (before === 58 && text.charCodeAt(at) === 58 && account.test(text.slice(Math.max(0, start - 9), start))) return -1
  // `pass`, `pwd` and `auth` are parts of many words.
  if (
    end - start <= 4 &&
    isWord(text.charCodeAt(start)) &&
    text.charCodeAt(start) !== 95 &&
    wordBefore(text, start) &&
    !(isUpper(text.charCodeAt(start)) && isLower(before))
  ) {
    if (!joinedBefore.test(text.slice(Math.max(0, start - 12), start))) return -1
  }
  return at
}

/** Whether the name whose word begins at `start` tells of a key that everybody may have. */
export const isPublic = (text: string, start: number, end: number): boolean =>
  everybodys.test(text.slice(Math.max(0, start - 14), end))

/** Whether a field of this name, found to hold a credential's word at `start`, is named for the credential itself. */
export const credentialName = (name: string, start: number, end: number): boolean =>
  nameEnd(name, start, end) === name.length && !isPublic(name, start, end)
