import { type AdapterPolicy, type ErrorCode, type PrepareContext, RunRequest } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { prepare } from "../src/CodexArgs.ts"
import { assessVersion } from "../src/CodexVersion.ts"

const strict: AdapterPolicy = { allowDangerous: false, configKeys: [] }
const id = "01a1fc54-df4f-70b0-b175-7120dac96006"

const contextOf = (version: string | undefined = "0.169.0", policy = strict, repository = true): PrepareContext => ({
  profile: assessVersion(version),
  scratch: "/scratch/a",
  repository,
  policy,
})

const ask = (more: Partial<RunRequest> = {}): RunRequest => ({ provider: "codex", prompt: "do it", cwd: "/w", ...more })

const argsOf = (more: Partial<RunRequest>, context = contextOf()): ReadonlyArray<string> => {
  const result = prepare(ask(more), context)
  if (Result.isFailure(result)) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.success.args
}

const refusal = (more: Partial<RunRequest>, context = contextOf()) => {
  const result = prepare(ask(more), context)
  return Result.isFailure(result) ? result.failure : undefined
}
const codeOf = (more: Partial<RunRequest>, context = contextOf()): ErrorCode | undefined => refusal(more, context)?.code

describe("the command line", () => {
  it("has the prompt on stdin and nowhere else", () => {
    const result = prepare(ask({ prompt: "--model=x" }), contextOf())
    assert.isTrue(Result.isSuccess(result))
    if (Result.isFailure(result)) return
    assert.deepStrictEqual(result.success, {
      args: ["exec", "--json", "--sandbox=read-only", "-"],
      env: {},
      stdin: { kind: "text", text: "--model=x" },
      files: {},
      format: "jsonl",
      transport: "exec",
    })
  })

  it("asks 0.42, and a version that is not readable, for the dialect that every version speaks", () => {
    assert.deepStrictEqual(argsOf({}, contextOf("0.42.0")), ["exec", "--experimental-json", "--sandbox=read-only", "-"])
    assert.deepStrictEqual(
      prepare(ask(), { ...contextOf(), profile: assessVersion(undefined) }).pipe(Result.map(({ args }) => args)),
      Result.succeed(["exec", "--experimental-json", "--sandbox=read-only", "-"]),
    )
  })

  it("attaches each value to its flag", () => {
    const policy = { allowDangerous: false, configKeys: ["features", "model_reasoning_effort", "profile"] }
    const args = argsOf(
      {
        model: "-gpt",
        sandbox: "workspace-write",
        persistSession: false,
        outputSchema: { type: "object" },
        addDirs: ["/a", "/-b"],
        images: ["/i.png"],
        options: {
          skipGitRepoCheck: true,
          profile: "work",
          config: { model_reasoning_effort: 'h"i=gh\u007f', "features.plugins": false, "features.n": 3 },
        },
      },
      contextOf("0.169.0", policy),
    )
    assert.deepStrictEqual(args, [
      "exec",
      "--json",
      "--model=-gpt",
      "--sandbox=workspace-write",
      "--skip-git-repo-check",
      "--ephemeral",
      "--output-schema=/scratch/a/output-schema.json",
      "--add-dir=/a",
      "--add-dir=/-b",
      "--image=/i.png",
      "--profile=work",
      '--config=model_reasoning_effort="h\\"i=gh\\u007f"',
      "--config=features.plugins=false",
      "--config=features.n=3",
      "-",
    ])
  })

  it("writes the schema into the scratch directory", () => {
    const result = prepare(ask({ outputSchema: { type: "object" } }), contextOf())
    assert.deepStrictEqual(
      Result.map(result, ({ files }) => files),
      Result.succeed({ "output-schema.json": '{"type":"object"}' }),
    )
  })

  it("puts flags before resume, the sandbox among them", () => {
    const session = { kind: "resume", id } as const
    assert.deepStrictEqual(argsOf({ session, model: "m", sandbox: "read-only" }, contextOf("0.72.0")), [
      "exec",
      "--json",
      "--model=m",
      "--sandbox=read-only",
      "resume",
      id,
      "-",
    ])
    assert.deepStrictEqual(argsOf({ session: { ...session, fork: true } }), [
      "exec",
      "--json",
      "--sandbox=read-only",
      "fork",
      id,
      "-",
    ])
  })

  it("speaks to people when asked to", () => {
    const result = prepare(ask({ options: { format: "human" } }), contextOf())
    assert.deepStrictEqual(
      Result.map(result, ({ args, format }) => [args, format]),
      Result.succeed([["exec", "--color=never", "--sandbox=read-only", "-"], "human"]),
    )
  })

  it("maps the permission mode to a sandbox", () => {
    assert.include(argsOf({ permissionMode: "plan" }), "--sandbox=read-only")
    assert.include(argsOf({ permissionMode: "acceptEdits" }), "--sandbox=workspace-write")
    assert.deepStrictEqual(argsOf({ permissionMode: "default" }), argsOf({}))
    assert.deepStrictEqual(argsOf({ permissionMode: "dontAsk" }), argsOf({}))
    assert.include(argsOf({ permissionMode: "dontAsk", sandbox: "read-only" }), "--sandbox=read-only")
    assert.include(argsOf({ permissionMode: "plan", sandbox: "read-only" }), "--sandbox=read-only")
  })

  it("takes the sandbox away only where the policy lets it", () => {
    const allowed = contextOf("0.169.0", { allowDangerous: true, configKeys: [] })
    const bypass = { permissionMode: "bypassPermissions" } as const
    const danger = { sandbox: "danger-full-access" } as const
    assert.deepStrictEqual(argsOf(bypass, allowed), [
      "exec",
      "--json",
      "--dangerously-bypass-approvals-and-sandbox",
      "-",
    ])
    assert.deepStrictEqual(argsOf({ ...bypass, ...danger }, allowed), argsOf(bypass, allowed))
    assert.include(argsOf(danger, allowed), "--sandbox=danger-full-access")
    for (const more of [
      bypass,
      danger,
      { ...bypass, ...danger },
      { ...danger, session: { kind: "resume", id } as const },
    ]) {
      assert.strictEqual(codeOf(more), "POLICY_DANGEROUS")
    }
    const config = { options: { config: { "profiles.x.sandbox_mode": "danger-full-access" } } }
    assert.strictEqual(
      codeOf(config, contextOf("0.169.0", { allowDangerous: false, configKeys: ["profiles"] })),
      "POLICY_DANGEROUS",
    )
  })

  it("refuses a mode and a sandbox that contradict each other", () => {
    const allowed = contextOf("0.169.0", { allowDangerous: true, configKeys: [] })
    for (const [permissionMode, sandbox] of [
      ["plan", "workspace-write"],
      ["acceptEdits", "read-only"],
      ["acceptEdits", "danger-full-access"],
      ["bypassPermissions", "read-only"],
    ] as const) {
      const error = refusal({ permissionMode, sandbox }, allowed)
      assert.strictEqual(error?.code, "QUEUE_REQUEST_INVALID")
      assert.strictEqual(error?.detail["field"], "sandbox")
    }
  })

  it("overrides only what the policy names, and what lies below it", () => {
    const allowed = contextOf("0.169.0", { allowDangerous: false, configKeys: ["features", "a.b"] })
    const config = (key: string, value = "v") => ({ options: { config: { [key]: value } } })
    assert.strictEqual(codeOf(config("model_reasoning_effort"), allowed), "POLICY_NOT_ALLOWED")
    assert.strictEqual(refusal(config("featuresx"), allowed)?.detail["key"], "featuresx")
    assert.isUndefined(codeOf(config("features.x.y"), allowed))
    assert.isUndefined(codeOf(config("a.b"), allowed))
    assert.strictEqual(codeOf(config("a"), allowed), "POLICY_NOT_ALLOWED")
    assert.strictEqual(codeOf({ options: { profile: "p" } }, allowed), "POLICY_NOT_ALLOWED")
    const all = contextOf("0.169.0", { allowDangerous: false, configKeys: ["sandbox_mode", "model"] })
    assert.strictEqual(codeOf(config("sandbox_mode", "read-only"), all), "QUEUE_REQUEST_INVALID")
    assert.strictEqual(codeOf(config("model"), all), "QUEUE_REQUEST_INVALID")
  })

  it("names an option that Codex does not have", () => {
    const error = refusal({ options: { maxTurns: 3 } })
    assert.strictEqual(error?.code, "QUEUE_OPTION_UNSUPPORTED")
    assert.strictEqual(error?.detail["option"], "maxTurns")
    assert.strictEqual(codeOf({ options: JSON.parse('{"__proto__":1}') }), "QUEUE_OPTION_UNSUPPORTED")
  })

  it("names an option whose value is wrong", () => {
    const field = (options: NonNullable<RunRequest["options"]>) => refusal({ options })?.detail["field"]
    assert.strictEqual(field({ format: "xml" }), "options.format")
    assert.strictEqual(field({ skipGitRepoCheck: "yes" }), "options.skipGitRepoCheck")
    assert.strictEqual(field({ config: { "a b": 1 } }), "options.config")
    assert.strictEqual(field({ config: { a: null } }), "options.config")
    assert.strictEqual(field({ config: { "a=b": "c" } }), "options.config")
    assert.strictEqual(field({ profile: "-p" }), "options.profile")
  })

  it("refuses what this version cannot do, and says which can", () => {
    const session = { kind: "resume", id } as const
    const cases: ReadonlyArray<readonly [Partial<RunRequest>, string, string]> = [
      [{ persistSession: false }, "0.98.0", "0.121.0"],
      [{ session: { ...session, fork: true } }, "0.155.1", "0.169.0"],
      [{ session, outputSchema: {} }, "0.121.0", "0.142.5"],
      [{ session, images: ["/i.png"] }, "0.72.0", "0.98.0"],
      [{ addDirs: ["/a"] }, "0.42.0", "0.72.0"],
      [{ options: { format: "human" } }, "0.42.0", "0.72.0"],
    ]
    for (const [more, before, from] of cases) {
      const error = refusal(more, contextOf(before))
      assert.strictEqual(error?.code, "CLI_VERSION_UNSUPPORTED", before)
      assert.strictEqual(error?.detail["needs"], from)
      assert.isUndefined(refusal(more, contextOf(from)), from)
    }
    assert.strictEqual(codeOf({}, contextOf("0.30.0")), "CLI_VERSION_UNSUPPORTED")
  })

  it("refuses what Codex can never do", () => {
    assert.strictEqual(codeOf({ session: { kind: "new", id } }), "QUEUE_OPTION_UNSUPPORTED")
    assert.isUndefined(codeOf({ session: { kind: "new" } }))
    assert.strictEqual(codeOf({ prompt: " \n" }), "CLI_NO_PROMPT")
    assert.strictEqual(codeOf({ images: ["/a,b.png"] }), "QUEUE_REQUEST_INVALID")
    assert.strictEqual(codeOf({ images: ["a.png"] }), "QUEUE_REQUEST_INVALID")
    assert.strictEqual(codeOf({ addDirs: ["../b"] }), "QUEUE_REQUEST_INVALID")
    assert.isUndefined(codeOf({ images: ["C:\\a.png", "\\\\host\\b.png"] }))
  })

  it("takes nothing but a UUID for the id of a session", () => {
    for (const bad of ["--last", "-", "last", "my session", `${id} `, `${id}\n`, `--${id}`, "../x"]) {
      assert.strictEqual(codeOf({ session: { kind: "resume", id: bad } }), "QUEUE_REQUEST_INVALID", bad)
    }
  })

  it("refuses a NUL byte wherever it hides", () => {
    const nul = "a\0b"
    const cases: ReadonlyArray<Partial<RunRequest>> = [
      { prompt: nul },
      { model: nul },
      { cwd: `/${nul}` },
      { images: [`/${nul}`] },
      { addDirs: [`/${nul}`] },
      { session: { kind: "resume", id: nul } },
      { outputSchema: { a: { b: [nul] } } },
      { outputSchema: { [nul]: 1 } },
      { options: { config: { a: nul } } },
    ]
    for (const more of cases) assert.strictEqual(codeOf(more), "QUEUE_REQUEST_INVALID")
    assert.isUndefined(codeOf({ prompt: "a\\u0000b" }))
  })

  it("refuses a directory outside of a repository before anything is started", () => {
    const outside = contextOf("0.169.0", strict, false)
    assert.strictEqual(codeOf({}, outside), "CLI_NOT_A_REPOSITORY")
    assert.isUndefined(codeOf({ options: { skipGitRepoCheck: true } }, outside))
  })
})

/** What an attacker would put where a value belongs. */
const hostile = Schema.Literals([
  "--dangerously-bypass-approvals-and-sandbox",
  "--sandbox=danger-full-access",
  "-c",
  "-",
  "--",
  "resume",
  "exec",
  "$(id)",
  "; rm -rf /",
  'x"\nsandbox_mode="danger-full-access',
  "--json\0",
  "",
])
const text = Schema.Union([hostile, Schema.String])
const path = Schema.Union([
  Schema.Literals(["/--sandbox=danger-full-access", "/-c", "/a b", "relative"]),
  Schema.String,
])
const HostileRequest = Schema.Struct({
  provider: Schema.Literal("codex"),
  prompt: text,
  cwd: Schema.Literal("/w"),
  model: Schema.optionalKey(text),
  permissionMode: Schema.optionalKey(
    Schema.Literals(["default", "plan", "acceptEdits", "bypassPermissions", "dontAsk"]),
  ),
  sandbox: Schema.optionalKey(Schema.Literals(["read-only", "workspace-write", "danger-full-access"])),
  session: Schema.optionalKey(
    Schema.Union([
      Schema.Struct({
        kind: Schema.Literal("resume"),
        id: Schema.Union([text, Schema.Literal(id)]),
        fork: Schema.optionalKey(Schema.Boolean),
      }),
      Schema.Struct({ kind: Schema.Literal("new"), id: Schema.optionalKey(text) }),
    ]),
  ),
  persistSession: Schema.optionalKey(Schema.Boolean),
  images: Schema.optionalKey(Schema.Array(path)),
  addDirs: Schema.optionalKey(Schema.Array(path)),
  options: Schema.optionalKey(
    Schema.Struct({
      format: Schema.optionalKey(Schema.Literals(["jsonl", "human"])),
      skipGitRepoCheck: Schema.optionalKey(Schema.Boolean),
      config: Schema.optionalKey(
        Schema.Record(Schema.Union([Schema.Literals(["a", "a.b", "c", "a.x=1\nsandbox_mode"]), Schema.String]), text),
      ),
    }),
  ),
})
const versions = Schema.Literals(["0.42.0", "0.72.0", "0.98.0", "0.121.0", "0.142.5", "0.155.1", "0.169.0", "9.0.0"])

const whole = new Set(["--json", "--experimental-json", "--color=never", "--skip-git-repo-check", "--ephemeral"])
const valued = /^--(?:model|sandbox|output-schema|add-dir|image|profile|config)=/

describe("whatever the request", () => {
  it.prop(
    "the command line is made or refused, and nothing is thrown",
    { request: RunRequest, version: versions },
    ({ request, version }) => {
      const result = prepare(request, contextOf(version, { allowDangerous: true, configKeys: ["a"] }))
      assert.isTrue(Result.isSuccess(result) || result.failure.code.length > 0)
    },
  )

  it.prop(
    "no value becomes an option, a subcommand or a wider permission",
    { request: HostileRequest, version: versions },
    ({ request, version }) => {
      const result = prepare(request, contextOf(version, { allowDangerous: false, configKeys: ["a"] }))
      if (Result.isFailure(result)) return
      const { args, stdin } = result.success
      const [exec, ...rest] = args
      const flags = rest.filter((arg) => arg.startsWith("--"))
      const words = rest.slice(flags.length)
      assert.strictEqual(exec, "exec")
      assert.deepStrictEqual(rest.slice(0, flags.length), flags)
      for (const flag of flags) assert.isTrue(whole.has(flag) || valued.test(flag), flag)
      assert.deepStrictEqual(
        words,
        request.session?.kind === "resume" ? [request.session.fork === true ? "fork" : "resume", id, "-"] : ["-"],
      )
      assert.isFalse(flags.some((flag) => /^--sandbox=danger|^--dangerously|^--config=sandbox_mode="danger/.test(flag)))
      assert.isFalse(args.some((arg) => arg.includes("\0")))
      assert.deepStrictEqual(stdin, { kind: "text", text: request.prompt })
      // The prompt has no part in the arguments.
      const other = prepare(
        { ...request, prompt: "other" },
        contextOf(version, { allowDangerous: false, configKeys: ["a"] }),
      )
      assert.deepStrictEqual(
        Result.map(other, (invocation) => invocation.args),
        Result.succeed(args),
      )
    },
    { arbitrary: { runs: 500 } },
  )
})
