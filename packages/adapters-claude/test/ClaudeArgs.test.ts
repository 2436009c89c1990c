import { assert, describe, it } from "@effect/vitest"
import type { PrepareContext, RunRequest } from "@runyard/core"
import { RunRequest as RunRequestSchema } from "@runyard/core/Run"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { claudeAdapter } from "../src/ClaudeAdapter.ts"

const uuid = "11111111-1111-4111-8111-111111111111"

const context = (version = "2.1.329", allowDangerous = false): PrepareContext => ({
  profile: claudeAdapter.version.assess(version),
  scratch: "/scratch",
  repository: true,
  policy: { allowDangerous, configKeys: [] },
})

const request = (fields: Partial<RunRequest> = {}): RunRequest => ({
  provider: "claude",
  prompt: "do it",
  cwd: "/project",
  ...fields,
})

const args = (fields: Partial<RunRequest> = {}, where: PrepareContext = context()): ReadonlyArray<string> =>
  Result.getOrThrow(claudeAdapter.prepare(request(fields), where)).args

const refusal = (fields: Partial<RunRequest>, where: PrepareContext = context()) => {
  const error = Result.getOrThrow(Result.flip(claudeAdapter.prepare(request(fields), where)))
  return [error.code, error.detail["field"]]
}

/** Flags whose value is a word of our own or was checked, so that it may stand apart. */
const apart: Readonly<Record<string, RegExp>> = {
  "--output-format": /^(?:stream-json|json|text)$/,
  "--permission-mode": /^(?:default|plan|acceptEdits|dontAsk)$/,
  "--session-id": /^[0-9a-fA-F-]{36}$/,
  "--resume": /^[0-9a-fA-F-]{36}$/,
  "--max-turns": /^\d+$/,
  "--max-budget-usd": /^[\d.]+(?:e[-+]\d+)?$/,
  "--json-schema": /^\{/s,
}
const alone = new Set([
  "-p",
  "--verbose",
  "--include-partial-messages",
  "--fork-session",
  "--no-session-persistence",
  "--dangerously-skip-permissions",
])
const attached = /^--(?:model|append-system-prompt|add-dir|allowedTools|disallowedTools)=/

/** Reads a command line as the CLI's parser does; gives the arguments that it would not expect. */
const stray = (line: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let index = 0; index < line.length; index++) {
    const arg = line[index] ?? ""
    const value = Object.hasOwn(apart, arg) ? apart[arg] : undefined
    if (value !== undefined) {
      index++
      if (!value.test(line[index] ?? "")) found.push(arg)
    } else if (!alone.has(arg) && !attached.test(arg)) found.push(arg)
  }
  return found
}

describe("ClaudeArgs", () => {
  it("asks for every event, gives the prompt on stdin and keeps the CLI from calling home", () => {
    const invocation = Result.getOrThrow(claudeAdapter.prepare(request({ prompt: "--help" }), context()))
    assert.deepStrictEqual(invocation, {
      args: [
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        "--include-partial-messages",
        "--permission-mode",
        "default",
      ],
      env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" },
      stdin: { kind: "text", text: "--help" },
      files: {},
      format: "stream-json",
      transport: "print",
    })
  })

  it("names a format and a ladder that the adapter has", () => {
    for (const format of ["stream-json", "json", "text"]) {
      const invocation = Result.getOrThrow(claudeAdapter.prepare(request({ options: { format } }), context()))
      assert.property(claudeAdapter.formats, invocation.format)
      assert.property(claudeAdapter.ladders, invocation.transport)
    }
  })

  it("maps each field of a request", () => {
    assert.deepStrictEqual(
      args({
        model: "claude-opus-5[1m]",
        permissionMode: "acceptEdits",
        persistSession: false,
        session: { kind: "new", id: uuid },
        addDirs: ["/a", "/b"],
        outputSchema: { type: "object" },
        options: {
          maxTurns: 3,
          maxBudgetUsd: 0.5,
          allowedTools: ["Bash(git log:*)", "Read"],
          disallowedTools: ["WebFetch"],
          appendSystemPrompt: "--be brief",
          partialMessages: false,
        },
      }),
      [
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        "--permission-mode",
        "acceptEdits",
        "--session-id",
        uuid,
        "--no-session-persistence",
        "--max-turns",
        "3",
        "--max-budget-usd",
        "0.5",
        "--json-schema",
        '{"type":"object"}',
        "--model=claude-opus-5[1m]",
        "--append-system-prompt=--be brief",
        "--add-dir=/a",
        "--add-dir=/b",
        "--allowedTools=Bash(git log:*)",
        "--allowedTools=Read",
        "--disallowedTools=WebFetch",
      ],
    )
  })

  it("resumes and forks by id", () => {
    assert.deepStrictEqual(args({ session: { kind: "resume", id: uuid } }).slice(7), ["--resume", uuid])
    const fork = args({ session: { kind: "resume", id: uuid, fork: true } })
    assert.deepStrictEqual(fork.slice(7), ["--resume", uuid, "--fork-session"])
  })

  it("asks for no partial messages of a format that has none", () => {
    for (const format of ["json", "text"]) {
      assert.deepStrictEqual(args({ options: { format } }).slice(0, 4), [
        "-p",
        "--output-format",
        format,
        "--permission-mode",
      ])
    }
  })

  it("refuses what Claude Code cannot do, naming the field", () => {
    const unsupported = "QUEUE_OPTION_UNSUPPORTED"
    assert.deepStrictEqual(refusal({ sandbox: "read-only" }), [unsupported, "sandbox"])
    assert.deepStrictEqual(refusal({ images: ["/a.png"] }), [unsupported, "images"])
    assert.deepStrictEqual(refusal({ options: { effort: "high" } }), [unsupported, "options.effort"])
    assert.deepStrictEqual(refusal({ options: { toString: 1 } }), [unsupported, "options.toString"])
    assert.deepStrictEqual(refusal({ options: { format: "json", partialMessages: true } }), [
      unsupported,
      "options.partialMessages",
    ])
    assert.deepStrictEqual(refusal({ options: { format: "text" }, outputSchema: {} }), [unsupported, "options.format"])
  })

  it("refuses values that cannot be right, naming the field", () => {
    const invalid = "QUEUE_REQUEST_INVALID"
    assert.deepStrictEqual(refusal({ options: { maxTurns: 0 } }), [invalid, "options.maxTurns"])
    assert.deepStrictEqual(refusal({ options: { maxBudgetUsd: -1 } }), [invalid, "options.maxBudgetUsd"])
    assert.deepStrictEqual(refusal({ options: { format: "yaml" } }), [invalid, "options.format"])
    assert.deepStrictEqual(refusal({ session: { kind: "new", id: "mine" } }), [invalid, "session.id"])
    assert.deepStrictEqual(refusal({ session: { kind: "resume", id: "--help" } }), [invalid, "session.id"])
    assert.deepStrictEqual(refusal({ model: "a\0b" }), [invalid, "model"])
    assert.deepStrictEqual(refusal({ prompt: "a\0b" }), [invalid, "prompt"])
    assert.deepStrictEqual(refusal({ outputSchema: { "a\0": 1 } }), [invalid, "outputSchema"])
    assert.deepStrictEqual(refusal({ outputSchema: { a: "é".repeat(50_000) } }), [invalid, "outputSchema"])
    assert.deepStrictEqual(refusal({ model: "m".repeat(101_000) }), [invalid, "--model"])
    assert.deepStrictEqual(refusal({ addDirs: Array.from({ length: 60 }, () => `/${"d".repeat(9_000)}`) }), [
      invalid,
      "options",
    ])
  })

  it("refuses an empty prompt, for which the CLI would fail", () => {
    assert.deepStrictEqual(refusal({ prompt: " \n" }), ["CLI_NO_PROMPT", "prompt"])
  })

  it("skips permissions only where the policy allows it", () => {
    const fields = { permissionMode: "bypassPermissions" } as const
    assert.deepStrictEqual(refusal(fields), ["POLICY_DANGEROUS", "permissionMode"])
    assert.include(args(fields, context("2.1.329", true)), "--dangerously-skip-permissions")
  })

  it("refuses a schema in the versions that may ask for it without end", () => {
    for (const version of ["2.1.0", "2.1.100"]) {
      assert.deepStrictEqual(refusal({ outputSchema: {} }, context(version)), [
        "CLI_VERSION_UNSUPPORTED",
        "outputSchema",
      ])
    }
    assert.include(args({ outputSchema: {} }, context("2.0.69")), "--json-schema")
  })

  it("refuses a version that is blocked", () => {
    assert.deepStrictEqual(refusal({}, context("1.0.0")), ["CLI_VERSION_UNSUPPORTED", "provider"])
  })

  it.effect.prop(
    "is total, and no value of a request becomes an option",
    { fields: RunRequestSchema, version: Schema.Literals(["2.0.69", "2.1.100", "2.1.329", "9.9.9"]) },
    ({ fields, version }) =>
      Effect.sync(() => {
        const prepared = claudeAdapter.prepare(fields, context(version, true))
        if (Result.isSuccess(prepared)) assert.deepStrictEqual(stray(prepared.success.args), [])
        else assert.match(prepared.failure.code, /^(?:QUEUE_|CLI_|POLICY_)/)
      }),
  )

  const hostile = Schema.Literals([
    "--dangerously-skip-permissions",
    "-p",
    "--",
    "--model=x --verbose",
    "=",
    "-",
    "a\nb",
    "--allowedTools",
    "$(id)",
    "é",
  ])
  /** Whatever stands between the parentheses is the CLI's to read; everything else is refused before. */
  const rules = Schema.Literals([
    "Bash",
    "Bash(--model=x --verbose)",
    "Bash(= -p é)",
    "Read(/*)",
    "mcp__a__*",
    "Bash(--)",
  ])
  it.effect.prop(
    "keeps hostile values where they belong",
    { prompt: hostile, model: hostile, dir: hostile, rule: rules, system: hostile },
    ({ dir, model, prompt, rule, system }) =>
      Effect.sync(() => {
        const line = args({
          prompt,
          model,
          addDirs: [dir, dir],
          options: { allowedTools: [rule, rule], disallowedTools: [rule], appendSystemPrompt: system },
        })
        assert.deepStrictEqual(stray(line), [])
        assert.deepStrictEqual(line.slice(7), [
          `--model=${model}`,
          `--append-system-prompt=${system}`,
          `--add-dir=${dir}`,
          `--add-dir=${dir}`,
          `--allowedTools=${rule}`,
          `--allowedTools=${rule}`,
          `--disallowedTools=${rule}`,
        ])
      }),
  )
})
