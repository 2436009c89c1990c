/** Secrets that are told by what stands around them: names in other languages, logins of commands, calls and files. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const make = makeFrom(makeRandom(11))
const token = () => make.of("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 36) + "4xB"
const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layer())),
)
const escaped = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

const names =
  "passwort mot_de_passe contraseña senha wachtwoord lösenord hasło heslo jelszó şifre пароль κωδικός 密码 パスワード 비밀번호 mật_khẩu kata_sandi סיסמה पासवर्ड geheim_schluessel clé_secrète chave_privada chiave_segreta geheime_sleutel hemlig_nyckel nøkkel_api salainen_avain klucz_api tajny_klíč titkos_kulcs gizli_anahtar ключ_доступа kleidi_api 密钥 秘密鍵 비밀키 khóa_bí_mật kunci_rahasia مفتاح_سري".split(
    " ",
  )
const fields: ReadonlyArray<(name: string, value: string) => string> = [
  (name, value) => `${name}=${value}`,
  (name, value) => `${name}： ${value}`,
  (name, value) => `  ${name}: '${value}'`,
  (name, value) => `{"${name}": "${value}"}`,
  (name, value) => escaped(`{"${name}": "${value}"}`),
  (name, value) => `'${name}' => '${value}',`,
  (name, value) => `<${name}>${value}</${name}>`,
  (name, value) => `{"name": "${name}", "value": "${value}"}`,
  (name, value) => `| ${name} | ${value} |`,
  (name, value) => `INSERT INTO a VALUES ('${name}', '${value}');`,
  (name, value) => `3,"{""${name}"": ""${value}""}",x`,
  (name, value) => `variable "${name}" {\n  type = string\n  default = "${value}"\n}`,
  (name, value) => `${name}: ${value}`.normalize("NFD"),
]

const contexts: ReadonlyArray<(value: string) => string> = [
  (value) => `Authorization: Hawk id="dh37", ts="13538", mac="${value}"`,
  (value) => `Authorization: Custom-Scheme ${value}`,
  (value) => `https://a.example/cb?state=1&oauth_verifier=${value}`,
  (value) => `curl -su ana:${value} https://a.example`,
  (value) => `sqlcmd -S db -U sa -P${value}`,
  (value) => `mongosh -u ana -p '${value}' db`,
  (value) => `rabbitmqctl add_user ana ${value}`,
  (value) => `impacket-psexec corp/ana:${value}@10.0.0.4`,
  (value) => `printf '%s' '${value}' | gpg --batch --passphrase-fd 0 -d a.gpg`,
  (value) => `new mysqli("db", "ana", "${value}", "orders");`,
  (value) => `jwt.sign(payload, "${value}", { algorithm: "HS256" })`,
  (value) => `ALTER USER ana IDENTIFIED WITH mysql_native_password BY '${value}';`,
  (value) => `UID=ana;PWD={${value}};`,
  (value) => `ana:{PLAIN}${value}`,
  (value) => `[mail.example.org]:587 ana:${value}`,
  (value) => `198.51.100.7 : PSK "${value}"`,
  (value) => `WIFI:S:Home;T:WPA;P:${value};;`,
  (value) => `PASSWORD elastic = ${value}`,
  (value) => `creds: ana / ${value}`,
]

describe("Redaction by context", () => {
  it("knows what credentials are called in other languages, however the name is written", () => {
    for (const name of names) {
      for (const [index, field] of fields.entries()) {
        const value = token()
        const { value: shown } = session.text(`a = 1\n${field(name, value)}\nb = 2`)
        assert.notInclude(shown, value, `${index} ${name}`)
        assert.match(shown, /^a = 1\n/)
        assert.match(shown, /\nb = 2$/)
      }
    }
  })

  it("leaves alone a key that everybody may have", () => {
    for (const name of ["chave_publica", "klucz_publiczny", "öffentlicher_schlüssel", "公钥", "veřejný_klíč"]) {
      const text = `${name}: ${token()}`
      assert.strictEqual(session.text(text).value, text)
    }
  })

  it("finds a secret by the command, the call or the file it stands in, and nothing in its own output", () => {
    for (const context of contexts) {
      const value = token()
      const { value: shown } = session.text(`${context(value)}\n`)
      assert.notInclude(shown, value)
      assert.strictEqual(session.text(shown).value, shown)
    }
  })

  it("gives the same for a name and a value in other pieces of one text, and keeps JSON what it is", () => {
    const value = token()
    const blocks = ["client_secret", " is ", value.slice(0, 20), value.slice(20)].map((text) => ({
      type: "text",
      text,
    }))
    const line = JSON.stringify({ content: blocks })
    const shown = session.jsonLine(line)
    assert.notInclude(shown?.value ?? line, value.slice(0, 20))
    assert.deepStrictEqual(JSON.parse(shown?.value ?? ""), shown?.json)
    const chunks = [`aes-key:`, ` "${value.slice(0, 9)}`, `${value.slice(9)}",`, "more"].map((chunk) =>
      JSON.stringify({ stream: "stdout", chunk }),
    )
    const streamed = session.text(`${chunks.join("\n")}\n`).value
    assert.notInclude(streamed, value.slice(9))
    assert.include(streamed, "more")
    for (const piece of streamed.trimEnd().split("\n")) JSON.parse(piece)
  })
})
