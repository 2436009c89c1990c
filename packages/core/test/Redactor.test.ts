import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RedactionSession } from "../src/RedactionSession.ts"
import { Redactor } from "../src/Redactor.ts"
import { defaultRules } from "../src/DefaultRules.ts"
import { maximumMatch } from "../src/RedactionRule.ts"

/** Numbers that look random and are the same in every run. */
const makeRandom = (seed: number) => {
  let state = seed
  return (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * bound)
  }
}

const random = makeRandom(20)
const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const hexadecimal = "0123456789abcdef"
const some = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet.charAt(random(alphabet.length))).join("")

const key = Uint8Array.from({ length: 16 }, (_, index) => index)
const open = (
  known?: ReadonlyArray<{ readonly name: string; readonly value: string }>,
  options: { readonly key: Uint8Array } = { key },
): RedactionSession =>
  Effect.runSync(
    Effect.map(Redactor, (redactor) => redactor.session(known)).pipe(Effect.provide(Redactor.layer(options))),
  )

const session = open()
const mask = (text: string) => session.text(text).value

const pem = (label: string, lines: number) =>
  [
    `-----BEGIN ${label}-----`,
    ...Array.from({ length: lines }, () => some(alphanumeric, 64)),
    `${some(alphanumeric, 22)}==`,
    `-----END ${label}-----`,
  ].join("\n")

const jwt = () => `eyJ${some(alphanumeric, 20)}.eyJ${some(alphanumeric, 40)}.${some(alphanumeric, 43)}`
const known = [
  { name: "DEPLOY_SECRET", value: 'tr"icky/va lue\\é+9' },
  { name: "PLAIN", value: "quietwords" },
]

const secrets: ReadonlyArray<readonly [string, string, string]> = (
  [
    ["anthropic-key", (x) => `export KEY=sk-ant-api03-${x}`, 90],
    ["openai-key", (x) => `using sk-proj-${x} now`, 60],
    ["github-token", (x) => `remote: https://ghp_${x}@github.com/a/b.git`, 36],
    ["huggingface-token", (x) => `--token hf_${x}`, 34],
    ["stripe-key", (x) => `stripe.api_key = "sk_live_${x}"`, 24],
    ["npm-token", (x) => `//registry.npmjs.org/:_authToken=npm_${x}`, 36],
    ["password", (x) => `DB_PASSWORD=${x}`, 14],
    ["password", (x) => `{"user":"ana","password":"${x}"}`, 14],
    ["password", (x) => `{\\"user\\":\\"ana\\",\\"password\\":\\"${x}\\"}`, 14],
    ["password", (x) => `tool --password ${x} --verbose`, 14],
    ["password", (x) => `<password>${x}</password>`, 14],
    ["token", (x) => `  api_token: ${x}`, 32],
    ["key", (x) => `x-api-key: ${x}`, 32],
    ["secret", (x) => `const clientSecret: string = '${x}'`, 32],
    ["authorization-header", (x) => `Authorization: Bearer ${x}`, 40],
    ["cookie", (x) => `Cookie: lang=en; session=${x}`, 40],
    ["url-password", (x) => `postgres://app:${x}@db.internal:5432/app`, 16],
    ["user-option", (x) => `curl -u ana:${x} https://api.example.org`, 16],
    ["netrc", (x) => `machine example.org login ana password ${x}`, 16],
  ] as ReadonlyArray<readonly [string, (x: string) => string, number]>
).map(([rule, line, length]) => {
  const value = `${some(alphanumeric, length - 3)}7Qz`
  return [rule, line(value), value] as const
})

const decoys: ReadonlyArray<string> = [
  `commit ${some(hexadecimal, 40)}`,
  `session ${some(hexadecimal, 8)}-${some(hexadecimal, 4)}-4${some(hexadecimal, 3)}-a${some(hexadecimal, 3)}-${some(hexadecimal, 12)}`,
  `node@sha256:${some(hexadecimal, 64)}`,
  `"integrity": "sha512-${some(alphanumeric, 86)}=="`,
  `<img src="data:image/png;base64,iVBORw0KGgo${some(alphanumeric, 400)}">`,
  "password = getPassword()",
  "const token = process.env.GITHUB_TOKEN",
  "password: string; // the user's",
  "password: z.string().min(8)",
  "Schema.Struct({ password: Schema.String, confirmPassword: Schema.String })",
  "API_KEY=<your-key>",
  "API_KEY=${API_KEY}",
  'api_key = "YOUR_API_KEY"',
  '{"max_tokens":4096,"token_count":17,"input_tokens":85,"tokenizer":"cl100k_base","author":"Ana Brown 1987"}',
  '{"apiKeySource":"none","api_key":"ANTHROPIC_API_KEY","secret":"none","password":null,"token":true}',
  '"id":"toolu_01Ab3dEf6hIj9kLm2nOp5qR"',
  "Forgot password? Request token 7 expired.",
  "src/auth/token-85.test.ts",
  "if (token === undefined) return",
  "PWD=/home/ana/work",
  "git://example.org:9418/repo.git and http://localhost:3000/@scope/name",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx7u2mQ9 ana@host",
  "docker run -u 1000:1000 -p 8080:80 image",
  'if (key.startsWith("-----BEGIN PRIVATE KEY-----")) return key.endsWith("-----END PRIVATE KEY-----")',
]

const escape = "\u001b"
const texts: ReadonlyArray<string> = [
  ...secrets.map(([, line]) => `before\n${line}\nafter ${line}`),
  ...secrets.map(([, line, value]) => `${line.replace(value, `${escape}[33m${value}${escape}[0m`)} end`),
  ...secrets.map(
    ([, line, value]) => `${line.replace(value, `${value.slice(0, 5)}${escape}[1m${value.slice(5)}`)} end`,
  ),
  `${escape}]8;;https://ana:s3cretW0rd9@example.org${escape}\\link${escape}]8;;\u0007 text ${escape}[`,
  ...decoys,
  `x\n${pem("RSA PRIVATE KEY", 6)}\ny`,
  `"key": "${pem("PRIVATE KEY", 3).replaceAll("\n", "\\n")}", "next": 1`,
  pem("OPENSSH PRIVATE KEY", 4).replaceAll("\n", "\r\n"),
  pem("EC PRIVATE KEY", 3)
    .split("\n")
    .map((line) => `+${line}`)
    .join("\n"),
  `${pem("RSA PRIVATE KEY", 3).slice(0, 200)}\nplain words follow here\n`,
  `token ${jwt()} and [redacted:jwt#00c0ffee] and [redacted:made-up#00c0ffee]`,
  ...known.flatMap(({ value }) => [
    `a ${value} b`,
    JSON.stringify(JSON.stringify({ value })),
    encodeURIComponent(value),
  ]),
  "token: token= token: password password=password=password",
  "→ ✓ 完了 password: \ud83d\ude00hunter2x ✓",
]

const pieces = (redaction: RedactionSession, chunks: ReadonlyArray<string>): string => {
  const stream = redaction.stream()
  return chunks.map((chunk) => stream.push(chunk).value).join("") + stream.end().value
}

describe("Redactor", () => {
  it("masks each kind of secret and names its rule", () => {
    for (const [rule, line, value] of secrets) {
      const result = session.text(line)
      assert.notInclude(result.value, value, line)
      assert.match(result.value, new RegExp(`\\[redacted:${rule}#[0-9a-f]{8}\\]`), line)
      const [found, ...others] = result.redactions
      assert.deepStrictEqual([found?.rule, found?.count, others.length], [rule, 1, 0], line)
      assert.include(result.value, `[redacted:${rule}#${found?.fingerprint}]`)
      assert.match(found?.category ?? "", /^[a-z]+$/, line)
    }
  })

  it("leaves text alone that only looks like a secret", () => {
    for (const text of decoys) assert.strictEqual(mask(text), text)
    for (const text of decoys)
      assert.strictEqual(session.jsonLine(JSON.stringify({ text }))?.value, JSON.stringify({ text }))
  })

  it("masks a private key whatever its lines begin and end with", () => {
    for (const label of ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"]) {
      const block = pem(label, 5)
      const body = block.split("\n").slice(1, -1)
      const forms = [
        block,
        block.replaceAll("\n", "\r\n"),
        block.replaceAll("\n", "\\n"),
        block.replaceAll("\n", "\\\\n"),
        block.replaceAll("\n", "\n    "),
        block.replaceAll("\n", "\n2026-11-20T10:00:00Z INFO "),
        block.slice(0, -30),
      ]
      for (const form of forms) {
        const masked = mask(`begin ${form}\nend`)
        for (const line of body) assert.notInclude(masked, line.slice(0, 12))
        assert.match(masked, /^begin \[redacted:private-key#[0-9a-f]{8}\]/)
        assert.match(masked, /end$/)
      }
    }
  })

  it("masks a private key to its end when it is longer than what is held", () => {
    const block = pem("RSA PRIVATE KEY", 2000)
    const masked = mask(`a ${block}\nb\n`)
    for (const line of block.split("\n").slice(1, -1)) assert.notInclude(masked, line.slice(0, 12))
    assert.match(masked, /^a \[redacted:private-key#[0-9a-f]{8}\]/)
    assert.match(masked, /\nb\n$/)
    const stream = session.stream()
    let written = 0
    let most = 0
    let result = ""
    for (let at = 0; at < block.length + 5; at += 1000) {
      const chunk = `a ${block}\nb\n`.slice(at, at + 1000)
      written += chunk.length
      result += stream.push(chunk).value
      most = Math.max(most, result === "a " ? written : 0)
    }
    assert.strictEqual(result + stream.end().value, masked)
    assert.isAtMost(most, 64 * 1024)
  })

  it("gives the same output for every way of cutting a text in two", () => {
    const redaction = open(known)
    for (const text of texts) {
      const whole = redaction.text(text).value
      for (let cut = 0; cut <= text.length; cut++) {
        const found = pieces(redaction, [text.slice(0, cut), text.slice(cut)])
        if (found !== whole) assert.strictEqual(found, whole, `cut at ${cut}`)
      }
    }
  })

  it("gives the same output for texts cut into many pieces", () => {
    const redaction = open(known)
    const all = texts.join("\n")
    for (const text of [...texts, all, all.replaceAll("\n", " ")]) {
      const whole = redaction.text(text).value
      for (const size of [1, 2, 7, 64]) {
        if (size === 1 && text.length > 3000) continue
        const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
          text.slice(at * size, (at + 1) * size),
        )
        assert.strictEqual(pieces(redaction, chunks), whole)
      }
      for (let round = 0; round < 5; round++) {
        const chunks: Array<string> = []
        for (let at = 0; at < text.length;) {
          const size = 1 + random(40)
          chunks.push(text.slice(at, at + size))
          at += size
        }
        assert.strictEqual(pieces(redaction, chunks), whole)
      }
    }
  })

  it("gives the same output for fragments of secrets put together at random, however they are cut", () => {
    const redaction = open(known)
    const fragments = [
      "password",
      "token",
      "_",
      "=",
      ": ",
      '"',
      "'",
      "\\",
      "\n",
      " ",
      "[redacted:",
      "jwt#00c0ffee]",
      "sk-ant-",
      "api03-",
      "Ab3dEf6hIj9kLm2nOp5qR",
      "://",
      "ana:",
      "@host",
      "cookie",
      "; s=",
      "Authorization",
      "Bearer ",
      `${escape}[31m`,
      `${escape}[0m`,
      `${escape}]8;;`,
      "\u0007",
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "quiet",
      "words",
      "é",
      "--",
      "login ",
      "basic ",
      "string",
      some(alphanumeric, 64),
      "<",
      ">",
      "curl -u ",
      "eyJ",
      ".",
      ",",
    ]
    for (let round = 0; round < 3000; round++) {
      const chunks = Array.from({ length: 2 + random(14) }, () => fragments[random(fragments.length)] ?? "")
      const text = chunks.join("")
      const whole = redaction.text(text).value
      const found = pieces(redaction, chunks)
      if (found !== whole) assert.strictEqual(found, whole, JSON.stringify(chunks))
      const single = pieces(
        redaction,
        Array.from({ length: text.length }, (_, at) => text.charAt(at)),
      )
      if (single !== whole) assert.strictEqual(single, whole, JSON.stringify(chunks))
    }
  })

  it("changes nothing in text that it masked before", () => {
    const redaction = open(known)
    for (const text of [...texts, ...secrets.map(([, line]) => JSON.stringify({ line }))]) {
      const once = redaction.text(text).value
      assert.strictEqual(redaction.text(once).value, once)
      const line = redaction.jsonLine(JSON.stringify({ text }))?.value ?? ""
      assert.strictEqual(redaction.jsonLine(line)?.value, line)
    }
  })

  it("lets ordinary lines through at once", () => {
    const stream = session.stream()
    for (const text of [...decoys.filter((text) => !text.includes("BEGIN"))]) {
      assert.strictEqual(stream.push(`${text}\n`).value, `${text}\n`)
    }
    assert.strictEqual(stream.push("The token count of this file is 7").value, "The token count of this file is 7")
    assert.strictEqual(stream.push(" as expected 7").value, " as expected 7")
  })

  it("holds back only what could still become a secret", () => {
    const stream = session.stream()
    assert.strictEqual(stream.push("see DB_PASSWORD=hunt").value, "see DB_")
    assert.match(stream.push("er2x 7").value, /^PASSWORD=\[redacted:password#[0-9a-f]{8}\] 7$/)
    const long = `sk-ant-${"a".repeat(maximumMatch * 2)}`
    assert.isAbove(stream.push(long).value.length, 0)
    stream.end()
  })

  it("holds nothing when what came last can be the start of no match", () => {
    for (const text of [
      "I read the file.",
      "All 14 tests pass;",
      "src/store/rows.ts:42: ok!",
      '{"a":[1,2]}',
      "done.\n",
      "héé!",
    ]) {
      const stream = session.stream()
      for (let round = 0; round < 3; round++) assert.strictEqual(stream.push(text).value, text)
      assert.strictEqual(stream.end().value, "")
    }
  })

  it("masks as one what several strings of JSON tell together", () => {
    const value = some(alphanumeric, 18)
    const key = `sk-ant-api03-${some(alphanumeric, 60)}`
    const lists = [
      { argv: ["deploy", "--password", value] },
      { args: ["curl", "-u", `ana:${value}`, "https://example.org"] },
      { cmd: ["sshpass", "-p", value, "ssh", "host"] },
      {
        content: [
          { type: "text", text: `key ${key.slice(0, 30)}` },
          { type: "text", text: `${key.slice(30)} end` },
        ],
      },
    ]
    for (const list of lists) {
      const line = JSON.stringify(list)
      for (const shown of [session.jsonLine(line)?.value ?? "", JSON.stringify(session.json(list).value)]) {
        for (const part of [value, key.slice(13, 30), key.slice(30)]) assert.notInclude(shown, part)
        assert.deepStrictEqual(Object.keys(JSON.parse(shown) as object), Object.keys(list))
      }
      assert.notInclude(mask(line), value)
    }
    const plain = { argv: ["git", "commit", "-m", "say what the password field is for"] }
    assert.deepStrictEqual(session.json(plain).value, plain)
  })

  it("shows of an output that still grows only what is decided", () => {
    const key = `sk-ant-api03-${some(alphanumeric, 60)}`
    const line = (output: string, status: string) =>
      JSON.stringify({ type: "item.updated", item: { id: "i1", aggregated_output: output, status } })
    for (let size = 20; size < key.length; size += 7) {
      const shown = session.jsonLine(line(`see ${key.slice(0, size)}`, "in_progress"))?.value ?? ""
      assert.include(shown, "see ")
      assert.notInclude(shown, key.slice(13, 20))
    }
    assert.include(session.jsonLine(line(`see ${key}`, "completed"))?.value ?? "", "see [redacted:")
  })

  it("masks the output of each tool as one text, however many lines tell of it", () => {
    const key = `sk-ant-api03-${some(alphanumeric, 60)}`
    const texts = { one: `first ${key} of one\n`, two: "nothing of two is masked, whatever is between\n" }
    for (let size = 1; size < 40; size += 6) {
      const lines = session.lines()
      const seen = { one: "", two: "" }
      for (let at = 0; at < texts.one.length; at += size) {
        for (const id of ["one", "two"] as const) {
          const piece = { type: "tool_output", tool_id: id, chunk: texts[id].slice(at, at + size) }
          const json = lines.line(JSON.stringify(piece))?.json as typeof piece
          assert.deepStrictEqual({ ...json, chunk: piece.chunk }, piece)
          seen[id] += json.chunk
        }
      }
      const late = lines.end()
      assert.strictEqual(seen.one + (late[0]?.value ?? ""), mask(texts.one))
      assert.strictEqual(seen.two, texts.two.slice(0, Math.ceil(texts.one.length / size) * size))
    }
    assert.isUndefined(session.lines().line("no JSON"))
  })

  it("finds a known value in every form and cut", () => {
    for (const { name, value } of known) {
      const redaction = open([{ name, value }])
      const bytes = new TextEncoder().encode(value)
      const base64 = [0, 1, 2].map((pad) =>
        btoa(String.fromCharCode(...new TextEncoder().encode("?".repeat(pad)), ...bytes, 33, 33)),
      )
      const json = JSON.stringify(value).slice(1, -1)
      const forms = [
        value,
        json,
        JSON.stringify(json).slice(1, -1),
        encodeURIComponent(value),
        encodeURIComponent(value).toLowerCase() === encodeURIComponent(value) ? value : encodeURIComponent(value),
        ...base64,
      ]
      for (const form of forms) {
        const text = `x ${form} y`
        const whole = redaction.text(text)
        assert.include(whole.value, `[redacted:known:${name}#`, form)
        for (let cut = 0; cut <= text.length; cut++) {
          assert.strictEqual(pieces(redaction, [text.slice(0, cut), text.slice(cut)]), whole.value)
        }
        const line = JSON.stringify({ text: form })
        assert.include(redaction.jsonLine(line)?.value ?? "", `[redacted:known:${name}#`)
      }
      const half = Math.max(10, value.length >> 1)
      const [first, second] = [json.slice(0, half), json.slice(half)]
      const seams = [`${first}\n${second}`, `${first}\\\n    ${second}`, `${first}\\n${second}`]
      const frames = [
        JSON.stringify({
          content: [
            { type: "text", text: value.slice(0, half) },
            { type: "text", text: value.slice(half) },
          ],
        }),
        [value.slice(0, half), value.slice(half)]
          .map((delta) => JSON.stringify({ method: "a/delta", delta }))
          .join("\n"),
      ]
      for (const text of value.length < 12 || value.includes("\n") ? [] : [...seams, ...frames]) {
        const whole = redaction.text(text).value
        assert.include(whole, `[redacted:known:${name}#`, text)
        assert.notInclude(whole, second.slice(0, 8), text)
        for (let cut = 0; cut <= text.length; cut++) {
          assert.strictEqual(pieces(redaction, [text.slice(0, cut), text.slice(cut)]), whole, `${cut} ${text}`)
        }
      }
      assert.include(
        redaction.text(`x ${value.slice(0, 4)}${escape}[1m${value.slice(4)} y`).value,
        `[redacted:known:${name}#`,
      )
    }
  })

  it("follows one secret by its fingerprint, which another key changes", () => {
    const value = `sk-ant-api03-${some(alphanumeric, 90)}`
    const print = (text: string) => /#([0-9a-f]{8})\]/.exec(text)?.[1]
    assert.strictEqual(print(mask(`a ${value}`)), print(mask(`{"k":"${value}"}`)))
    assert.notStrictEqual(print(mask(value)), print(open(undefined, { key: new Uint8Array(16) }).text(value).value))
  })

  it("has rules with distinct keywords that fit their patterns", () => {
    for (const rule of defaultRules) {
      assert.isAbove(rule.keywords.length, 0, rule.id)
      for (const keyword of rule.keywords)
        assert.match(keyword, rule.pattern === undefined ? /^.{2,}$/ : /^[\x20-\x7e]{2,}$/, rule.id)
      if (rule.pattern !== undefined) assert.isTrue(rule.pattern.sticky, rule.id)
      if (rule.open !== undefined) assert.isTrue(rule.open.sticky, rule.id)
    }
  })

  it("does nothing as a no-op", () => {
    const noop = Effect.runSync(
      Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layerNoop)),
    )
    for (const text of texts) assert.strictEqual(pieces(noop, [text]), noop.text(text).value)
    assert.isUndefined(noop.jsonLine("no json"))
  })
})

describe("RedactionSession.jsonLine", () => {
  it("is undefined for a line that is not JSON", () => {
    assert.isUndefined(session.jsonLine("plain"))
    assert.isUndefined(session.jsonLine('{"open":'))
  })

  it("gives back the same line and its value when nothing is found", () => {
    const line = '{ "type":"assistant","usage":{"input_tokens":12},"text":"a\\nb \\"c\\"" }'
    const result = session.jsonLine(line)
    assert.strictEqual(result?.value, line)
    assert.deepStrictEqual(result?.json, JSON.parse(line))
    assert.deepStrictEqual(result?.redactions, [])
  })

  it("keeps everything but the masked strings byte for byte", () => {
    const secret = `ghp_${some(alphanumeric, 36)}`
    const line = `{ "n":1.50e3, "a":"x" ,"a":"\\u00e9\\/ ${secret}","t":[ "\\u0041", null ] }`
    const result = session.jsonLine(line)
    assert.match(
      result?.value ?? "",
      /^\{ "n":1\.50e3, "a":"x" ,"a":"é\/ \[redacted:github-token#[0-9a-f]{8}\]","t":\[ "\\u0041", null \] \}$/,
    )
    assert.deepStrictEqual(result?.json, JSON.parse(result?.value ?? ""))
  })

  it("finds a secret whose characters are escaped", () => {
    const secret = `sk-ant-api03-${some(alphanumeric, 60)}`
    const escaped = secret.replaceAll("k", "\\u006b").replaceAll("-", "\\u002d")
    for (const line of [`{"a":"${escaped}"}`, JSON.stringify({ a: `{"b":"${escaped}"}` })]) {
      const result = session.jsonLine(line)
      assert.include(result?.value ?? "", "[redacted:anthropic-key#")
      assert.notInclude(JSON.stringify(result?.json), secret.slice(-20))
    }
  })

  it("masks each kind of secret in JSON at any depth and stays valid", () => {
    for (const [, line, value] of secrets) {
      let text = line
      for (let depth = 0; depth < 4; depth++) {
        text = JSON.stringify({ type: "item", content: [{ text: `out:\n${text}\n` }] })
        const result = session.jsonLine(text)
        assert.notInclude(result?.value ?? value, value)
        assert.deepStrictEqual(result?.json, JSON.parse(result?.value ?? ""))
        assert.isAbove(result?.redactions.length ?? 0, 0)
      }
    }
  })

  it("masks a string by the name of its field, in keys and nested values as well", () => {
    const value = some(alphanumeric, 20)
    const line = JSON.stringify({
      password: value,
      headers: { "x-api-key": value },
      tokens: 5,
      [`sk-ant-${value}9Z`]: 1,
    })
    const result = session.jsonLine(line)
    assert.notInclude(result?.value ?? value, value)
    assert.deepStrictEqual(session.json(JSON.parse(line)).value, result?.json)
    assert.strictEqual(
      result?.redactions.reduce((sum, { count }) => sum + count, 0),
      3,
    )
  })

  it("gives back the same value when there is nothing to mask in it", () => {
    const value = { a: ["b", { c: "token" }], n: 1, z: null }
    assert.strictEqual(session.json(value).value, value)
  })
})
