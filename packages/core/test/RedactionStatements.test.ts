/** Secrets that stand before their name, below it, in several pieces, or in a sentence, however the text is cut. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layer())),
)

const half = ["i5LUnyflyFb0NITEOMFa", "uXFGeV8rp1OFwToYvmcs"] as const
const token = half.join("")
const password = ["Zq7+mK2x", "Wp9L"].join("")
const phrase = ["Harbor-violet", "-16-Topaz#8"] as const

/** What must not be left, and the text it stands in. */
const texts: ReadonlyArray<readonly [secrets: ReadonlyArray<string>, text: string]> = [
  [half, `const apiKey =\n  "${half[0]}" +\n  "${half[1]}"\n`],
  [half, `const apiKey = '${half[0]}' + '${half[1]}'\n`],
  [half, `$apiKey = '${half[0]}' . '${half[1]}';\n`],
  [half, `API_KEY = (\n    "${half[0]}"\n    "${half[1]}"\n)\n`],
  [half, `${JSON.stringify({ text: `const apiKey =\n  "${half[0]}" +\n  "${half[1]}"` })}\n`],
  [phrase, `password = "${phrase[0]}" +\n  "${phrase[1]}"\n`],
  [phrase, `password: ${phrase[0]}\n  ${phrase[1]}\nport: 8080\n`],
  [phrase, `> the password is ${phrase[0]}\n> ${phrase[1]}\n`],
  [phrase, `${JSON.stringify({ log: `mysql -p'${phrase[0]}\n${phrase[1]}' shop` })}\n`],
  [[token], `UPDATE settings SET value = '${token}' WHERE name = 'billing_api_key';\n`],
  [[token], `printf '%s' '${token}' | vercel env add BILLING_TOKEN production\n`],
  [[token], `${JSON.stringify({ value: token, name: "BILLING_TOKEN" })}\n`],
  [[token], `${JSON.stringify({ name: "BILLING_TOKEN", type: "plain", sort: 3, value: token })}\n`],
  [["8e12d-24197", "c46c7-91a22"], "Recovery codes (keep them safe):\n- 8e12d-24197\n- c46c7-91a22\nDone\n"],
  [[password], `chpasswd:\n  list: |\n    root:${password}\n  expire: false\n`],
  [[password], `Heslo k serveru je ${password}\n`],
  [[password], `Mật khẩu máy chủ là ${password}\n`],
  [[password], `新しいパスワードは${password}です。\n`],
  [[password], `数据库密码为${password}\n`],
  [[password], `@@ -1 +1 @@\n-the password for the server: ${password}\n`],
  [[phrase.join("")], `I have reset your password to ${phrase.join("")}, please change it.\n`],
  [[password], `child.expect("Password:")\nchild.sendline('${password}')\n`],
  [[password], `smtp.PlainAuth("", "ana@example.org", "${password}", "mail.example.org")\n`],
  [[password], `skopeo copy --dest-creds ana:${password} docker-archive:a.tar docker://b\n`],
  [[password], `parser.add_argument("--password", help="of the store", default="${password}")\n`],
  [[password], `bindpw ${password}\nbinddn cn=admin\n`],
  [[password], `rootpw --plaintext ${password}\n`],
  [[password], `key for the office door: ${password}\n`],
  [[token], `env.get("API_TOKEN").unwrap_or("${token}")\n`],
  [[token], `char api_token[64] = "${token}";\n`],
  [[token], `std::string apiToken{"${token}"};\n`],
  [[token], `API_TOKEN = """${token}"""\n`],
]

const harmless = [
  'http_archive(\n    name = "rules_secret",\n    sha256 = "f67e66191df4167f84bd8a2c3086d8949bc20d6fb480c2070b45defc01ac5e3f",\n)\n',
  "docker login -u ana --password-stdin registry.example.org\n",
  "password: required\n2024-01-01T00:00:00Z INFO started\n",
  "RABBITMQ_PASS: ${PASS}\nStep 3 of 7\n",
  'echo "build-2024-11-Rev2" | tee token.log\n',
  "UPDATE users SET name = 'Alice' WHERE id = 'key-1';\n",
  'const message = "token " +\n  "of the user"\n',
  "Recovery codes let you log in without a phone:\n1. open settings\n2. choose 2FA\n",
  'import {\n  PasswordField,\n  "rules_secret",\n  Ed25519PublicKey,\n}\n',
  "key for the map: user_id:session2\n",
  "COMMENT ON COLUMN users.password IS 'bcrypt hash';\n",
  "password_encryption = scram-sha-256\n",
  "state.output.slice(0, -prev.output.length);\n",
]

const inPieces = (text: string, cuts: ReadonlyArray<number>): string => {
  const stream = session.stream()
  const ends = [...cuts, text.length]
  return (
    ends.map((end, index) => stream.push(text.slice(cuts[index - 1] ?? 0, end)).value).join("") + stream.end().value
  )
}

describe("Redaction of statements", () => {
  it("masks what stands before its name, below it, in pieces or in a sentence", () => {
    for (const [secrets, text] of texts) {
      const { value } = session.text(`a = 1\n${text}b = 2\n`)
      for (const secret of secrets) assert.notInclude(value, secret, text)
      assert.match(value, /^a = 1\n/)
      assert.match(value, /\nb = 2\n$/)
      assert.strictEqual(session.text(value).value, value)
    }
  })

  it("leaves alone what only reads like it", () => {
    for (const text of harmless) assert.strictEqual(session.text(text).value, text)
  })

  it("masks the same however the text is cut", { timeout: 120_000 }, () => {
    for (const text of [...texts.map(([, text]) => text), ...harmless]) {
      const whole = `a = 1\n${text}b = 2\n`
      const { value } = session.text(whole)
      for (let at = 1; at < whole.length; at++) assert.strictEqual(inPieces(whole, [at]), value, `${at} of ${text}`)
      const each = Array.from(whole.slice(1), (_, at) => at + 1)
      assert.strictEqual(inPieces(whole, each), value, text)
    }
  })
})
