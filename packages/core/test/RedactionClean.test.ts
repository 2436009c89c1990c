/** What agents read and write all day, and what must come back as it was: code, tables of names, logs of tests, prose. */
import { assert, describe, it } from "@effect/vitest"
import { Redactor } from "@runyard/core"
import * as Effect from "effect/Effect"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(16).fill(5) })),
  ),
)

const keepsAll = (texts: ReadonlyArray<string>): void => {
  for (const text of texts) {
    assert.strictEqual(session.text(text).value, text)
    // As one piece of a longer text.
    const inside = `before\n${text}\nafter\n`
    assert.strictEqual(session.text(inside).value, inside)
  }
}

/** Makes a secret of a kind that no scanner finds in this file. */
const secret = (...parts: ReadonlyArray<string>): string => parts.join("")

describe("Clean text", () => {
  it("keeps names that programmers give, whatever numbers are in them", () => {
    keepsAll([
      "class Vault { readonly apiKey: SealedBase64Text; authScheme: Http2SigV4SchemeProvider }",
      "export const sharedSecret = crypto_x25519_shared_secret",
      "#define lib_aes256_set_private_key vendor_aes256_set_private_key",
      "#define LIB_ATTR_SECRET_KEY_GEN 0x00004C21UL\n#define LIB_ATTR_NEXT 0x00004C22UL",
      "  STAGE_PASS_DEPTH_FAIL: 0x2F95,",
      '"@acme/lint-rule-privatekey": "^4.2.0-next.3+7c41aa0",',
      "from acme.keys import (\n    Ed448PrivateKey,\n    Ed448PublicKey,\n    RSA2048PublicKey,\n)",
      'const columns = ["userPassword", "S3BucketName", "Route53ZoneName"]',
      "token: OAuth2ClientTokenStore1,",
      "storageKey: 'acme-panel-layout-v3_1',",
      'export const TLS_TEXT_PSK_WITH_SHA256 = "TLS_PSK_WITH_AES_128_SHA256"',
      "this._secretBag = SEC_PKCS12SecretBagTemplateList",
      "const cipher = sodium_xchacha20poly1305_NONCEBYTES",
      "https://docs.example.com/AcmeStore/latest/APIReference/API_Types_List.html",
      "convertFlowS3LocationSettings: convertFlowChannelS3LocationSettingsToTemplate,",
    ])
  })

  it("keeps expressions, templates and patterns", () => {
    keepsAll([
      "exports.NoAuth=exports.TokenKind=exports.CustomJwtKind=void 0",
      "serverSideTokenCheck:!this.disableServerSideTokenCheck,",
      "const password = options.credentials?.password;",
      "const masterUserPassword = props.generate?.masterUserPassword ?? null",
      "const isTokenKnown=props.session.user&&props.session.token2",
      "function open({ passphrase: passphrase, secretMode: !!secretMode }) {}",
      "const storageKey = `panel_reload_v2:${error.message}`",
      'subject_token = "user_id2:%(target.token.user_id)s"',
      String.raw`TOKEN_PAT = "(?:[^\[\]%:/?#]|%[a-f0-9]{2})*"`,
      String.raw`let g:skip_pat = '\.\(tar\|gz2\|zip7\)$'`,
      'password = password.encode("utf-8")',
      "headers.Authorization = session_cookie2[0].value",
      "m.d(e,{cookie:()=>parse_cookie,header:()=>build_request_header1});",
      "visit({static:!1,private:!1,access:{has:x=>x.open1}})",
      "check({pass:a1,fail:r.fail,incomplete:r.incomplete})",
      ".icon-pass1:before,.icon-pass:before{content:'x'}",
      "digitalSignature=current_usage_bits.digital_signature",
      'form.find("input[name=pass1]").passwordField("input[type=submit1]")',
    ])
  })

  it("keeps what tests, builds and package managers print", () => {
    keepsAll([
      "PASS: unit/x86-64-branch-1h\nPASS: unit/i386/addend2b\nXFAIL: unit/other-3",
      "--- PASS: TestHTTP2Server/with_tls13 (0.02s)",
      '"scripts": { "test": "runner --passWithNoTests", "test:e2e2": "runner -c e2e2.config.ts" }',
      '"integrity": "sha512-' + secret("EAAm4TAlLQTATonaFA6Wp1hSaliKSicWZ8afa", "TRNpyhfF1llnvJ5HvFZEGMA") + '=="',
      "sessions/2026/11/21/rollout-2026-11-21T05-27-46-01a1fc93-2f0d-7dc0-be58-5d26228b0d61.jsonl",
      "built from v4.21-37-g" + secret("4f63bc70ca95012d72e2", "88fc3c1eeb3ba26068a4"),
      "const alphabet = 'useful-ABCDEFGHIJKLMNOPQRSTVWXYZbcdghijkmnopqrtvwxyz0123456789'",
      "arn:aws:rds:us-east-1:111122223333:snapshot-of-Cluster7Q2WZ8XK4",
      "gcc -ansi -pedantic-errors, -print_psnr) and -pkcs11module",
    ])
  })

  it("keeps prose, in any script", () => {
    keepsAll([
      '"pass": "ARIA属性が定義されたロール2に対して正しく使用されています",',
      '"pass": "Элемент имеет видимую подпись",',
      "/etc/passwd - kullanıcı hesap bilgileri",
      "Don't pass \"-Zbzip2 -z9\" to the packer, and pass 'use strict' on.",
      "They were renamed to --proxy-password respectively; --password parameters are gone.",
      "git-send: ssh/login style password requests are answered.",
      'The map identified by *map_fd* is bound, and those identified by "squash" commands are not.',
      "the pass phrase may have been used at a time when your default encoding was another one",
      'Enter the password for <code class="literal">bob</code> on server <code class="literal">one</code>',
      "Username and password didn&#39;t match; the user doesn&#39;t exist.",
      "@NL_KX_PSK: PSK key-exchange algorithm.\nshort: EAP Methods.",
      "relocate set{clear}_bit_nospec() functions",
      "a [proxy](http://user[:password]@host:port) or http://foo:bar@example.com",
    ])
  })

  it("still masks what stands in the same places", () => {
    const masks = (text: string, value: string): void =>
      assert.notInclude(session.text(text).value, value, `left in ${text}`)
    for (const value of [secret("Tr0ub4", "dor&3x"), secret("hX7q", "Lw92Vk", "4Zp")]) {
      masks(`password = options.password2 || "${value}"`, value)
      masks(`const userPassword = "${value}"`, value)
      masks(`PASS: ${value}`, value)
      masks(`mysql --password ${value} shop`, value)
      masks(`curl -b "sid=1; session=${value}${value}" https://example.com`, value)
      masks(`relay static:ana:${value}`, value)
      masks(`CREATE USER ana IDENTIFIED BY "${value}" REQUIRE SSL`, value)
      masks(`login ana password ${value}`, value)
      masks(`name,password,since\nana,${value},2026`, value)
    }
  })
})
