/** Judges what stands in front of a token, and whether the rest is random enough for what that says. */
import { entropy, words } from "./redactCredential.ts"

const minimumBody = 16
/** Of what does not say that it is one, more is the modulus of a key or an image. */
const maximumUntold = 256

/** The part of a prefix that says what it is. */
const telling =
  /(?:^|[_.-])(?:\w{0,8}(?:key|token|tkn|secret|passw?d?|\dsk)|tok|tk|pat|aat|oat|ort|sat|sec|sk|rk|ak|api|live|test|dev|prod|prd|stg|priv|private|auth|access|oauth|bot|pw|cred|creds|svc|service|admin|mgmt|root|deploy|refresh|sess|session|client|bearer|webhook|signing|license|local|app|usr|rt|at|sandbox|production|staging|personal|server|master)(?:[_.-](?:[a-z]{2}\d|v?\d{1,2}))?[_.~|!$:-]$|^(?:sk|rk|pat)[_-][a-z]{2,12}[_-]$/i
export const sure =
  /(?:^|[_.-])(?:\w{0,8}(?:key|token|secret)|pat|tok|tk|sk|live|priv|private|auth|oauth|cred|creds)[_.~|!$:-]$/i
/** Prefixes of what everybody may see: ids, digests, files. */
export const harmless = new Set(
  "ipfs ipns toolu srvtoolu msg call chatcmpl cmpl req request resp response run thread item file img image cus price prod evt pi in ch cs ws fc rs id ids uid uuid guid sha sha1 sha256 sha384 sha512 md5 h1 css chunk index main vendor page layout asst step batch ft ftjob org proj project acct pk pub public pubkey sub subnet vpc eni ami igw rtb snap vol sg i arn pod deployment build commit rev ref tree blob etag hash digest checksum integrity fingerprint trace span session user usr client turn conv conversation container cntr node job task event dpl prj team seti si ssh ecdsa cache tmp temp ckpt model claude gpt codex http https data txn tx order inv invoice cust dashboard release bundle asset static font test spec fixture example pm pmt src card ba bank po si ii il cn link rcpt mandate quote plan coupon promo inst ins dmn icfg vs upload part aud wfr mcp ig lsh ctr modr msgbatch wrkspc invite skill env sesn sess agent workflow wf exec execution activity queue topic stream channel room participant track egress ingress recording call meeting member role group policy rule flag variant experiment segment audience campaign email sms notification template block doc document page post comment reply like follow media video audio photo picture avatar thumb blob store bucket volume disk snapshot backup instance server cluster database db table row col column index idx ix fk uk uq uniq pkey seq view schema migration partition shard replica namespace ns zone region domain host record cert ip net nic lb tg listener target alarm metric dash widget monitor incident alert issue ticket story epic sprint board list sheet form field response survey answer question quiz lesson course book chapter scene level player match game item product sku variant cart checkout shipment parcel tracking label return refund dispute payout transfer balance ledger entry journal account wallet address block hash node peer nonce cid uid gid pid tid qid rid sid vid wid xid wh whk we hook ord trx vid pic pol rec sched shp stk sup tkt tmpl tpl cmt phc publishable pvc csi rg".split(
    " ",
  ),
)

/** Whether any of the words in front of a token says that it is none. */
export const isHarmless = (prefix: string): boolean =>
  prefix
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => harmless.has(word) && !stages.has(word))

/** Also what the ids of products begin with, which are shorter. */
const stages = new Set(["prod", "test"])
export const isStage = (prefix: string, size: number): boolean => size > 34 && stages.has(prefix.slice(0, -1))

/** Of a member of an object, the name has its digits in one place. */
export const scattered = /\d[^\d]+\d[^\d]*\d/
const hexDigest = /^[0-9a-f]{7,}$/
const machines = /^(?:[0-9a-f]{7,}|[a-z\d]{1,5})$/
/** A random part without vowels, and a shorter one. */
const clusters = /(?:^|-)[bcdf-hj-np-tv-xz24-9]{6,10}-[bcdf-hj-np-tv-xz24-9]{5}$/
/** The same from other alphabets, if nothing but words is in front. */
const replica = /^(?:[a-z]{2,20}-){0,4}[a-z\d]{8,10}-[a-z\d]{5}$/
/** The letters of a name stand together, with what was made for it before or behind them. */
const interleaved = /[a-z][^a-z]+[a-z].*[^a-z][a-z]/

/**
 * What the letters in front of a token say of it: a credential; no more than who made it; the same with a dash, as names
 * of machines and builds have it; nothing.
 */
type Hint = "told" | "maker" | "joined" | "none"

export const hex = /^(?:[0-9a-f]+|[0-9A-F]+)$/
/** How an id that sorts by time is written: of one that has only a maker in front, nobody knows what it is. */
const sorted = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i
const digits = (body: string): number => body.replace(/\D/g, "").length

/** What has more of them is a list or a rule. */
const maximumParts = 20
/** What is longer is judged by its start. */
const judged = 128

export const random = (whole: string, hint: Hint): boolean => {
  if (hint !== "told" && whole.length > maximumUntold) return false
  const body = whole.length > judged ? whole.slice(0, judged) : whole
  if (!/\d/.test(body) || !/[A-Za-z]/.test(body) || words(body)) return false
  if (hex.test(body)) {
    const least = hint === "told" ? 28 : hint === "maker" ? 30 : Number.POSITIVE_INFINITY
    return body.length >= least && entropy(body) >= 3
  }
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(body)) return hint === "told" || hint === "maker"
  const parts = body.split(/[-_]/)
  if (parts.length > maximumParts) return false
  // Numbers of a machine, and what a cluster makes of a name.
  if (parts.length > 1 && parts.every((part) => part.length < 18 && machines.test(part))) return false
  if (clusters.test(body) || replica.test(body)) return false
  // Names of files, tests and machines: words with a number here and there.
  if (parts.length > 1) {
    const wordy = parts.filter((part) => words(part.replace(/^\d{1,3}|\d{1,3}$/g, "")))
    // A digest behind the name of what it is of.
    if (wordy[0] === parts[0] && parts.every((part) => wordy.includes(part) || hexDigest.test(part))) return false
    if (hint === "none" && wordy.some((part) => part.length > 3)) return false
  }
  if (parts.length > 2) {
    const wordy = parts.filter((part) => words(part.replace(/^\d{1,3}|\d{1,3}$/g, "")))
    if (wordy.length * 2 > parts.length && wordy.join("").length * 2 > body.length - parts.length) return false
  }
  const mixed =
    /[a-z]/.test(body) && /[A-Z]/.test(body) && (hint === "told" || hint === "maker" || interleaved.test(body))
  if (hint === "told")
    return body.length >= minimumBody && entropy(body) >= (body.length < 20 ? 3.2 : mixed ? 3.6 : 3.3)
  if (hint !== "none" && body.length >= 20 && !sorted.test(body)) {
    if (mixed && (body.length >= 22 || scattered.test(body))) return entropy(body) >= 3.8
    if (body.length >= 24 && digits(body) > 2 && /^[A-Za-z\d]+(?:_[A-Za-z\d]+)?$/.test(body))
      return entropy(body) >= 3.4
    if (body.length >= 28 && parts.every((part) => part.length > 7 && scattered.test(part) && !hex.test(part)))
      return entropy(body) >= 3.6
  }
  if (mixed) return body.length >= 28 && entropy(body) >= 4
  if (/^[A-Z\d]+$/.test(body)) return body.length >= 30 && entropy(body) >= 3.9
  return body.length >= 36 && entropy(body) >= 3.9 && /^[a-z0-9]+$/.test(body)
}

/** What a machine made of letters of both kinds and digits. */
export const mixedForm = (piece: string, least: number): boolean =>
  /[a-z]/.test(piece) && /[A-Z]/.test(piece) && /\d/.test(piece) && !words(piece) && entropy(piece) >= least

/** An id, and the sign between it and what belongs to it. */
export const idBefore = /(?:\\[nrt]|(?<![\w.@/\\-]))([A-Za-z\d][\w.-]{5,38})[.:]$/
/** Behind whatever the letters of an escape may be. */
export const digestBefore = /(?:sha\d{0,3}|md5|h1)$/i
/** A part of the prefix that a sign ends which is not in runs. */
export const signBefore = /(?<![\w.-])[A-Za-z][\w-]{0,12}(?:[~|!$:]|\.(?:[\w-]{1,6}\.)?)$/
/** The maker's letters, with the sign that nothing else but tokens and ids has behind so few. */
const maker = /^(?:[a-z][a-z\d]{1,11}|[A-Z][A-Z\d]{1,11}|[A-Z][a-z\d]{1,9})(?:_[a-z\d]{1,8})?__?(?:v\d_)?$/
const dashed = /^(?:[a-z]{2,10}\d{0,2}(?:-[a-z\d]{1,8})?|[A-Z]{2,8}|[A-Z][a-z\d]{1,9})-$/
const dotted = /^[a-z]{2,8}\.$/
export const hintOf = (prefix: string): Hint =>
  telling.test(prefix)
    ? "told"
    : maker.test(prefix) || /^[A-Z]{3,8}-$/.test(prefix)
      ? "maker"
      : dashed.test(prefix) || dotted.test(prefix)
        ? "joined"
        : "none"
export const prefixForm = /^[A-Za-z](?:[\w.-]+[_.-]|[\w.-]*[.~|!$:])(?:[\w.-]*[_.-])?$/
