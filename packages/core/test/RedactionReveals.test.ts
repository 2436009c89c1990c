/** What commands and prompts show on the line below, and what they show that is no secret. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"
import { makeFrom, makeRandom } from "./fixtures/secretTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(16) })),
  ),
)
const make = makeFrom(makeRandom(19))
const secret = `x7Kq9${make.of("abcdefghkmnpqrstABCDEFGHKMNPQRST23456789", 14)}`

const commands = [
  "$ printenv DEPLOY_TOKEN",
  "$ echo $DB_PASSWORD",
  '$ echo "${DB_PASSWORD}"',
  '>>> cfg["smtp_password"]',
  "> process.env.API_KEY",
  "$ cat /run/secrets/db_password",
  "$ cat ~/.config/tool/token | tr -d '\\n'",
  "$ vault kv get -field=password secret/db",
  "$ pass show work/db",
  "$ op read op://dev/db/password",
  "$ gh auth token",
  "$ security find-generic-password -s deploy -w",
  "$ kubectl get secret db -o jsonpath='{.data.pw}' | base64 -d",
  "$ aws secretsmanager get-secret-value --secret-id db --output text",
  "$ gcloud secrets versions access latest --secret=db",
  "$ wg genkey",
  "$ openssl rand -base64 24",
  "$ pwgen -s 24 1",
]
const sentences = [
  (value: string) => `Set \`VEXL_TOKEN\` to \`${value}\` and run \`make\`.`,
  (value: string) => `Export \`DB_PASSWORD\` as \`${value}\`.`,
  (value: string) => `The \`api_key\` is set to "${value}".`,
  (value: string) => `net use Z: \\\\files\\builds /user:CORP\\ci "${value}"`,
]
const harmless = [
  "$ printenv LANG\nen_GB.UTF-8",
  "$ echo $TOKEN_LIMIT\n8192",
  "$ echo $DB_PASSWORD\n",
  "$ echo $DB_PASSWORD\n$ ls",
  "$ cat token.ts\nexport const token = 1",
  "$ cat password\ncat: password: No such file or directory",
  ">>> cfg['password'] is None\nTrue",
  "$ openssl rand -help\nUsage: rand [options] num",
  "$ gh auth token\nno oauth token found for github.com",
  "$ pass show work/db\nError: work/db is not in the password store.",
  "Set `API_TOKEN` to `process.env.API_TOKEN` first.",
  "The `token` is `undefined` here.",
  "Rename `secret` to `credential` everywhere.",
  "net use Z: \\\\files\\builds /persistent:yes",
]

const inPieces = (text: string, size: number) => {
  const stream = session.stream()
  let value = ""
  for (let at = 0; at < text.length; at += size) value += stream.push(text.slice(at, at + size)).value
  return value + stream.end().value
}
const texts = [
  ...commands.flatMap((command) => [`${command}\n${secret}\n$ ls\n`, `${command}\r\n'${secret}'\r\n$ ls\r\n`]),
  ...sentences.map((said) => `${said(secret)}\n`),
]

describe("what is shown when asked", () => {
  it("is masked, and nothing else is", () => {
    for (const text of texts) {
      const { value } = session.text(text)
      assert.strictEqual(value.replace(/\[redacted:[^\]]*\]/, secret), text)
      assert.isFalse(value.includes(secret), text)
      const quoted = JSON.stringify({ output: text })
      assert.isFalse(session.text(quoted).value.includes(secret), quoted)
    }
  })

  it("is masked the same however the text is cut", () => {
    for (const text of texts) {
      const { value } = session.text(text)
      for (const size of [1, 7, 64]) assert.strictEqual(inPieces(text, size), value)
    }
  })

  it("stays when it is no secret", () => {
    for (const text of harmless) assert.strictEqual(session.text(`${text}\nend\n`).value, `${text}\nend\n`)
  })

  it("is waited for by no sentence that names nothing", () => {
    for (const text of ["your way of seeing things", "the new way of doing it", "here is the list of it"]) {
      const stream = session.stream()
      assert.isAtLeast(stream.push(text).value.length, text.length - 4)
    }
  })
})
