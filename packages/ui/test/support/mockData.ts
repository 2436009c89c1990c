/** What the server of the tests knows: invented, in the shapes of the contract. */
import type { Diagnosis, Grant, Policy, ServerSettings, UsageSum } from "../../src/api/types.ts"

const scope = { platform: "local", tenant: "local", workspace: "local-workspace" }
const hour = 3_600_000

type Flag = Policy["flags"][number]
type Mode = Policy["permissionModes"][number]

export const settings: ServerSettings = {
  version: "0.1.0",
  node: "26.10.0",
  platform: "linux",
  pid: 48_213,
  startedAt: Date.now() - 5 * hour,
  store: { readOnly: false },
  limits: { queueMillis: 0, wallMillis: 2 * hour, idleMillis: hour / 3, toolIdleMillis: 0, lingerMillis: 10_000 },
  scope,
  actor: "you",
  demo: false,
}

const containment: NonNullable<Diagnosis["containment"]> = {
  containment: "pid-namespace",
  message: "Runs get a PID namespace of their own; the kernel ends all of it at once, also when the host dies.",
  refused: [],
}

export const capabilities: ReadonlyArray<Diagnosis> = [
  {
    provider: "claude",
    name: "Claude Code",
    executable: "/usr/local/bin/claude",
    profile: {
      version: "2.1.329",
      status: "supported",
      features: { streamJson: true, partialMessages: true, sessionId: true, maxTurns: true, structuredOutput: true },
    },
    auth: { state: "ready", message: "Signed in with a subscription." },
    containment,
  },
  {
    provider: "codex",
    name: "Codex CLI",
    error: {
      code: "CLI_NOT_FOUND",
      class: "usage",
      message: 'Codex CLI was not found: The program "codex" was not found on PATH',
      remedy: "Install it with `npm install -g @openai/codex`. Or set RUNYARD_CODEX_PATH to its path.",
      detail: { program: "codex", provider: "codex" },
    },
  },
  {
    provider: "scripted",
    name: "Scripted agent",
    executable: "/usr/local/bin/node",
    profile: {
      version: "0.1.0",
      status: "degraded",
      message: "It follows a script and asks no model.",
      features: { streamJson: true, partialMessages: true, sessionId: true, maxTurns: false },
    },
    auth: { state: "ready", message: "It needs no login." },
    containment,
  },
]

export const grants: ReadonlyArray<Grant> = [
  {
    id: "grant_aaaaaaaaaaaa1",
    scope,
    path: "/home/ada/parser",
    mode: "write",
    remote: false,
    by: "you",
    at: Date.now() - 40 * hour,
  },
  {
    id: "grant_aaaaaaaaaaaa2",
    scope,
    path: "/home/ada/site",
    mode: "write",
    remote: false,
    by: "you",
    at: Date.now() - 90 * hour,
    expiresAt: Date.now() + 3 * hour,
  },
  {
    id: "grant_aaaaaaaaaaaa3",
    scope,
    path: "/srv/nfs/datasets",
    mode: "read",
    remote: true,
    by: "you",
    at: Date.now() - 300 * hour,
  },
]

const allowed = (flag: string, reason: string, shape?: Flag["shape"], value?: string): Flag => ({
  flag,
  decision: "allowed",
  reason,
  source: "built in",
  ...(shape === undefined ? {} : { shape }),
  ...(value === undefined ? {} : { value }),
})
const denied = (flag: string, reason: string): Flag => ({ flag, decision: "denied", reason, source: "built in" })
const mode = (
  mode: string,
  decision: Mode["decision"],
  reason: string,
  note: string,
  flags: ReadonlyArray<string> = [],
): Mode => ({
  mode,
  decision,
  reason,
  source: decision === "denied" ? "/etc/runyard/policy.json" : "built in",
  note,
  flags,
})

const rule: NonNullable<Flag["shape"]> = {
  kind: "pattern",
  pattern: "^[A-Z][A-Za-z]*(\\(.*\\))?$",
  flags: "",
  what: "one tool rule",
}

const claude: Policy = {
  provider: "claude",
  name: "Claude Code",
  version: "2.1.329",
  use: { decision: "allowed", reason: "Every provider is, unless a policy lists them", source: "built in" },
  advanced: { value: false, source: "this host" },
  flags: [
    allowed("--add-dir", "addDirs, each of them granted", { kind: "path" }, "an absolute path"),
    allowed("--allowedTools", "options.allowedTools", rule, "one tool rule"),
    allowed("--append-system-prompt", "options.appendSystemPrompt", { kind: "text" }, "any text"),
    allowed("--disallowedTools", "options.disallowedTools, and what a policy denies", rule, "one tool rule"),
    allowed("--include-partial-messages", "options.partialMessages", { kind: "none" }, "no value"),
    allowed(
      "--max-budget-usd",
      "options.maxBudgetUsd, and what a policy sets",
      { kind: "amount" },
      "an amount above 0",
    ),
    allowed(
      "--max-turns",
      "options.maxTurns, and what a policy sets",
      { kind: "integer", minimum: 1, maximum: 1_000_000 },
      "an integer from 1 to 1000000",
    ),
    allowed("--model", "model", { kind: "text" }, "any text"),
    allowed(
      "--output-format",
      "options.format",
      { kind: "word", words: ["stream-json", "json", "text"] },
      "one of stream-json, json, text",
    ),
    {
      flag: "--dangerously-skip-permissions",
      decision: "advanced",
      reason: "It lets the agent do everything without asking",
      source: "this host",
      shape: { kind: "none" },
      value: "no value",
    },
    denied("--agents", "It brings programs that run with the agent's rights: put it in the user's own settings"),
    denied("--debug-file", "It writes a file wherever it is told, past the redaction"),
    denied("--effort", "No request leads to it yet"),
    denied("--mcp-config", "It brings programs that run with the agent's rights: put it in the user's own settings"),
  ],
  permissionModes: [
    mode(
      "default",
      "allowed",
      "Every mode is, unless a policy lists them",
      "Tools that need a permission are refused",
      ["--permission-mode=default"],
    ),
    mode("plan", "allowed", "Every mode is, unless a policy lists them", "It reads and plans, and changes nothing", [
      "--permission-mode=plan",
    ]),
    mode("acceptEdits", "allowed", "Every mode is, unless a policy lists them", "Edits of files need no permission", [
      "--permission-mode=acceptEdits",
    ]),
    mode(
      "bypassPermissions",
      "advanced",
      "It lets the agent do everything without asking",
      "Nothing needs a permission",
      ["--dangerously-skip-permissions"],
    ),
    mode("dontAsk", "denied", "The policy allows default, plan and acceptEdits", "What has no permission is refused", [
      "--permission-mode=dontAsk",
    ]),
  ],
  sandboxModes: [
    { mode: "none", decision: "allowed", reason: "Every sandbox is, unless a policy lists them", source: "built in" },
    ...["read-only", "workspace-write", "danger-full-access"].map((mode): Mode => ({
      mode,
      decision: "denied",
      reason: "The CLI has no sandbox that can be asked for",
      source: "built in",
    })),
  ],
  limits: [
    {
      limit: "wallMillis",
      usual: { value: 2 * hour, source: "this host" },
      most: { value: 8 * hour, source: "/etc/runyard/policy.json" },
      enforced: "runyard",
      note: "The processes of the run are ended",
    },
    {
      limit: "idleMillis",
      usual: { value: hour / 3, source: "this host" },
      enforced: "runyard",
      note: "The processes of the run are ended",
    },
    {
      limit: "turns",
      most: { value: 200, source: "/etc/runyard/policy.json" },
      enforced: "cli",
      note: "--max-turns, to the turn",
    },
    { limit: "costUsd", enforced: "cli", note: "--max-budget-usd, checked between requests" },
  ],
  env: ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CONFIG_DIR"],
  rules: [
    {
      rule: "permissionModes",
      set: [{ value: ["default", "plan", "acceptEdits"], source: "/etc/runyard/policy.json" }],
      enforced: "runyard",
      note: "The CLI is given no other mode, and always one",
    },
    {
      rule: "maxWallMillis",
      set: [{ value: 8 * hour, source: "/etc/runyard/policy.json" }],
      enforced: "runyard",
      note: "The processes of the run are ended",
    },
    {
      rule: "network",
      set: [],
      enforced: "not enforced",
      note: "The CLI cannot be kept from the network",
      then: "warn",
    },
    { rule: "deniedTools", set: [], enforced: "cli", note: "--disallowedTools" },
  ],
}

export const policies: ReadonlyArray<Policy> = [claude, { ...claude, provider: "codex", name: "Codex CLI", flags: [] }]

const tokens = (input: number) => ({
  input,
  cacheRead: input * 6,
  cacheWrite: input,
  output: Math.round(input / 5),
  unsplit: 0,
})
const sum = (key: string, attempts: number, usd: number, input: number, costUnknown = 0): UsageSum => ({
  key,
  attempts,
  tokens: tokens(input),
  tokensUncertain: 0,
  vendor: Math.round(usd * 1e9),
  computed: 0,
  costUnknown,
})

const dayKey = (ago: number) => new Date(Date.now() - ago * 24 * hour).toISOString().slice(0, 10)

export const sums = (by: string): ReadonlyArray<UsageSum> => {
  if (by === "provider")
    return [sum("claude", 61, 23.41, 2_410_000), sum("codex", 9, 0, 310_000, 9), sum("scripted", 4, 0.002, 1_200)]
  if (by === "model")
    return [
      sum("claude-opus-5", 31, 19.02, 1_700_000),
      sum("claude-sonnet-5", 30, 4.39, 710_000),
      sum("", 13, 0.002, 311_200, 9),
    ]
  return Array.from({ length: 14 }, (_, index) =>
    sum(dayKey(13 - index), (index * 7) % 11, ((index * 37) % 53) / 11, 120_000 * ((index * 5) % 9)),
  )
}

export const ledger = () => []
