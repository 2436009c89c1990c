/** Runs of the tests' server, with their logs, streams and queue: invented, in the shapes of the contract. */
import type { ServerResponse } from "node:http"
import type { RunEvent } from "../../src/api/types.ts"
import type { Answer } from "./mockServer.ts"
import { settings } from "./mockData.ts"

const minute = 60_000
const start = Date.now() - 4 * minute

type Draft = { readonly [K in RunEvent["type"]]: readonly [type: K, payload: object, more?: object] }[RunEvent["type"]]

const logOf = (id: string, drafts: ReadonlyArray<Draft>, at = start): ReadonlyArray<object> =>
  drafts.map(([type, payload, more], index) => ({
    v: 1,
    runId: id,
    seq: index + 1,
    attempt: index < 2 ? 0 : 1,
    at: at + index * 3_000,
    mono: index * 3_000,
    type,
    channel: "ui",
    severity: type === "run.failed" || type === "agent.error" ? "error" : type === "agent.warning" ? "warning" : "info",
    correlation: {},
    redactions: [],
    payload,
    ...more,
  }))

const host = { id: "host", pid: 48_213, startTime: "1" }
const prompt =
  "The parser drops the last line of a file that has no newline at its end. Find out why, fix it, and add a test that fails without the fix."
const request = {
  provider: "claude",
  prompt,
  cwd: "/home/ada/parser",
  model: "claude-opus-5",
  permissionMode: "acceptEdits",
}
const queued: Draft = ["run.queued", { scope: settings.scope, request, host }]
const claimed: Draft = ["queue.claimed", { host }]
const started: Draft = [
  "run.started",
  {
    executable: "/usr/local/bin/claude",
    version: "2.1.329",
    pid: 48_301,
    args: ["-p", "--output-format=stream-json", "--verbose"],
    cwd: "/home/ada/parser",
    env: ["PATH", "HOME"],
    format: "stream-json",
    marker: "run",
  },
]
const session: Draft = [
  "agent.session",
  { sessionId: "5f0c8a51-0e3e-4a83-9d9b-0c6a4f1f9f10", model: "claude-opus-5", permissionMode: "acceptEdits" },
]
const tool = (toolId: string, kind: string, name: string) => ({ toolId, kind, name })

const grep = tool("t1", "command", "Bash")
const edit = tool("t2", "file_change", "Edit")
const test = tool("t3", "command", "Bash")
const task = tool("t4", "task", "Task")

const diff = `--- src/lines.ts
+++ src/lines.ts
@@ -12,9 +12,12 @@
 export const lines = function* (text: string) {
   let start = 0
   for (let at = text.indexOf("\\n"); at !== -1; at = text.indexOf("\\n", start)) {
     yield text.slice(start, at)
     start = at + 1
   }
-  return
+  // A file may end without a newline.
+  if (start < text.length) {
+    yield text.slice(start)
+  }
 }
 
 export const count = (text: string) => [...lines(text)].length
`

const work: ReadonlyArray<Draft> = [
  queued,
  claimed,
  started,
  session,
  [
    "agent.reasoning",
    {
      text: "The report is about the last line. Let me look at how lines are cut: probably the loop ends at the last newline and what follows is never yielded.\n\nI will read lines.ts first, and then the tests.",
    },
  ],
  ["agent.message", { messageId: "m1", text: "I'll look at how the parser cuts its input into lines." }],
  [
    "agent.plan",
    {
      items: [
        { text: "Find where lines are cut", status: "completed" },
        { text: "Fix the loop", status: "completed" },
        { text: "Add a test that fails without it", status: "in_progress" },
      ],
    },
  ],
  ["agent.tool_started", { ...grep, command: "rg -n 'indexOf\\(\"\\\\n\"' src test" }],
  [
    "agent.tool_completed",
    {
      ...grep,
      status: "completed",
      exitCode: 0,
      durationMillis: 184,
      output: Array.from(
        { length: 14 },
        (_, n) =>
          `src/lines.ts:${n + 12}:  for (let at = text.indexOf("\\n"); at !== -1; at = text.indexOf("\\n", start)) {`,
      ).join("\n"),
    },
  ],
  ["agent.tool_started", { ...task, command: "Look for other places that cut lines" }],
  ["agent.message", { text: "Only `lines.ts` cuts by newline; `columns.ts` uses it.", parentToolId: "t4" }],
  ["agent.tool_completed", { ...task, status: "completed", durationMillis: 8_120, output: "One place." }],
  ["agent.tool_started", { ...edit, input: { file_path: "src/lines.ts" } }],
  [
    "agent.tool_completed",
    {
      ...edit,
      status: "completed",
      durationMillis: 42,
      changes: [
        { path: "src/lines.ts", kind: "update", diff },
        {
          path: "test/lines.test.ts",
          kind: "add",
          diff: '--- test/lines.test.ts\n+++ test/lines.test.ts\n@@ -0,0 +1,5 @@\n+import { lines } from "../src/lines.ts"\n+\n+it("gives the last line without a newline", () => {\n+  assert.deepStrictEqual([...lines("a\\nb")], ["a", "b"])\n+})\n',
        },
      ],
    },
  ],
  ["agent.warning", { text: "The context is 80 % full; earlier output will be summarised soon." }],
  ["agent.tool_started", { ...test, command: "npm test -- test/lines.test.ts" }],
  [
    "agent.tool_completed",
    {
      ...test,
      status: "failed",
      exitCode: 1,
      durationMillis: 4_310,
      output:
        "\u001b[31mFAIL\u001b[0m test/lines.test.ts\n  gives the last line without a newline\n    expected [ 'a' ] to deeply equal [ 'a', 'b' ]\n",
    },
    { source: { stream: "stdout", parts: ['{"type":"user","tool_result":"FAIL"}'] } },
  ],
  [
    "run.usage",
    {
      usage: {
        inputTokens: 1_820,
        cachedInputTokens: 41_200,
        cacheWriteTokens: 3_000,
        outputTokens: 2_410,
        cacheIncluded: false,
        basis: "run",
      },
      cost: { usd: 0.1841, source: "reported", basis: "run" },
    },
  ],
  ["run.chunk.stderr", { text: "\u001b[33mwarn\u001b[0m npm deprecated glob@7.2.3", reason: "text" }],
]

const answer = `The parser stopped at the last newline, so that whatever came after it was never given.

### What I changed

1. \`lines()\` now yields what is left after the last newline, if anything is.
2. A test covers a file **with** and **without** a newline at its end.

\`\`\`ts
if (start < text.length) {
  yield text.slice(start)
}
\`\`\`

| Input | Before | Now |
| --- | --- | --- |
| \`a\\nb\` | 1 line | 2 lines |
| \`a\\nb\\n\` | 2 lines | 2 lines |

See [the documentation](https://example.com/lines) for more. <img src=x onerror=alert(1)> [bad](javascript:alert(1))
`

const done: ReadonlyArray<Draft> = [
  ...work,
  ["agent.message", { messageId: "m9", text: answer }],
  ["agent.turn_ended", { status: "completed" }],
  ["run.progress", { phase: "process_ended", exit: { code: 0, signal: null } }],
  [
    "run.redacted",
    {
      total: 3,
      rules: [
        { rule: "anthropic-key", count: 2, fingerprint: "8f61a57b" },
        { rule: "password", count: 1 },
      ],
    },
  ],
  [
    "run.completed",
    {
      exit: { code: 0, signal: null },
      evidence: { step: "exited", durationMillis: 12, descendants: 2, survivors: [], proof: "namespace" },
    },
  ],
]

const overloaded = {
  code: "CLI_OVERLOADED",
  class: "transient",
  message: "The model service is overloaded",
  remedy: "Try again in a while.",
  detail: {},
}
const denied = {
  code: "AUTH_REQUIRED",
  class: "auth",
  message: "The agent CLI has no login and no key",
  remedy: "Log in with the CLI itself, or pass its key in the environment.",
  detail: {},
}

const failed: ReadonlyArray<Draft> = [
  ...work.slice(0, 9),
  [
    "run.retry_scheduled",
    {
      at: start + 60_000,
      error: overloaded,
      retry: { reason: "transient", sentence: "The service is overloaded; nothing irreversible was done." },
    },
  ],
  ["agent.error", { error: overloaded }],
  [
    "run.failed",
    {
      error: overloaded,
      retry: { reason: "tries_spent", sentence: "It was tried 4 times." },
      exit: { code: 1, signal: null },
      evidence: { step: "exited", durationMillis: 9, descendants: 0, survivors: [], proof: "cgroup" },
    },
  ],
]

const base = (id: string, state: string, log: ReadonlyArray<object>, more: object = {}) => ({
  id,
  scope: settings.scope,
  actor: "ada",
  request,
  state,
  createdAt: start,
  updatedAt: start,
  host,
  attempts: [{ number: 1, startedAt: start + 2_000, version: "2.1.329", pid: 48_301 }],
  queue: { priority: "normal" },
  lastSeq: log.length,
  sessionId: "5f0c8a51-0e3e-4a83-9d9b-0c6a4f1f9f10",
  model: "claude-opus-5",
  usage: {
    inputTokens: 1_820,
    cachedInputTokens: 41_200,
    cacheWriteTokens: 3_000,
    outputTokens: 2_410,
    cacheIncluded: false,
    basis: "run",
  },
  cost: { usd: 0.1841, source: "reported", basis: "run" },
  unknownLines: 0,
  redactionCount: 3,
  ...more,
})

export const runs = {
  live: "run_00000000000000live",
  done: "run_00000000000000done",
  failed: "run_000000000000failed",
  waiting: "run_00000000000waiting",
  needs: "run_0000000000000needs",
  million: "run_00000000000million",
} as const

const logs = new Map<string, ReadonlyArray<object>>([
  [runs.live, logOf(runs.live, work)],
  [runs.done, logOf(runs.done, done)],
  [runs.failed, logOf(runs.failed, failed)],
  [runs.waiting, logOf(runs.waiting, [queued])],
  [runs.needs, logOf(runs.needs, [queued, claimed, ["run.action_needed", { error: denied }]])],
])

/** Events of the long run, and how one of them reads: many small ones, and now and then a large one. */
export const longLength = 1_000_000
const longEvent = (seq: number): object => {
  const common = {
    v: 1,
    runId: runs.million,
    seq,
    attempt: 1,
    at: start + seq * 5,
    mono: seq * 5,
    channel: "transcript",
    severity: "info",
    correlation: {},
    redactions: [],
  }
  switch (seq % 10) {
    case 0:
      return {
        ...common,
        type: "agent.message",
        payload: {
          text: `Step ${seq}: looked at \`file-${seq % 997}.ts\` and went on.\n\nThe next one is *not* the same.`,
        },
      }
    case 1:
      return {
        ...common,
        type: "agent.reasoning",
        payload: { text: `Thinking about part ${seq}. `.repeat(1 + (seq % 7)) },
      }
    case 2:
    case 5:
      return {
        ...common,
        type: "agent.tool_started",
        payload: {
          ...tool(`t${seq}`, "command", "Bash"),
          command: `sed -n '${seq % 400},${(seq % 400) + 20}p' src/file-${seq % 997}.ts`,
        },
      }
    case 3:
    case 6:
      return {
        ...common,
        type: "agent.tool_completed",
        payload: {
          ...tool(`t${seq - 1}`, "command", "Bash"),
          status: "completed",
          exitCode: 0,
          output: `line ${seq}\n`.repeat(1 + (seq % 13)),
        },
      }
    default:
      return { ...common, type: "run.chunk.stderr", payload: { text: `debug ${seq}: nothing of note`, reason: "text" } }
  }
}

const eventsOf = (id: string, after: number, limit: number) => {
  if (id === runs.million) {
    const events = Array.from({ length: Math.max(0, Math.min(limit, longLength - after)) }, (_, n) =>
      longEvent(after + n + 1),
    )
    return { events, lastSeq: longLength }
  }
  const log = logs.get(id) ?? []
  return { events: log.slice(after, after + limit), lastSeq: log.length }
}

const finals = ["succeeded", "succeeded", "succeeded", "failed", "succeeded", "canceled", "timed_out", "interrupted"]
const prompts = [
  "Add a test for the parser's last line",
  "Why does the build take twice as long since Monday? Look at the bundler's configuration and at what it loads.",
  "Rename `FooBar` to `Lines` everywhere, and update the documentation",
  "Review the change on this branch and list what could break",
  "Write the release notes from the log since v0.4.0",
]
const past = Array.from({ length: 412 }, (_, index) => {
  const provider = ["claude", "claude", "codex", "scripted"][index % 4] ?? "claude"
  const created = start - (index + 1) * 47 * minute
  const state = finals[(index * 5) % finals.length] ?? "succeeded"
  return base(`run_${String(999_999 - index).padStart(16, "0")}`, state, [], {
    request: {
      ...request,
      provider,
      prompt: prompts[index % prompts.length],
      cwd: index % 3 === 0 ? "/home/ada/site" : "/home/ada/parser",
    },
    createdAt: created,
    endedAt: created + 40_000 + (index % 9) * 61_000,
    attempts: [{ number: 1, startedAt: created + 2_000 }],
    ...(provider === "claude" ? {} : { cost: undefined, model: provider === "codex" ? "gpt-6-codex" : undefined }),
    ...(state === "failed" ? { error: overloaded } : {}),
    finalMessage: state === "succeeded" ? "Done. The test fails without the change and passes with it." : undefined,
  })
})

const all = () => [
  base(runs.live, "running", logs.get(runs.live) ?? []),
  base(runs.waiting, "queued", logs.get(runs.waiting) ?? [], {
    attempts: [],
    usage: undefined,
    cost: undefined,
    redactionCount: 0,
    createdAt: start + minute,
  }),
  base(runs.needs, "action_needed", logs.get(runs.needs) ?? [], { error: denied, usage: undefined, cost: undefined }),
  base(runs.done, "succeeded", logs.get(runs.done) ?? [], { endedAt: start + 80_000, finalMessage: answer }),
  base(runs.failed, "failed", logs.get(runs.failed) ?? [], { endedAt: start + 50_000, error: overloaded }),
  base(runs.million, "succeeded", [], { lastSeq: longLength, endedAt: start + 3_000_000 }),
  ...past,
]

const queueRow = (runId: string, state: string, more: object) => ({
  runId,
  state,
  provider: "claude",
  scope: settings.scope,
  priority: "normal",
  enqueuedAt: start,
  ...more,
})
const control = {
  paused: false,
  pausedProviders: ["codex"] as Array<string>,
  limits: { global: 4, provider: { claude: 1 } } as Record<string, unknown>,
  quotas: { perWorkspace: 50, tenant: { local: 200 } } as Record<string, unknown>,
}

const priorities = ["interactive", "high", "normal", "normal", "normal", "low", "background"]
const listing = () => ({
  control,
  waiting: 41,
  runs: [
    queueRow(runs.live, "executed", { enqueuedAt: start }),
    queueRow(runs.waiting, "waiting", { position: 1, startsAt: Date.now() + 90_000, priority: "high" }),
    ...past.slice(0, 36).map(({ id }, index) =>
      queueRow(id, "waiting", {
        position: index + 2,
        priority: priorities[Math.floor(index / 6)] ?? "background",
        provider: index % 5 === 3 ? "codex" : "claude",
        enqueuedAt: start - index * minute,
        ...(index % 5 === 3 ? {} : { startsAt: Date.now() + (index + 2) * 2 * minute }),
      }),
    ),
    queueRow(past[40]?.id ?? "", "delayed", { notBefore: Date.now() + 3 * 60 * minute }),
    queueRow(past[41]?.id ?? "", "held", { priority: "low" }),
  ],
})

const decisions = [
  {
    at: Date.now() - 12 * minute,
    by: "ada",
    reason: "The account is over its limit",
    change: { kind: "pause", provider: "codex" },
    control,
  },
  {
    at: Date.now() - 50 * minute,
    by: "ada",
    change: { kind: "limits", limits: { provider: { claude: 1 } } },
    control,
  },
  { at: Date.now() - 300 * minute, by: "bob", change: { kind: "resume" }, control },
]

const found = (id: string) => all().find((each) => each.id === id)

export const runRoutes: ReadonlyArray<readonly [string, RegExp, Answer]> = [
  [
    "GET",
    /^\/runs$/,
    ({ query }) => {
      const states = query.getAll("state")
      const before = query.get("before")
      const text = query.get("q")?.toLowerCase()
      const matching = all().filter(
        ({ request: { prompt, provider }, state }) =>
          (states.length === 0 || states.includes(state)) &&
          (query.get("provider") ?? provider) === provider &&
          (text === undefined || (prompt ?? "").toLowerCase().includes(text)),
      )
      const from = before === null ? 0 : matching.findIndex(({ id }) => id === before) + 1
      const limit = Number(query.get("limit") ?? 50)
      const page = matching.slice(from, from + limit)
      return { runs: page, ...(from + limit < matching.length ? { next: page.at(-1)?.id } : {}) }
    },
  ],
  [
    "GET",
    /^\/runs\/(run_\w+)\/log$/,
    ({ params: [id = ""], query }) => {
      const wanted = query.getAll("severity")
      const [after, limit] = [Number(query.get("after") ?? 0), Number(query.get("limit") ?? 500)]
      if (wanted.length === 0) return eventsOf(id, after, limit)
      const { events, lastSeq } = eventsOf(id, after, 10_000)
      const looked = events as ReadonlyArray<Pick<RunEvent, "seq" | "severity">>
      const found = looked.filter(({ severity }) => wanted.includes(severity)).slice(0, limit)
      const next = found.length === limit ? found.at(-1)?.seq : after + 10_000
      return { events: found, lastSeq, ...(next !== undefined && next < lastSeq ? { next } : {}) }
    },
  ],
  [
    "GET",
    /^\/runs\/(run_\w+)\/redactions$/,
    () => ({
      redactions: [
        { rule: "anthropic-key", count: 2, fingerprint: "8f61a57b" },
        { rule: "password", count: 1 },
      ],
    }),
  ],
  [
    "GET",
    /^\/runs\/(run_\w+)\/explain$/,
    ({ params: [runId = ""] }) => {
      const state = found(runId)?.state
      if (state === "action_needed")
        return {
          runId,
          state,
          reasons: [],
          error: denied,
          text: `It waits for a person: AUTH_REQUIRED, ${denied.message} ${denied.remedy} After that, retry it.`,
        }
      return {
        runId,
        state,
        position: 2,
        latestStart: Date.now() + 25 * minute,
        longestMillis: 2 * 60 * minute,
        reasons: [
          { code: "LIMIT", limiter: "provider", name: "claude", used: 1, capacity: 1, needs: 1, by: [runs.live] },
        ],
        text: "It waits: 1 of 1 unit for provider claude is used by run_00000000000000live. 1 run is before it. It starts within 25 min at the latest, if no run takes longer than 2 h.",
      }
    },
  ],
  ["GET", /^\/runs\/(run_\w+)$/, ({ params: [id = ""] }) => found(id)],
  ["POST", /^\/runs\/(run_\w+)\/(?:cancel|retry)$/, ({ params: [id = ""] }) => found(id)],
  ["POST", /^\/runs\/(run_\w+)\/rerun$/, () => ({ run: found(runs.live), admission: {} })],
  ["GET", /^\/queue$/, listing],
  ["PATCH", /^\/queue\/runs\/(run_\w+)$/, ({ params: [id = ""] }) => found(id)],
  [
    "POST",
    /^\/queue\/decisions$/,
    ({ body }) => {
      const { kind, provider } = body["change"] as { readonly kind: string; readonly provider?: string }
      if (kind !== "limits" && provider === undefined) control.paused = kind === "pause"
      else if (provider !== undefined) {
        control.pausedProviders = control.pausedProviders.filter((each) => each !== provider)
        if (kind === "pause") control.pausedProviders.push(provider)
      }
      return control
    },
  ],
  ["GET", /^\/queue\/decisions$/, () => ({ decisions })],
  [
    "GET",
    /^\/queue\/breakers$/,
    () => ({
      breakers: [
        {
          account: "codex/default",
          state: { _tag: "Open", until: Date.now() + 4 * minute, openings: 2, code: "CLI_OVERLOADED" },
        },
      ],
    }),
  ],
]

const written =
  "The test fails as it should without the change. Now I put the change back and run **all** of the tests, to see that nothing else relied on the old behaviour. "

/** The stream of the run that is live: what is stored, and a message that is being written. */
export const runStream = (url: URL, response: ServerResponse): boolean => {
  const id = /^\/api\/v1\/runs\/(run_\w+)\/events$/.exec(url.pathname)?.[1]
  if (id === undefined) return false
  response.writeHead(200, { "content-type": "text/event-stream" })
  if (id !== runs.live) {
    response.write(": waiting\n\n")
    return true
  }
  let offset = 0
  const timer = setInterval(() => {
    const text = written.slice(offset % written.length, (offset % written.length) + 12)
    if (offset < 4 * written.length)
      response.write(`event: live\ndata: ${JSON.stringify({ messageId: "m7:0", offset, text })}\n\n`)
    offset += text.length
  }, 40)
  response.on("close", () => clearInterval(timer))
  return true
}
