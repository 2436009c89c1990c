/** `runyard redact` as a filter in a real pipe. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { makeProgram } from "./program.ts"

const program = makeProgram({ granted: false })
afterAll(program.remove)
const value = ["x7Kq9", "2mZpL4t"].join("")

describe("runyard redact", () => {
  it("masks text from stdin to stdout, reports to stderr, and opens no store", async () => {
    const text = `a\nDB_PASSWORD=${value}\nagain ${value} and DB_PASSWORD=${value}`
    const { code, stderr, stdout } = await program.run(["redact", "--report"], { stdin: text })
    assert.strictEqual(code, 0)
    assert.match(stdout, /^a\nDB_PASSWORD=\[redacted:password#[0-9a-f]{8}\]\n/)
    const report = JSON.parse(stderr) as Record<string, unknown>
    const fingerprint = /#([0-9a-f]{8})/.exec(stdout)?.[1]
    assert.deepStrictEqual(report["rules"], [{ rule: "password", category: "password", count: 2 }])
    assert.deepStrictEqual(report["secrets"], [{ rule: "password", fingerprint, count: 2 }])
    assert.isFalse(existsSync(join(program.directory, "store")))
  })

  it("keeps lines of JSON valid, and finds what is cut between two of them", async () => {
    const delta = (text: string) => JSON.stringify({ type: "text_delta", delta: { text } })
    const lines = [
      JSON.stringify({ "pass\u0077ord": value }),
      delta(`DB_PASSWORD=${value.slice(0, 6)}`),
      delta(value.slice(6)),
      "no json",
    ]
    const { code, stdout } = await program.run(["redact", "--format", "jsonl"], { stdin: lines.join("\n") })
    assert.strictEqual(code, 0)
    for (const part of [value.slice(0, 6), value.slice(6)]) assert.notInclude(stdout, part)
    const [first, ...rest] = stdout.split("\n")
    assert.deepStrictEqual(Object.keys(JSON.parse(first ?? "") as object), ["password"])
    assert.strictEqual(rest[2], "no json")
    for (const line of rest.slice(0, 2)) JSON.parse(line)
  })

  it("takes rules from a file, and refuses one that may take long", async () => {
    const file = join(program.directory, "rules.toml")
    const rule = (regex: string) => `[[rules]]\nid = "acme"\nkeywords = ["acme_"]\nregex = '${regex}'\n`
    writeFileSync(file, rule("acme_[a-z0-9]{8}"))
    const used = await program.run(["redact", "--rules", file], { stdin: "x acme_abcd1234 y" })
    assert.match(used.stdout, /^x \[redacted:acme#[0-9a-f]{8}\] y$/)
    writeFileSync(file, rule("acme_(a+)+$"))
    const refused = await program.run(["redact", "--rules", file], { stdin: "x" })
    assert.notStrictEqual(refused.code, 0)
    assert.include(refused.stderr, "POLICY_RULE_REFUSED")
    assert.strictEqual(refused.stdout, "")
  })

  it("leaves people's data alone unless asked", async () => {
    const text = "mail ana@example.org"
    assert.strictEqual((await program.run(["redact"], { stdin: text })).stdout, text)
    assert.match((await program.run(["redact", "--pii"], { stdin: text })).stdout, /^mail \[redacted:email-address#/)
  })
})
