/** Finds long runs of letters and digits: tokens with a telling prefix that no rule names, and base64 of text. */
import { entropy, words } from "./redactCredential.ts"

/** Nothing looks back further than this. */
export const lookBehind = 48
/** Shorter runs are not looked at: a token of which a seam cut off the rest may be so short. */
export const minimumRun = 18
/** Shorter runs are no tokens. */
export const minimumToken = 24
/** A longer run is not looked at. */
const maximumRun = 16 * 1024
const minimumBody = 20
const maximumToken = 512
/** Base64 of less says nothing. */
const minimumEncoded = 32
const certain = (minimumEncoded * 3) / 4 - 1
/** So many characters of a base64 text stay, so that words need not be held back. */
const publicEncoded = 8
/** Of a key that is told by its length and by a few letters within, so many characters stay, for the same reason. */
const publicSigned = 11
const signed = /^[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}$|^[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{26}$/
const signedLength = 84
const signedStart = /^[A-Za-z0-9]{11,}$/
const wordStart = /^(?:[a-z]+|[A-Z][a-z]+|[A-Z]+|\d+)$/
/** The separator that ends the prefix is among so many first characters; so many small letters may stay behind it. */
const maximumPrefix = 20
const maximumLead = 8

/** 1: letter, `_` or `-`; 2: `+` or `/`; 3: digit. */
const classes = new Uint8Array(129)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/\d/.test(char)) classes[code] = 3
  else if (/[\w-]/.test(char)) classes[code] = 1
  else if (code === 43 || code === 47) classes[code] = 2
}

const isRun = (code: number): boolean => code < 128 && (classes[code] as number) > 0
/** Whether a character belongs to runs, by its code, 128 for all others. */
export const runCodes: ReadonlyArray<boolean> = Array.from(classes, (kind) => kind > 0)

export interface Shape {
  readonly start: number
  readonly end: number
  /** What it says when it is base64. */
  readonly decoded?: string
}
export interface Shapes {
  readonly found: Array<Shape>
  /** From here on the text may become one of them; its length when it may not. */
  hold: number
}

/** The part of a prefix that says what it is. */
const telling =
  /(?:^|[_.-])(?:\w{0,8}(?:key|token|tkn|secret|passw?d?)|tok|tk|pat|sec|sk|rk|ak|api|live|test|prod|priv|private|auth|access|oauth|bot|pw|cred|creds|svc|service|admin|root|deploy|refresh|sess|session|client|bearer|webhook|signing|license|local|app|usr|rt|at|sandbox|production|staging)(?:[_.-](?:[a-z]{2}\d|v?\d{1,2}))?[_.~|!$:-]$/i
const sure =
  /(?:^|[_.-])(?:\w{0,8}(?:key|token|secret)|pat|tok|tk|sk|live|priv|private|auth|oauth|cred|creds)[_.~|!$:-]$/i
/** Prefixes of what everybody may see: ids, digests, files. */
const harmless = new Set(
  "toolu srvtoolu msg call chatcmpl cmpl req request resp response run thread item file img image cus price prod evt pi in ch cs ws fc rs id ids uid uuid guid sha sha1 sha256 sha384 sha512 md5 h1 css chunk index main vendor page layout asst step batch ft ftjob org proj project acct pk pub public pubkey sub subnet vpc eni ami igw rtb snap vol sg i arn pod deployment build commit rev ref tree blob etag hash digest checksum integrity fingerprint trace span session user usr client turn conv conversation container cntr node job task event dpl prj team seti si ssh ecdsa cache tmp temp ckpt model claude gpt codex http https data txn tx order inv invoice cust dashboard release bundle asset static font test spec fixture example".split(
    " ",
  ),
)

/** Of a member of an object, the name has its digits in one place. */
const scattered = /\d[^\d]+\d[^\d]*\d/
const hexDigest = /^[0-9a-f]{7,}$/

const random = (body: string, hinted: boolean): boolean => {
  if (!/\d/.test(body) || !/[A-Za-z]/.test(body) || words(body)) return false
  if (/^[0-9a-f]+$|^[0-9A-F]+$/.test(body)) return hinted && body.length >= 32 && entropy(body) >= 3
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(body)) return hinted
  const parts = body.split(/[-_]/)
  // Names of files, tests and machines: words with a number here and there.
  if (parts.length > 2) {
    const wordy = parts.filter((part) => words(part.replace(/^\d{1,3}|\d{1,3}$/g, "")))
    // A digest behind the name of what it is of.
    if (wordy.length > 0 && parts.every((part) => wordy.includes(part) || hexDigest.test(part))) return false
    if (wordy.length * 2 > parts.length && wordy.join("").length * 2 > body.length - parts.length) return false
  }
  const mixed = /[a-z]/.test(body) && /[A-Z]/.test(body)
  if (hinted) return body.length >= minimumBody && entropy(body) >= (mixed ? 3.6 : 3.3)
  if (mixed) return body.length >= 28 && entropy(body) >= 4
  if (/^[A-Z\d]+$/.test(body)) return body.length >= 30 && entropy(body) >= 3.9
  return body.length >= 36 && entropy(body) >= 3.9 && /^[a-z0-9]+$/.test(body)
}

const lead = /^[a-z]*/
/** A part of the prefix that a sign ends which is not in runs. */
const signBefore = /(?<![\w.-])[A-Za-z][\w-]{0,12}(?:[~|!$:]|\.(?:[\w-]{1,6}\.)?)$/
const hexOnly = /^[0-9a-f]{40,}$/
const shortPrefix = /^[a-z][a-z\d]{1,7}_(?:v\d_)?$/
const prefixForm = /^[A-Za-z](?:[\w.-]+[_.-]|[\w.-]*[.~|!$:])(?:[\w.-]*[_.-])?$/

/** Where the part begins that is masked: behind the prefix, at the first character that is no small letter; -1 when there is none. */
const tokenStart = (text: string, start: number, end: number, whole: boolean): number => {
  if (end - start > maximumToken) return -1
  const before = start === 0 ? 0 : text.charCodeAt(start - 1)
  let dotted = ""
  // `orb.tk.` before the run belongs to its prefix.
  if (before === 46 || before === 126 || before === 124 || before === 33 || before === 36 || before === 58) {
    dotted = signBefore.exec(text.slice(Math.max(0, start - 24), start))?.[0] ?? ""
    if (dotted === "" && before === 46) return -1
  } else if (before === 35 || before === 64) return -1
  else if ((classes[text.charCodeAt(start)] as number) === 3) return -1
  let checked = false
  for (let at = dotted === "" ? 1 : 0; at < maximumPrefix && start + at < end; at++) {
    if (at > 0) {
      const code = text.charCodeAt(start + at - 1)
      if (code !== 45 && code !== 95) continue
    }
    // Behind a sign that may as well be a separator.
    const apart = before === 58 && at > 0
    const prefix = apart ? text.slice(start, start + at) : dotted + text.slice(start, start + at)
    if (!checked) {
      checked = true
      const first = at === 0 ? (dotted.split(/[.~|!$:]/, 1)[0] ?? "") : dotted === "" ? prefix.slice(0, -1) : ""
      if (harmless.has(first.toLowerCase()) && !sure.test(prefix)) return -1
    }
    if (!prefixForm.test(prefix)) continue
    const hinted = telling.test(prefix)
    // Of what tells nothing, the letters must be of one kind, or it is a part of something random.
    if (
      !hinted &&
      at > 0 &&
      !/^(?:[a-z][a-z\d.]*|[A-Z][A-Z\d]*|[A-Z][a-z]+)(?:[_.-](?:[a-z\d]+|[A-Z\d]+))*[_.-]$/.test(prefix)
    )
      continue
    if (
      at === 0 &&
      !hinted &&
      (before === 58 || (whole && !scattered.test(text.slice(start, end))) || /[A-Z]/.test(dotted.slice(1)))
    )
      continue
    const body = text.slice(start + at, end)
    const small = lead.exec(body)?.[0].length ?? 0
    if (small > maximumLead) continue
    if (whole ? random(body, hinted || (hexOnly.test(body) && shortPrefix.test(prefix))) : small < body.length) {
      return start + at + small
    }
  }
  return -1
}

const spelledChar = /u00[0-9a-f]{2}/iy
/** The letters of an escape like `\n` are not part of what follows. */
const pastEscape = (text: string, start: number): number => {
  if (start === 0 || text.charCodeAt(start - 1) !== 92) return start
  if ("nrt".includes(text.charAt(start))) return start + 1
  spelledChar.lastIndex = start
  return spelledChar.test(text) ? start + 5 : start
}

/** Where a token begins, of which the end of the run cuts off the rest; -1 when it is none. */
export const cutToken = (text: string, runStart: number, end: number): number => {
  const first = pastEscape(text, runStart)
  let start = end
  while (start > first && (classes[text.charCodeAt(start - 1)] as number) !== 2) start--
  if (end - start < 8) return -1
  const token = tokenStart(text, start, end, false)
  return token >= 0 && end - token >= 4 && !words(text.slice(token, end)) ? token : -1
}
export const wholeToken = (text: string, runStart: number, end: number): number => {
  let start = end
  while (start > runStart && (classes[text.charCodeAt(start - 1)] as number) !== 2) start--
  return end - start >= minimumToken ? tokenStart(text, start, end, true) : -1
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const values = new Uint8Array(128)
for (let at = 0; at < 64; at++) values[alphabet.charCodeAt(at)] = at
values[45] = 62
values[95] = 63

/** What the run says as base64, up to the first byte that is not text. */
const decodeRun = (text: string, start: number, end: number): string => {
  let decoded = ""
  let bits = 0
  let size = 0
  for (let at = start; at < end; at++) {
    bits = ((bits << 6) | (values[text.charCodeAt(at)] as number)) & 0xffffff
    size += 6
    if (size < 8) continue
    size -= 8
    const byte = (bits >> size) & 0xff
    if ((byte < 32 && byte !== 10 && byte !== 9 && byte !== 13) || byte === 127 || (byte > 127 && decoded.length < 6))
      break
    decoded += String.fromCharCode(byte)
  }
  return decoded
}

/** How many characters before `base` belong to the run that `base` is in; `unknown` when it began further back. */
export const runBefore = (text: string, base: number): number => {
  let from = base
  while (from > 0 && isRun(text.charCodeAt(from - 1))) from--
  return from === 0 && base >= lookBehind ? unknown : base - from
}
/** Of what began too far back nothing is masked: it would have been held. */
const unknown = 1 << 24

/** Past the run that `at` is in. */
export const runEnd = (text: string, at: number): number => {
  let end = at
  while (end < text.length && isRun(text.charCodeAt(end))) end++
  return end
}

/** Past what follows a token behind a `+`: more of the same base64. */
const base64End = (text: string, at: number, end: number): number => {
  const rest = text.slice(at + 1, end).split("/", 1)[0] ?? ""
  return rest.length < 4 || words(rest) ? at : end
}

/**
 * What of the run `[runStart, end)` is masked at or behind `base`. A run that is not `whole` may go on
 * behind the end of the text.
 */
export const runAt = (
  text: string,
  base: number,
  runStart: number,
  end: number,
  whole: boolean,
): Shapes | undefined => {
  let result: Shapes | undefined
  const start = pastEscape(text, runStart)
  const size = end - start
  // Base64 of text begins with one of the letters for a byte below 128.
  const byte = ((values[text.charCodeAt(start)] as number) << 2) | ((values[text.charCodeAt(start + 1)] as number) >> 4)
  if (
    byte > 31 &&
    byte < 127 &&
    size <= maximumRun &&
    start + publicEncoded >= base &&
    size >= (whole ? minimumEncoded : publicEncoded + 1)
  ) {
    const decoded = decodeRun(text, start, end)
    if (whole ? decoded.length >= certain : decoded.length >= Math.min(certain, Math.floor((size * 3) / 4))) {
      result ??= { found: [], hold: text.length }
      if (whole) result.found.push({ start: start + publicEncoded, end, decoded })
      else result.hold = Math.min(result.hold, start + publicEncoded)
    }
  }
  if (size > publicSigned && size <= signedLength && start + publicSigned >= base) {
    const run = text.slice(start, end)
    if (whole ? signed.test(run) : signedStart.test(run) && !wordStart.test(run.slice(0, publicSigned))) {
      result ??= { found: [], hold: text.length }
      if (whole) result.found.push({ start: start + publicSigned, end })
      else result.hold = Math.min(result.hold, start + publicSigned)
    }
  }
  let from = start
  let digits = 0
  for (let at = start; at <= end; at++) {
    const kind = at < end ? (classes[text.charCodeAt(at)] as number) : 2
    if (kind === 3) digits++
    if (kind !== 2) continue
    const known = whole || at < end
    // No token is without digits, and a piece of one may be.
    if (known ? at - from >= minimumToken && digits > 0 : at > from) {
      const token = tokenStart(text, from, at, known)
      if (token >= base) {
        result ??= { found: [], hold: text.length }
        if (known)
          result.found.push({
            start: token,
            end: at < end && text.charCodeAt(at) === 43 ? base64End(text, at, end) : at,
          })
        else result.hold = Math.min(result.hold, token)
      }
    }
    from = at + 1
    digits = 0
  }
  return result
}
