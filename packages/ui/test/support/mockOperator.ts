/** Schedules, budgets and decisions of the tests' server: invented, and kept until it ends. */
import type { AuditRecord, BudgetReport, Schedule } from "../../src/api/types.ts"
import { settings } from "./mockData.ts"
import type { Answer } from "./mockServer.ts"

const hour = 3_600_000
const usd = 1_000_000_000

const schedule = (id: string, more: Partial<Schedule>): Schedule => ({
  id: `sched_${id.padStart(16, "0")}`,
  scope: settings.scope,
  request: { provider: "claude", prompt: "Update what the project depends on", cwd: "/home/ada/parser" },
  times: { expression: "0 3 * * 1-5", timeZone: "America/New_York", missed: "skip" },
  overlap: "allow",
  revision: 1,
  open: [],
  fires: [],
  enabled: true,
  by: "you",
  createdAt: Date.now() - 40 * hour,
  doneUntil: Date.now() - 9 * hour,
  nextAt: Date.now() + 15 * hour,
  firings: [],
  ...more,
})

const paused = (): Schedule => {
  const { nextAt: _next, ...rest } = schedule("b", {
    name: "Read the news of the tracker and say what is new, in a few words for all who work on the parser",
    enabled: false,
    times: { expression: "*/15 * * * *", missed: "once" },
  })
  return rest
}

export const schedules = (): ReadonlyArray<Schedule> => [
  schedule("a", { lastRun: { due: Date.now() - 9 * hour, runId: "run_00000000000000done" } }),
  paused(),
  schedule("c", {
    name: "Nightly audit",
    overlap: "queue",
    waiting: Date.now() - hour,
    fires: [
      { due: Date.now() - 57 * hour, outcome: "run", runId: "run_00000000000000done" },
      { due: Date.now() - 33 * hour, outcome: "skipped", why: "overlap", runId: "run_00000000000000done" },
      { due: Date.now() - 20 * hour, by: "Ada", outcome: "run", runId: "run_00000000000000done" },
      { due: Date.now() - 9 * hour, outcome: "refused", code: "POLICY_NO_GRANT" },
    ],
    lastRefusal: {
      due: Date.now() - 9 * hour,
      error: {
        code: "POLICY_NO_GRANT",
        class: "policy",
        message: "/home/ada/parser is not a directory that agents may work in: nobody has granted it",
        remedy: "If they may: runyard grant add /home/ada/parser",
        detail: {},
      },
    },
  }),
]

export const budgets = (): ReadonlyArray<BudgetReport> => [
  {
    rule: {
      id: "daily",
      scope: "all",
      kind: "money",
      limit: 20 * usd,
      window: "day",
      timeZone: "Europe/Berlin",
      unknown: "allow",
    },
    from: "store",
    day: "2026-11-27",
    uses: [{ subject: [], spent: 17.2 * usd, aside: usd, unknown: 1 }],
  },
  {
    rule: { id: "teams", scope: "tenant", kind: "tokens", limit: 2_000_000, window: "total", unknown: "stop" },
    from: "store",
    uses: Array.from({ length: 8 }, (_, index) => ({
      subject: [`tenant-${index}`],
      spent: 300_000 * index,
      aside: 0,
      unknown: 0,
    })),
  },
  {
    rule: { id: "hours", scope: "workspace", kind: "wall", limit: 8 * hour, window: "day", unknown: "allow" },
    from: "host",
    day: "2026-11-27",
    uses: [],
  },
]

const actions: ReadonlyArray<readonly [AuditRecord["action"], string, AuditRecord["detail"]]> = [
  ["grant.given", "/home/ada/parser", { id: "grant_aaaaaaaaaaaa1", mode: "write", remote: false }],
  ["queue.pause", "codex", { reason: "it is down" }],
  ["budget.set", "daily", { rule: { id: "daily", scope: "all", kind: "money" } }],
  ["schedule.created", "sched_000000000000000a", { expression: "0 3 * * 1-5", missed: "skip" }],
  ["policy.advanced_on", "this host", {}],
]

/** Newest first. */
export const auditLog = (count = 230): ReadonlyArray<AuditRecord> =>
  Array.from({ length: count }, (_, index) => {
    const [action, subject, detail] = actions[index % actions.length] ?? ["queue.resume", "queue", {}]
    const at = Date.now() - (index + 1) * hour
    return {
      id: count - index,
      scope: settings.scope,
      at,
      actor: index % 3 === 0 ? "ada" : "you",
      action,
      subject,
      detail,
    }
  })

/** As `/audit` answers. */
export const auditPage = (query: URLSearchParams): object => {
  const before = Number(query.get("before") ?? Infinity)
  const limit = Number(query.get("limit") ?? 100)
  const found = auditLog().filter(({ action, id }) => id < before && action.startsWith(query.get("action") ?? ""))
  const entries = found.slice(0, limit)
  return { entries, ...(found.length > limit ? { next: entries.at(-1)?.id } : {}) }
}

const timesFrom = (count: string | number | null): object => ({
  times: Array.from({ length: Number(count ?? 5) }, (_, index) => Date.now() + (15 + 24 * index) * hour),
})

export const operatorRoutes = (): ReadonlyArray<readonly [string, RegExp, Answer]> => {
  const kept = new Map(schedules().map((each) => [each.id, each]))
  const rules = new Map(budgets().map((each) => [each.rule.id, each]))
  const change = (id: string, more: Partial<Schedule>) => {
    const changed = { ...schedule("a", {}), ...kept.get(id), ...more }
    kept.set(id, changed)
    return changed
  }
  return [
    ["GET", /^\/schedules$/, () => ({ schedules: [...kept.values()] })],
    [
      "POST",
      /^\/schedules$/,
      ({ body }) =>
        change(`sched_${Date.now().toString(36).padStart(16, "0")}`, {
          request: body["request"] as Schedule["request"],
        }),
    ],
    ["POST", /^\/schedules\/preview$/, ({ body }) => timesFrom(Number(body["count"] ?? 5))],
    ["GET", /^\/schedules\/(\w+)\/next$/, ({ query }) => timesFrom(query.get("count"))],
    [
      "POST",
      /^\/schedules\/(\w+)\/fire$/,
      ({ params: [id = ""] }) => {
        change(id, { lastRun: { due: Date.now(), runId: "run_00000000000000done" } })
        return { id: "run_00000000000000done" }
      },
    ],
    [
      "PATCH",
      /^\/schedules\/(\w+)$/,
      ({ body: { name, overlap }, params: [id = ""] }) =>
        change(id, {
          revision: (kept.get(id)?.revision ?? 0) + 1,
          ...(typeof name === "string" ? { name } : {}),
          ...(overlap === undefined ? {} : { overlap: overlap as Schedule["overlap"] }),
        }),
    ],
    ["POST", /^\/schedules\/(\w+)\/pause$/, ({ params: [id = ""] }) => change(id, { enabled: false })],
    ["POST", /^\/schedules\/(\w+)\/resume$/, ({ params: [id = ""] }) => change(id, { enabled: true })],
    [
      "DELETE",
      /^\/schedules\/(\w+)$/,
      ({ params: [id = ""] }) => {
        const gone = kept.get(id)
        kept.delete(id)
        return gone
      },
    ],
    ["GET", /^\/budgets$/, () => ({ budgets: [...rules.values()] })],
    [
      "POST",
      /^\/budgets$/,
      ({ body }) => {
        const report = { rule: body["rule"] as BudgetReport["rule"], from: "store", uses: [] } as const
        rules.set(report.rule.id, report)
        return report
      },
    ],
    [
      "DELETE",
      /^\/budgets\/(.+)$/,
      ({ params: [id = ""] }) => {
        rules.delete(decodeURIComponent(id))
        return { budgets: [...rules.values()] }
      },
    ],
    ["GET", /^\/audit$/, ({ query }) => auditPage(query)],
  ]
}
