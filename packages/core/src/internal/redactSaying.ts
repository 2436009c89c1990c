/** Tells where a sentence comes to the value of a field that it names, in the languages that people write. */
import { endsWithParticle, isLower, isQuote } from "./redactFieldName.ts"
import { stickyAt as sticky } from "./redactSeam.ts"
import type { Separator } from "./redactSeparator.ts"

/** What somebody says of the field. */
const said =
  /(?:is|was|are|now|ist|war|lautet|est|este|es|és|era|é|è|е|є|är|er|jest|je|yra|adalah|ialah|là|είναι|هي|هو|to|from|on|equals|becomes|value|will be|has been|as|ascii-text|hexadecimal|cleartext|plaintext)(?: (?:now|still|set to|reset to|changed to|currently|called))?:? {1,2}(?=\S)/iy
const saidOpen = /[\w\u00c0-\u1fff]{0,8}(?: \w{0,10}){0,3}:? {0,2}$/y
/** Whose it is, or what it is for. */
const phrase =
  /(?:\[[\w.@-]{1,32}\]|[\w\u00c0-\u1fff\u3041-\ud7a3'.@-]{1,24})(?: [\w\u00c0-\u1fff\u3041-\ud7a3'.@-]{1,24}){0,3} ?(?:[:=\uff1a](?!=)|->|[\u2192\u2013\u2014]) {0,2}(?=\S)/y
const phraseOpen =
  /\[?[\w\u00c0-\u1fff\u3041-\ud7a3'.@-]{0,32}\]?(?: [\w\u00c0-\u1fff\u3041-\ud7a3'.@-]{0,24}){0,4} ?[:=\uff1a\u2192\u2013\u2014>]? {0,2}$/y
/** The same, said of it. */
const owner =
  "(?:for|of|on|to|in|at|für|fuer|von|vom|zum|zur|der|des|del|de|do|da|dos|das|du|della|per|para|pour|van|voor|av|af|för|til|till|dla|na|pro|для|от)"
/** A sentence in one of these languages may name the thing without a word before it. */
const copula = "(?:ist|lautet|est|este|är|er|jest|je|là|adalah|ialah|yra|és|è|é|е|є|это|является|είναι|הוא|היא|هي|هو|है)"
const ownerWord = "[\\w\\u00c0-\\u1fff\\u3041-\\ud7a3'.@-]"
const phraseSaid = new RegExp(
  `${owner}(?: ${ownerWord}{1,24}){1,4} (?:is|was|es|(?<=(?:do|dla) [^\\n]{1,100} )to|${copula}):? {1,2}(?=\\S)`,
  "iy",
)
const phraseSaidOpen = new RegExp(`${owner}(?: ${ownerWord}{0,24}){1,6}:? {0,2}$`, "iy")
const phraseElsewhere = new RegExp(`${ownerWord}{1,24}(?: ${ownerWord}{1,24}){0,4} ${copula}:? {1,2}(?=\\S)`, "iy")
const phraseElsewhereOpen = new RegExp(`${ownerWord}{1,24}(?: ${ownerWord}{0,24}){0,6}:? {0,2}$`, "iy")
const quoteNext = /\\{0,32}["']/y

const elsewhere =
  /[^\0-\x7f]|^(?:passwort|kennwort|haslo|heslo|senha|contrase|clave|parola|wachtwoord|salasana|adgangskode|passord|losenord|jelsz|sifre|lozink|geslo|parol|mdp|sandi)/i

/** Whether a phrase may end with a sign: most lines have none, and this is asked of each word for a credential. */
const signAhead = (text: string, from: number): boolean => {
  const limit = Math.min(text.length, from + 108)
  let blanks = 0
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at)
    if (
      code === 58 ||
      code === 61 ||
      code === 62 ||
      code === 0x2192 ||
      code === 0x2013 ||
      code === 0x2014 ||
      code === 0xff1a
    )
      return true
    if (
      code === 32 ? ++blanks > 4 : code < 32 || code === 34 || code === 40 || code === 41 || code === 44 || code === 92
    )
      return false
  }
  return false
}

/** The name is one of a program, not a word of a sentence. */
const compound = (text: string, start: number, nameStop: number): boolean => {
  const short = nameStop - start <= 4 && /[A-Za-z_-]/.test(text.charAt(start - 1))
  if (short && /^[a-z]+$/i.test(text.slice(start, nameStop))) return true
  if (nameStop - start < 4 || nameStop - start > 24 || /\d/.test(text.slice(start, nameStop))) return false
  const before = text.charCodeAt(start - 1)
  if (before === 95 || before === 45) return true
  return /[a-z][A-Z]|[_-]/.test(text.slice(Math.max(0, start - 1), nameStop))
}

/** Whether words and a sign or a verb lead from the name to its value. */
export const isStated = (text: string, at: number): boolean =>
  sticky(phraseSaid, text, at) >= 0 || (signAhead(text, at) && sticky(phrase, text, at) >= 0)
export const isStatedOpen = (text: string, at: number): boolean =>
  (text.length - at < 170 && sticky(phraseSaidOpen, text, at) >= 0) ||
  (text.length - at < 140 && sticky(phraseOpen, text, at) >= 0)

/** What stands between a name and its value that are part of a sentence, or have no more than a blank between them. */
export const sayingAt = (
  text: string,
  start: number,
  nameStop: number,
  beforeBlanks: number,
  at: number,
  final: boolean,
): Separator | "more" | undefined => {
  const length = text.length
  const code = text.charCodeAt(at)
  if (at > beforeBlanks && (isLower(code | 32) || code > 127)) {
    if (!final && length - at < 170 && sticky(phraseSaidOpen, text, at) >= 0) return "more"
    const foreign = elsewhere.test(text.slice(start, nameStop))
    if (!final && foreign && length - at < 170 && sticky(phraseElsewhereOpen, text, at) >= 0) return "more"
    const end = Math.max(sticky(phraseSaid, text, at), foreign ? sticky(phraseElsewhere, text, at) : -1)
    if (end >= 0) return { end, equals: false, quoted: false, said: true }
  }
  if (at > beforeBlanks && (isLower(code | 32) || code > 127)) {
    if (!final && length - at < 32 && sticky(saidOpen, text, at) >= 0) return "more"
    const end = sticky(said, text, at)
    if (end >= 0) return { end, equals: false, quoted: false, said: true }
  }
  if (at > beforeBlanks && (isLower(code | 32) || code === 91 || code > 127)) {
    if (!final && length - at < 140 && sticky(phraseOpen, text, at) >= 0) return "more"
    const end = signAhead(text, at) ? sticky(phrase, text, at) : -1
    if (end >= 0) return { end, equals: false, quoted: false, said: true }
  }
  // A directive of a configuration.
  if (at > beforeBlanks && (isQuote(code) || code === 92) && sticky(quoteNext, text, at) >= 0)
    return { end: at, equals: false, quoted: true, said: true }
  // Japanese, Chinese, Korean and Thai say so at the end of the name.
  if (endsWithParticle(text, nameStop)) return { end: at, equals: false, quoted: false, said: true }
  // What is no word of English needs no more.
  if (at === beforeBlanks + 1 && elsewhere.test(text.slice(start, nameStop)))
    return { end: at, equals: false, quoted: false, said: true }
  // A command that sets it, or a column: the name, and the value behind a blank.
  if (
    at > beforeBlanks &&
    (text.charCodeAt(beforeBlanks) === 9 || (at === beforeBlanks + 1 && compound(text, start, nameStop)))
  )
    return { end: at, equals: false, quoted: false, said: true }
  return undefined
}
