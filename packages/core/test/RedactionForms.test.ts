/** Tokens of makers that no rule names, told by words in front of what is random; and what only looks like that. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(16) })),
  ),
)
const make = makeFrom(makeRandom(53))
const letters = "abcdefghijkmnopqrstuvwxyz"
const small = (size: number) => `q7${make.of(`${letters}23456789`, size - 5)}4z9`
const hex = (size: number) => `4f${make.of("0123456789abcdef", size - 4)}e1`
const capitals = (size: number) => `K7Q2X9${make.of("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", size - 6)}`
/** Its small letters, capitals and digits are mixed from the first to the last. */
const mixed = (size: number) => `aB7dE2fG${make.of(`${letters}${letters.toUpperCase()}23456789`, size - 12)}hJ4k`

/** What is in front stays, if it is no more than that. */
const tokens: ReadonlyArray<readonly [front: string, body: () => string]> = [
  ["vexl_", () => mixed(24)],
  ["vexl_", () => mixed(20)],
  ["vexl-", () => mixed(24)],
  ["VEXL_", () => mixed(32)],
  ["VEXL-", () => hex(32)],
  ["vexl_", () => hex(30)],
  ["vexl_eu_", () => mixed(24)],
  ["vexlworks_", () => mixed(24)],
  ["vexl-eu1-", () => small(32)],
  ["vexl-", () => `${small(16)}-${small(16)}`],
  ["vexl_tok_", () => small(24)],
  ["vexl.", () => mixed(40)],
  ["prod_", () => mixed(36)],
  ["vexl_", () => `${mixed(12)}.${mixed(32)}`],
  ["vexl_", () => `${hex(16)}.${hex(32)}`],
  ["41|", () => mixed(40)],
  ["", () => `VX${capitals(18)}`],
]
const texts: ReadonlyArray<(token: string) => string> = [
  (token) => `I used ${token} for that.`,
  (token) => `- ${token}`,
  (token) => `item=${token}`,
  (token) => `deploy("${token}")`,
  (token) => JSON.stringify({ item: token }),
  (token) => `17,on,${token},2026-02-11`,
]

const harmless: ReadonlyArray<string> = [
  `billing-7d9f8b6c5d-x2k4q`.replace("7d9f8b6c5d", "7f9f8b6c5f"),
  `token-service-6c9f8b7d5d-x2k4q`.replaceAll("d", "f"),
  `gems/token-service-${hex(12)}`,
  `target/debug/deps/token_service-${hex(16)}`,
  `token-service-rbqzf-3254537159`,
  `token-service-a063x12xbx-fvijm`,
  "PASSWORD_HASHER=argon2id",
  "SSH_AUTH_SOCK=/tmp/ssh-XXXX/agent.812",
  `applicationServerKey: 'B${mixed(86)}'`,
  `vapid_server_key=B${mixed(86)}`,
  "Password: !Sub '{{resolve:secretsmanager:${DbSecret}:SecretString:password}}'",
  "mongodb://<username>:<password>@cluster0.example.org/",
  `auth-proxy:main-${hex(12)}`,
  `node-cache-Linux-x64-npm-${hex(64)}`,
  `Cache restored from key: node-cache-Linux-x64-npm-${hex(64)}`,
  `orders-stack-Bucket85C29E6D-WNX1DM3Z49V8`,
  `google-site-verification=ab-${mixed(40)}`,
  `pvc-${make.uuid()}`,
  `etag: W/"fee1c318-${mixed(27)}"`,
  `ord_${mixed(22)}`,
  `acme_req_${mixed(24)}`,
  `io.jsonwebtoken:jjwt-impl:0.12.6:jar`,
  `--- PASS: TestTokenRefresh/expired_access_token (0.02s)`,
  `public key ${mixed(56)}`,
  `NEXT_PUBLIC_VEXL_KEY=phc_${mixed(40)}`,
  `sb_publishable_${mixed(30)}`,
  `AAAA${mixed(40)}Kw ana@example.org`.replace("Kw", "Kpw"),
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-${mixed(12).slice(0, 6)}`,
]

const passwords: ReadonlyArray<readonly [text: (value: string) => string, values: ReadonlyArray<string>]> = [
  [(value) => `password: ${value}`, ["Vudol=rikan7450", "hu=s7-SKb6W9Fm1Yz", "qB7xz!kT=3p", "nVe62Kz"]],
  [(value) => `Server=a;User Id=sa;Password=${value};Encrypt=True`, ["Funjel.bigo9178", "y.vN6ac1yWY3Tt"]],
  [(value) => `a=1&new_password=${value}&submit=1`, ["Runil_zira12"]],
  [(value) => `config/app.yml:18:password: ${value}`, ["89qxyj-tajkgn7i"]],
  [(value) => `MAIL_APP_PASSWORD="${value}"`, ["ezrb haox edvf taca"]],
  [(value) => `app password: ${value}`, ["ezrb haox edvf taca"]],
  [(value) => `The password for the staging database is ${value}`, ["bXJF^XZUGHA0Qb", "nVe62Kz!t"]],
  [(value) => `Das Passwort für den Admin lautet ${value}`, ["lv9DlUSe69cVOL6Gx"]],
  [(value) => `A senha do banco é ${value}`, ["Jotuha_Lafal6326"]],
  [(value) => `passphrase: ${value}`, ["zesi-rozapon-zisi-jura-javul"]],
  [(value) => `Enter passphrase for key '/home/ann/.ssh/id_ed25519': ${value}`, ["cese-tigi-binges-nasil-henvi"]],
  [(value) => `The root password on web1 is ${value}`, ["kT9pQz2Lmx4"]],
  [(value) => `Hasło do bazy danych to ${value}`, ["kT9!pQz2Lm"]],
  [(value) => `mosquitto_pub -h mq -u sensor -P ${value} -t a/b -m 1`, ["Seco~Pivi5101!", "xHTZURC-Yutn3Ib"]],
  [(value) => `PUK: ${value}`, ["84861455"]],
  [(value) => `TOTP seed: ${value}`, ["JBSW Y3DP EHPK 3PXP JBSW Y3DP"]],
  [(value) => `{"recovery_codes": ["aaa12-bbb34","${value}"]}`, ["b2ba6-3d094", "48291047"]],
  [(value) => `unlock PIN is ${value}`, ["0569", "05696330"]],
  [(value) => `{"user_pin": "${value}"}`, ["4821"]],
  [(value) => `Your backup code is ${value}`, ["b2ba6-3d094", "40917268"]],
  [(value) => `SOLANA_SECRET_KEY=[${value}]`, [Array.from({ length: 64 }, (_, at) => (at * 37) % 256).join(",")]],
  [(value) => `snyk config set api=${value}`, [make.uuid()]],
  [(value) => `  secret_id = "${value}"`, [make.uuid(), mixed(32)]],
  [(value) => `'key' => 'base64:${value}',`, [`${mixed(43)}=`]],
  [(value) => `keytool -srcstorepass ${value} -destkeystore a.jks`, ["Nejibal-Kebi623"]],
]

describe("Redaction by form", () => {
  it("masks what is random behind a maker's letters, wherever it stands", () => {
    for (const [front, body] of tokens) {
      for (const text of texts) {
        const random = body()
        const masked = session.text(text(front + random)).value
        for (let at = 0; at + 12 <= random.length; at++) {
          assert.notInclude(masked, random.slice(at, at + 12), text(front + random))
        }
      }
    }
  })

  it("leaves names of machines, builds, packages and tests alone, and what everybody may have", () => {
    for (const text of harmless) {
      for (const line of [text, `see \`${text}\` there`, JSON.stringify({ msg: text })]) {
        assert.strictEqual(session.text(line).value, line)
      }
    }
  })

  it("takes a value for a password whatever sign is in it, and for none what assigns something else", () => {
    for (const [text, values] of passwords) {
      for (const value of values) {
        const masked = session.text(text(value)).value
        assert.notInclude(masked, value)
        const stream = session.stream()
        const given = Array.from(text(value), (char) => stream.push(char).value)
        assert.strictEqual(given.join("") + stream.end().value, masked, text(value))
      }
    }
    for (const line of [
      "password: user=ana",
      "auth: token_type=bearer",
      "password: make sure that this",
      "pwd = req.body",
      "GPIO pin: 12345",
      '{"recovery_codes": [48291047]}',
      `RECAPTCHA_SITE_KEY=6Le${mixed(37)}`,
      `SEARCH_ONLY_API_KEY=${hex(32)}`,
      `password: AgBy${mixed(300)}`,
      '{"device_pin": 84861455}',
      "password: ask-the-team-lead-for-it-please",
      "The password for the staging database is missing",
      "The password of the admin account was reset yesterday",
      "Your backup code is part-time",
      'secret_id = "orders-database-password"',
    ]) {
      assert.strictEqual(session.text(line).value, line)
    }
  })

  it("masks as one what lines of JSON stream in pieces, and gives back every other line as it was", () => {
    const frame = (delta: string, index = 0) =>
      JSON.stringify({
        type: "stream_event",
        event: { type: "content_block_delta", index, delta: { type: "text_delta", text: delta } },
      })
    const secret = mixed(24)
    const cut = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []
    for (const size of [1, 2, 3, 5, 9]) {
      for (const line of [
        `db password = "${secret}"\nend`,
        `use vexl_${secret} now`,
        `Authorization: Bearer ${secret}`,
      ]) {
        const frames = cut(`Here it is:\n${line}`, size).map((piece) => frame(piece))
        const text = ["start", ...frames, '{"type":"message_stop"}', "end", ""].join("\n")
        const masked = session.text(text).value
        const lines = masked.split("\n")
        const shown = lines
          .filter((one) => one.includes("text_delta"))
          .map((one) => (JSON.parse(one) as { event: { delta: { text: string } } }).event.delta.text)
          .join("")
        assert.include(shown, "[redacted:")
        assert.notInclude(shown, secret.slice(8))
        assert.strictEqual(lines.length, text.split("\n").length)
        assert.strictEqual(session.text(masked).value, masked)
        for (const chunk of [1, 7, 64, 4096]) {
          const stream = session.stream()
          const given = cut(text, chunk).map((piece) => stream.push(piece).value)
          assert.strictEqual(given.join("") + stream.end().value, masked)
        }
      }
      const clean = cut("All is well, and nothing in here is a password or a token.", size).map((piece, at) =>
        frame(piece, at % 2),
      )
      const text = ["a", ...clean, "", "event: x", ...clean, "z"].join("\n")
      assert.strictEqual(session.text(text).value, text)
    }
  })
})
