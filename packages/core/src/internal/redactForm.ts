/** Finds secrets that are told by their form alone: a fixed length and a few letters within, groups, an id and its secret. */
import { entropy } from "./redactCredential.ts"
import { words } from "./redactWords.ts"
import { hex, mixedForm, scattered } from "./redactPrefix.ts"

/** Of a key that is told by its length and by a few letters within, so many characters stay, for the same reason. */
const leastShown = 4
const mostShown = 11
const fixed = new RegExp(
  `^(?:${[
    // A maker's letters at a fixed distance from the end, so that scanners know what they find.
    /[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}/,
    /[A-Za-z0-9]{50,56}JQQJ9[9D][A-Za-z0-9]{20,30}/,
    /(?=\D*\d)(?:[\w+/-]{33}|[\w+/-]{42}|[\w+/-]{44}|[\w+/-]{76})(?:Az[A-Z][a-z]|[+/_-]A[A-Z][A-Za-z]|A[A-Z]Db)[\w+/-]{6}/,
    /[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk/,
    /2[A-Za-z0-9]{26}_[A-Za-z0-9]{20,24}/,
    /00(?=\S*[a-z])(?=\S*[A-Z])[\w-]{40}/,
    /SEC[0-9a-f]{64}/,
    /[0-9a-f]{32}-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/,
    /[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}/,
    // Seeds and keys of wallets.
    /S[A-Z2-7]{55}/,
    /(?=\D*\d)(?:5[HJK][1-9A-HJ-NP-Za-km-z]{49}|[KL][1-9A-HJ-NP-Za-km-z]{51})/,
    // The id of a key for storage.
    /[A-Z]{2}(?=(?:[A-Z]*\d+[A-Z]+){2})(?=\S*[G-Z]\S*[G-Z])[A-Z\d]{18}/,
    // Groups: of a disk's recovery, of a licence.
    /(?:\d{6}-){7}\d{6}/,
    /(?=(?:\D*\d){3})(?=(?:[^A-Z]*[A-Z]){3})(?:[A-Z\d]{5}(?:-[A-Z\d]{5}){4}|[A-Z\d]{8}(?:-[A-Z\d]{8}){3}|[A-Z\d]{4}(?:-[A-Z\d]{4}){4,7})/,
  ]
    .map(({ source }) => source)
    .join("|")})$`,
)
/** How long they are. */
const lengths = new Uint8Array(256)
for (const length of [20, 24, 29, 34, 35, 39, 42, 43, 48, 49, 50, 51, 52, 54, 55, 56, 67, 69]) lengths[length] = 1
for (let length = 82; length < 88; length++) lengths[length] = 1
const longestForm = 100

/** What goes on behind a token: its other parts, behind a dot or a colon. So much of a text is looked at for each. */
const partBound = 256
const part = /[.:]([\w+/-]*)={0,2}/y
const isPart = (piece: string): boolean =>
  piece.length > 5 && piece.length < partBound && /\d/.test(piece) && /[A-Za-z]/.test(piece) && !words(piece)

/** Whether the run that ends at `end` may have more parts. */
export const joinsParts = (text: string, end: number): boolean => {
  const sign = text.charCodeAt(end)
  return sign === 46 || sign === 58
}

/** Past the parts that follow at `end`; `"more"` when the text ends first. */
export const partsEnd = (text: string, end: number, final: boolean): number | "more" => {
  let past = end
  for (let count = 0; count < 3; count++) {
    part.lastIndex = past
    const piece = part.exec(text)
    if (piece === null) return past
    const stop = past + piece[0].length
    if (stop === text.length && !final && piece[0].length < partBound) return "more"
    if (!isPart(piece[1] ?? "")) return past
    past = stop
  }
  return past
}

/** An id with its maker's letters in front. */
const made = /^(?:[a-z][a-z\d]{1,9}|[A-Z][A-Z\d]{1,9})(?:_[a-z\d]{1,8})?[_-](?=[A-Za-z\d]*\d)[A-Za-z\d]{6,32}$/
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const compoundBound = 160
/** One or two parts behind an id, of which the last one is long. */
const compoundTail = /^(?:\.([\w-]{4,12}))?[.:]([\w+/-]{16,128})(?![\w+/(-])/
const compoundOpen = /^(?:\.[\w-]{0,12})?(?:[.:][\w+/-]{0,128})?$/
/** Whether the text ends within what may be joined to the run that ends at `end`. */
export const partsOpen = (text: string, end: number): boolean =>
  joinsParts(text, end) && text.length - end < compoundBound && compoundOpen.test(text.slice(end))

/** Past an id and the secret that is joined to it by a dot or a colon; -1 when it is something else. */
const compoundEnd = (text: string, start: number, end: number, final: boolean): number | "more" => {
  const sign = text.charCodeAt(end)
  if (!joinsParts(text, end) || end - start > 64) return -1
  const before = text.charAt(start - 1)
  if (
    before !== "" &&
    "/@#%:.".includes(before) &&
    !/(?:(?<![\w.])|\\[nrt])0\.$/.test(text.slice(Math.max(0, start - 4), start))
  )
    return -1
  const id = text.slice(start, end)
  const isUuid = uuidForm.test(id)
  const isHex = isUuid || (id.length >= 24 && id.length < 40 && hex.test(id) && entropy(id) >= 3)
  const isMade = made.test(id) && scattered.test(id)
  if (!isHex && !isMade && !(/^[\w-]+$/.test(id) && mixedForm(id, 3.4))) return -1
  const rest = text.slice(end, end + compoundBound)
  if (!final && rest.length < compoundBound && compoundOpen.test(rest)) return "more"
  if (isUuid && /^:fx(?!\w)/.test(rest)) return end + 3
  const tail = compoundTail.exec(rest)
  const secret = tail?.[2]
  if (tail === null || secret === undefined) return -1
  const hexed = hex.test(secret) && secret.length >= 32 && entropy(secret) >= 3
  if (isMade && (hexed || (secret.length >= 24 && scattered.test(secret) && !words(secret) && entropy(secret) >= 3.6)))
    return partsEnd(text, end + tail[0].length, final)
  if (isHex ? !(hexed && sign === 58) && !((isUuid || sign === 58) && mixedForm(secret, 3.8)) : !mixedForm(secret, 3.8))
    return -1
  return secret.length >= (isHex ? 20 : 25) ? partsEnd(text, end + tail[0].length, final) : -1
}

/**
 * How many characters of a run stay, if its start may be the one of a form: until they are no word, and no number; -1 if
 * they are one as far as is looked.
 */
export const shownOf = (text: string, start: number, end: number): number => {
  if (end - start <= leastShown || end - start > longestForm) return -1
  let digits = 0
  let small = 0
  let capitals = 0
  const limit = Math.min(end - 1, start + mostShown)
  for (let at = start; at < limit; at++) {
    const code = text.charCodeAt(at)
    if (code >= 97 && code <= 122) small++
    else if (code >= 48 && code <= 57) digits++
    else if (code >= 65 && code <= 90) capitals += at > start ? 1 : 0
    else if (code !== 43 && code !== 45 && code !== 47 && code !== 95) return -1
    const shown = at + 1 - start
    if (shown >= leastShown && (digits > 0 ? small + capitals > 0 : capitals > 0 && small > 0)) return shown
  }
  return limit === start + mostShown && digits > 0 && digits < mostShown ? mostShown : -1
}

/** Past the form that the run `[start, end)` is, or begins; -1 when it is none, `"more"` when the text ends first. */
export const formEnd = (text: string, start: number, end: number, final: boolean): number | "more" =>
  lengths[end - start] === 1 && fixed.test(text.slice(start, end)) ? end : compoundEnd(text, start, end, final)
