/** Tells words, and names made of words, from what is random. */

const vowels = new Uint8Array(128)
for (const letter of "aeiouyAEIOUY") vowels[letter.charCodeAt(0)] = 1

/** Words, of code more than others, that are not told by their vowels, or that hold letters which seldom follow each other. */
const unlike = new Set(
  "string strings substring script scripts scrypt bcrypt crypt strict struct structs branch branches switch scratch stretch sprint prompt prompts length lengths strength health growth ctrl mgmt func impl attr attrs http https html xhtml https smtp grpc tmpl spawn sync shrink stderr strlen printf sprintf passphrase mysql postgresql sqlite graphql nosql sqlserver rsync cryptography shrunk wrapping strtok thumb months widths depths worldwide buffer workflow backbone subject subjects object objects project projects adjective adjacent inject injected injection reject rejected rejection trigger exchange exclude excluded express expression expressions extended extensions external extern extra extract except exception exceptions exclusive export exports exported explicit explore expire expired expires expiry expand expanded expect expected expense experiment expert maxdepth subqueue webhook webhooks sandbox mailbox listbox checkbox toolbox inbox outbox dropbox symlink symlinks hyphen rhythm lynx nginx linux gdbm scroll scrolls passwd gpasswd passthrough llvm ctxt jwks json jsonp jpeg jpegs mqtt ldap ldaps ssl rtmp srtp sftp tftp dhcp snmp xmpp xhr wss csrf cors pbkdf argon".split(
    " ",
  ),
)

/** Looks like something that is pronounced: vowels about as often as in words, no long run without one. */
export const wordlike = (part: string): boolean => {
  if (part.length <= 3) return true
  if (part.length > rememberedLength) return judge(part)
  const known = remembered.get(part)
  if (known !== undefined) return known
  if (remembered.size >= rememberedCount) remembered.clear()
  const judged = judge(part)
  remembered.set(part, judged)
  return judged
}

/** Texts repeat their words; of a longer piece, the engine would keep the text that it was cut from. */
const remembered = new Map<string, boolean>()
const rememberedLength = 12
const rememberedCount = 4_096

const judge = (part: string): boolean => pronounced(part) || unlike.has(part.toLowerCase())

const pronounced = (part: string): boolean => {
  let count = 0
  for (let at = 0; at < part.length; at++) count += vowels[part.charCodeAt(at)] ?? 0
  return (
    count >= 0.2 * part.length &&
    count <= 0.7 * part.length &&
    !/[a-z][A-Z].*[A-Z]{2}|[A-Z]{2}[a-z].*[A-Z]/.test(part) &&
    !/[bcdfghjklmnpqrstvwxz]{5}/i.test(part) &&
    !/(?:q(?!u|$)|[jv][bcdfghjklmnpqrstvwxz]|x[bdfgjkmnrvwxz]|[cfgjkpqtvz][jqxvz]|[bd][qxz])/i.test(part)
  )
}

/** What is longer is told by so much of it. */
const told = 96

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Without the word that the bound may have cut. */
const start = (whole: string): string => {
  let end = told
  while (end > 0 && isDigit(whole.charCodeAt(end - 1))) end--
  const letters = end
  while (end > 0 && isLetter(whole.charCodeAt(end - 1))) end--
  return whole.slice(0, end < letters ? end : told)
}

const isSmall = (code: number): boolean => code >= 97 && code <= 122
const isCapital = (code: number): boolean => code >= 65 && code <= 90

const isWordOrNumber = (part: string): boolean =>
  /^\d{0,4}$/.test(part) || (/^[A-Za-z]+\d{0,2}$/.test(part) && wordlike(part))

/** Whether it is made of words, and of numbers with few digits: between signs, and from one capital to the next. */
export const words = (whole: string): boolean => {
  const value = whole.length > told ? start(whole) : whole
  const { length } = value
  let from = 0
  let piece = 0
  let parts = 1
  for (let at = 0; at <= length; at++) {
    const code = at === length ? 32 : value.charCodeAt(at)
    const divides = code === 45 || code === 95 || code === 46 || code === 58 || code === 47 || code === 32
    const before = divides || at === piece || !isCapital(code) ? 0 : value.charCodeAt(at - 1)
    const begins = isSmall(before) || (isCapital(before) && isSmall(value.charCodeAt(at + 1)))
    if (!divides && !begins) continue
    if (!isWordOrNumber(value.slice(from, at))) return false
    from = at
    if (begins) parts++
    if (!divides) continue
    // Random letters fall into many small parts.
    if (parts >= 4 && at - piece < parts * 3.5) return false
    from = at + 1
    piece = from
    parts = 1
  }
  return true
}

const numbered =
  "sha1 sha224 sha256 sha384 sha512 sha3 md4 md5 aes128 aes192 aes256 utf8 utf16 utf32 ucs2 base16 base32 base58 base62 base64 base64url oauth1 oauth2 ipv4 ipv6 s3 ec2 pkcs1 pkcs5 pkcs7 pkcs8 pkcs10 pkcs11 pkcs12 x86 x64 x509 x25519 x448 v1 v2 v3 v4 v5 v6 v7 v8 sigv2 sigv4 sigv4a asn1 http1 http2 http3 rfc ed25519 ed448 curve25519 secp256k1 secp256r1 chacha20 poly1305 poly int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 e2e i18n l10n k8s h264 h265 h2 p256 p384 p521 crc32 crc32c crc64 crc64nvme xxhash3 xxhash32 xxhash64 xxhash128 mp3 mp4 route53 auth0 tls1 tls12 tls13 ssl2 ssl3 latin1 iso8859 rc2 rc4 arm64 arm32 amd64 u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 utf8mb4 hs256 hs384 hs512 rs256 rs384 rs512 es256 es384 es512 ps256 d3 web3 oauth20 oidc4 level1 level2 level3 html4 html5 css2 css3 2fa mfa2 lz4 bz2 bzip2 blake2 blake2b blake2s blake3 des3 ripemd160 sm2 sm3 sm4 x11 fp16 fp32 fp8 bf16 in6 ip4 ip6 chacha20poly1305 xchacha20poly1305 salsa20poly1305 xsalsa20poly1305 scryptsalsa208sha256 a11y c14n md2 xf86 salsa20 salsa208 camellia128 camellia192 camellia256 yarrow256 nistp256 nistp384 nistp521 hmac256".split(
    " ",
  )
const spellings = numbered
  .map((name) => name.replace(/^(sha|aes|utf|md|base|pkcs)(?=\d)/, "$1[-_]?"))
  .flatMap((name) => [`(?<![A-Za-z\\d])${name}`, name.charAt(0).toUpperCase() + name.slice(1), name.toUpperCase()])
/** What has a number in its name: of digests, encodings, protocols, versions. */
const technical = new RegExp(`(?:${spellings.join("|")}|(?<=[a-z])SHA\\d{1,3})(?![a-z\\d])`, "g")

const digit = /\d/
const withoutTechnical = (value: string): string => (digit.test(value) ? value.replace(technical, "_") : value)

/** Words, or such a word with one of the numbers that programmers use. */
export const named = (value: string): boolean => {
  if (words(value)) return true
  if (!/\d/.test(value)) return false
  const rest = withoutTechnical(value)
  return rest !== value && words(rest) && (/[A-Za-z]{4}/.test(rest) || /^[A-Z\d]+(?:[-_][A-Z\d]+)+$/.test(value))
}

const short = new Set(
  "add and all any api app arg bag bit box col cms ctx del dir doc dst end env err fit fix for get has img int key len let lib log map max min mod msg net new not num obj off old one opt out pad ptr put raw rec ref reg req res row run set src str sub sum tag the tmp top try two url use val var web win with".split(
    " ",
  ),
)
const parts = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g
/** How much of it are bits, rather than a number that may be anything. */
const sizes = /(?<!\d)(?:128|160|192|224|256|320|384|512)(?!\d)/g
/** Several rules ask for the same piece, one after the other. */
const last = { begin: "", is: false }

/** Whether most of it is words: of a token only the smallest part may look like some. */
export const mostlyWords = (whole: string): boolean => {
  if (whole.length < 8) return false
  const begin = whole.length > told ? start(whole) : whole
  if (begin !== last.begin) {
    last.is = isMostlyWords(begin)
    last.begin = begin
  }
  return last.is
}

const isMostlyWords = (begin: string): boolean => {
  const value = withoutTechnical(begin.replace(/[_-]\d{1,5}$/, "")).replace(sizes, "_")
  if (/\d{3}/.test(value)) return false
  let inWords = 0
  let count = 0
  let all = 0
  for (const { 0: part, index } of value.matchAll(parts)) {
    all += part.length
    if (isDigit(part.charCodeAt(0))) continue
    if (part.length < 4) {
      const apart = !/[^_.]/.test((value[index - 1] ?? "_") + (value[index + part.length] ?? "_"))
      if ((part.length === 3 && short.has(part.toLowerCase())) || (apart && part.length > 1)) inWords += part.length
    } else if (wordlike(part)) {
      inWords += part.length
      count++
    }
  }
  // Random letters of one kind, with nothing between them, may look like a word here and there.
  if (!/[a-z][A-Z]|[_.-]/.test(begin)) return count >= 2 && inWords >= 0.85 * all
  return count >= 2 ? inWords >= 0.6 * all : count === 1 && inWords >= 0.75 * all
}
