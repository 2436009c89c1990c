/**
 * Hostile prompts, names, paths and values in every field of a request: none becomes an option, a variable or a directory
 * outside the grant. The agents are fakes that write down their arguments, environment and directory.
 * `RUNYARD_HOSTILE_SHARE` is the part of all that is tried: 3 for a third, another one for each field; 1 for everything.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"

import { tmpdir } from "node:os"
import { join } from "node:path"
import { isWithin, RunyardError } from "@runyard/core"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { open, type StartRequest, type Yard } from "runyard"

const base = realpathSync(mkdtempSync(join(tmpdir(), "runyard-hostile-")))
const granted = join(base, "granted")
const records = join(base, "records")
const sentinel = join(base, "touched")
const uuid = "01234567-89ab-4def-8123-456789abcdef"
let yard: Yard

/** Written before anything else, so that a start is seen whatever becomes of it. */
const agent = (name: string, version: string): string => {
  const path = join(base, name)
  writeFileSync(
    path,
    `#!/bin/sh
case "$1" in --version) echo '${version}'; exit;; esac
{ cat /proc/$$/cmdline; printf '\\1'; cat /proc/$$/environ; printf '\\1'; pwd -P; } > ${records}/$$
`,
  )
  chmodSync(path, 0o755)
  return path
}

beforeAll(async () => {
  for (const directory of [granted, join(granted, "more"), records]) mkdirSync(directory)
  writeFileSync(join(granted, "image.png"), "")
  yard = await open({
    directory: join(base, "store"),
    workspaces: [granted],
    env: { PATH: process.env["PATH"] ?? "", BENIGN: "value", CANARY: "not for agents" },
    executables: { codex: agent("codex", "codex-cli 0.169.0"), claude: agent("claude", "2.1.329 (Claude Code)") },
  })
})
afterAll(async () => {
  await yard.close()
  rmSync(base, { recursive: true, force: true })
})

interface Start {
  readonly args: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
  readonly env: string
  readonly cwd: string
}

/** The private directory of an attempt has another name each time. */
const withoutScratch = (arg: string): string => arg.replace(/^(--output-schema=.*\/runyard-)\w+\//, "$1/")

/** What the agent was given; undefined when the request was refused, and nothing was started. */
const begin = async (request: StartRequest): Promise<Start | undefined> => {
  for (const name of readdirSync(records)) rmSync(join(records, name))
  try {
    await (await yard.start(request)).result()
  } catch (error) {
    if (!(error instanceof RunyardError)) throw error
    assert.match(error.code, /^(?:QUEUE|POLICY|IO|CLI|SECRET)_/)
    assert.deepStrictEqual(readdirSync(records), [])
    return undefined
  }
  const [name, ...others] = readdirSync(records)
  assert.deepStrictEqual(others, [])
  if (name === undefined) return undefined
  const [cmdline = "", environ = "", cwd = ""] = readFileSync(join(records, name), "utf8").split("\u0001")
  const env = environ.split("\0").filter((entry) => entry !== "")
  return {
    // The interpreter and the script come first.
    args: cmdline.split("\0").slice(2, -1).map(withoutScratch),
    names: env.map((entry) => entry.split("=", 1)[0] ?? "").toSorted(),
    env: env.filter((entry) => !entry.startsWith("RUNYARD_RUN=")).join("\n"),
    cwd: cwd.trim(),
  }
}

type Field = {
  readonly name: string
  /** A value that is taken, if there is one. */
  readonly benign?: string
  readonly request: (value: string) => Partial<StartRequest>
}
const fields: Readonly<Record<"codex" | "claude", ReadonlyArray<Field>>> = {
  codex: [
    { name: "prompt", benign: "benign", request: (prompt) => ({ prompt }) },
    { name: "title", benign: "benign", request: (title) => ({ title }) },
    { name: "model", benign: "benign", request: (model) => ({ model }) },
    { name: "cwd", benign: granted, request: (cwd) => ({ cwd }) },
    { name: "addDirs", benign: join(granted, "more"), request: (path) => ({ addDirs: [path] }) },
    { name: "images", benign: join(granted, "image.png"), request: (path) => ({ images: [path] }) },
    { name: "session", benign: uuid, request: (id) => ({ session: { kind: "resume", id } }) },
    { name: "env", benign: "BENIGN", request: (name) => ({ env: [name] }) },
    { name: "profile", request: (profile) => ({ options: { profile } }) },
    {
      name: "config",
      benign: "benign",
      request: (value) => ({ options: { config: { model_reasoning_effort: value }, skipGitRepoCheck: true } }),
    },
    { name: "config key", request: (key) => ({ options: { config: { [key]: "x" }, skipGitRepoCheck: true } }) },
    { name: "option", request: (name) => ({ options: { [name]: true, skipGitRepoCheck: true } }) },
    { name: "secret", request: (name) => ({ secrets: { [name]: "secret:NAME" } }) },
    { name: "schema", benign: "benign", request: (text) => ({ outputSchema: { description: text } }) },
    { name: "policy's variables", benign: "benign", request: (name) => ({ policy: { env: [name] } }) },
    { name: "policy's flags", benign: "benign", request: (flag) => ({ policy: { deniedFlags: { codex: [flag] } } }) },
    { name: "policy's providers", request: (name) => ({ policy: { providers: [name] } }) },
    {
      name: "policy's tools",
      benign: "benign",
      request: (tool) => ({ policy: { deniedTools: [tool], unenforced: "warn" } }),
    },
  ],
  claude: [
    { name: "prompt", benign: "benign", request: (prompt) => ({ prompt }) },
    { name: "title", benign: "benign", request: (title) => ({ title }) },
    { name: "model", benign: "benign", request: (model) => ({ model }) },
    { name: "cwd", benign: granted, request: (cwd) => ({ cwd }) },
    { name: "addDirs", benign: join(granted, "more"), request: (path) => ({ addDirs: [path] }) },
    { name: "session", benign: uuid, request: (id) => ({ session: { kind: "resume", id } }) },
    { name: "new session", benign: uuid, request: (id) => ({ session: { kind: "new", id } }) },
    { name: "env", benign: "BENIGN", request: (name) => ({ env: [name] }) },
    { name: "allowedTools", benign: "benign", request: (rule) => ({ options: { allowedTools: [rule] } }) },
    { name: "disallowedTools", benign: "benign", request: (rule) => ({ options: { disallowedTools: [rule] } }) },
    { name: "system prompt", benign: "benign", request: (text) => ({ options: { appendSystemPrompt: text } }) },
    { name: "option", request: (name) => ({ options: { [name]: true } }) },
    { name: "secret", request: (name) => ({ secrets: { [name]: "secret:NAME" } }) },
    { name: "schema", benign: "benign", request: (text) => ({ outputSchema: { description: text } }) },
    { name: "policy's denied tools", benign: "benign", request: (tool) => ({ policy: { deniedTools: [tool] } }) },
    { name: "policy's allowed tools", benign: "benign", request: (tool) => ({ policy: { allowedTools: [tool] } }) },
    { name: "policy's flags", benign: "benign", request: (flag) => ({ policy: { deniedFlags: { claude: [flag] } } }) },
  ],
}

const payloads = [
  "-h",
  "--help",
  "--version",
  "-",
  "--",
  "-c",
  "-p",
  "--dangerously-skip-permissions",
  "--dangerously-bypass-approvals-and-sandbox",
  "--sandbox=danger-full-access",
  'sandbox_mode="danger-full-access"',
  "--cd=/etc",
  "-C/etc",
  "--add-dir=/",
  '--settings={"hooks":{}}',
  "--mcp-config=/etc/passwd",
  `--output-last-message=${sentinel}`,
  `; touch ${sentinel}`,
  `$(touch ${sentinel})`,
  `\`touch ${sentinel}\``,
  `| touch ${sentinel} #`,
  "benign\n--help",
  "benign --dangerously-skip-permissions",
  "benign\0--help",
  "=--help",
  "@/etc/passwd",
  "../../../etc",
  "/etc/passwd",
  "CANARY",
  "LD_PRELOAD",
  "PATH=/tmp",
  "\u2014help",
  "\u001b]0;title\u0007",
  "%s%n",
  "__proto__",
  "constructor",
  "-\n",
  " --help",
  "\t--help",
  "\r--help",
  "\u0085--help",
  "\u2010help",
  "\u2011\u2011help",
  "\u2013help",
  "\u2212help",
  "\ufe63\ufe63help",
  "\uff0d\uff0dhelp",
  "\u00ad--help",
  "\u200b--help",
  "\ufeff--help",
  "\u202e--help",
  "\u2028--help",
  "\ud800--help",
  "--model=--help",
  "--=x",
  "---help",
  "--help\0",
  "\0",
  "-c sandbox_mode=danger-full-access",
  '-csandbox_mode="danger-full-access"',
  '--config=approval_policy="never"',
  'benign" sandbox_mode="danger-full-access',
  'benign"\nsandbox_mode="danger-full-access',
  'benign"\r\n[sandbox_workspace_write]\r\nnetwork_access=true\r\n#',
  'benign\\"\nnetwork_access=true',
  '"""',
  "'''",
  "{network_access=true}",
  "[1]",
  "true",
  "danger-full-access",
  "bypassPermissions",
  "--dangerously-bypass-hook-trust",
  "--allow-dangerously-skip-permissions",
  "--permission-mode=bypassPermissions",
  "Bash,Write",
  "Bash Write",
  "Bash(*) Write(*)",
  "Bash(),Write",
  "Bash(a,b)",
  "Bash((a))",
  "Bash(a)\n--help",
  "Bash) --help (",
  "*",
  "mcp__*__*",
  "@file",
  "@-",
  "%0a--help",
  "$'\\x2d\\x2dhelp'",
  "$IFS--help",
  "&& touch sentinel",
  "> sentinel",
  "~/.ssh/id_rsa",
  "file:///etc/passwd",
  "\\\\host\\share",
  "C:\\Windows",
  "/proc/self/environ",
  "//etc//passwd",
  "granted/../../etc",
  "NODE_OPTIONS",
  "NODE_OPTIONS=--require=/etc/passwd",
  "RUNYARD_RUN",
  "RUNYARD_ALLOW_DANGEROUS",
  "LD_PRELOAD=/etc/x.so",
  "01234567-89ab-4def-8123-456789abcdef --help",
  "01234567-89ab-4def-8123-456789abcdef\n",
  "x".repeat(200_000),
]

const providers = ["codex", "claude"] as const
const share = Number(process.env["RUNYARD_HOSTILE_SHARE"] ?? 3)
const payloadsOf = (field: number): ReadonlyArray<string> =>
  payloads.filter((_, index) => (index + field) % share === 0)
const cases = providers
  .flatMap((provider) => fields[provider].map((_, index) => payloadsOf(index).length))
  .reduce((sum, count) => sum + count, 0)

describe(`A hostile request, one of ${cases}`, () => {
  for (const provider of providers) {
    for (const [index, field] of fields[provider].entries()) {
      it(
        `adds no option, variable or directory for ${provider} by its ${field.name}`,
        { timeout: 60_000 },
        async () => {
          const options = provider === "codex" ? { skipGitRepoCheck: true } : {}
          const requestOf = (value: string): StartRequest => ({
            provider,
            prompt: "hello",
            cwd: granted,
            options,
            ...field.request(value),
          })
          const { benign } = field
          const expected = benign === undefined ? undefined : await begin(requestOf(benign))
          if (benign !== undefined) assert.isDefined(expected, "the benign request was refused")
          for (const payload of payloadsOf(index)) {
            const found = await begin(requestOf(payload))
            assert.isFalse(existsSync(sentinel), payload)
            if (found === undefined) continue
            assert.isDefined(expected, `${payload} was taken`)
            const shown = JSON.stringify(payload)
            assert.isTrue(isWithin(granted, found.cwd), shown)
            // The value may stand where the benign one stood, inside the same argument, and nowhere else.
            const args = (expected?.args ?? []).map((arg) => {
              if (benign === undefined || !arg.includes(benign)) return arg
              return field.name === "config" || field.name === "schema"
                ? arg.replace(`"${benign}"`, () => shown)
                : arg.replace(benign, () => payload.toWellFormed())
            })
            assert.deepStrictEqual(found.args, args, shown)
            for (const [at, arg] of found.args.entries()) {
              if (arg !== expected?.args[at]) assert.match(arg, /^(?:--[a-z-]+=|\{)/i, shown)
            }
            const names = (expected?.names ?? []).filter((name) => field.name !== "env" || name !== benign)
            // A variable that the request names is passed, when it is there; its name is no secret.
            const more = field.name === "env" && payload === "CANARY" ? ["CANARY"] : []
            assert.deepStrictEqual(found.names, [...names, ...more].toSorted(), shown)
            if (field.name !== "env") assert.strictEqual(found.env, expected?.env, shown)
          }
        },
      )
    }
  }
})
