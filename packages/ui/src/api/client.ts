/** Talks to the server by its contract: one method for each route, promises of what it encodes. */
import { ApiProblem, ApiUnreachable } from "./ApiProblem.ts"
import { eventsOf, type RunFrame } from "./serverEvents.ts"
import type {
  Admission,
  Check,
  ControlChange,
  ControlRecord,
  Diagnosis,
  Grant,
  LedgerEntry,
  Look,
  NewGrant,
  Policy,
  Problem,
  QueueControl,
  QueueListing,
  Run,
  RunEvent,
  RunExplanation,
  RunRequest,
  ServerSettings,
  Session,
  UsageSum,
} from "./types.ts"

type Value = string | number | boolean | undefined
export interface Call {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, Value | ReadonlyArray<string>>>
  readonly payload?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}
type Route<A> = (call?: Call) => Promise<A>

export interface Client {
  readonly runs: {
    readonly submit: Route<{ readonly run: Run; readonly admission: Admission }>
    readonly check: Route<Check>
    readonly list: Route<{ readonly runs: ReadonlyArray<Run>; readonly next?: string }>
    readonly get: Route<Run>
    readonly cancel: Route<Run>
    readonly retry: Route<Run>
    readonly rerun: Route<{ readonly run: Run; readonly admission: Admission }>
    readonly explain: Route<RunExplanation>
    readonly redactions: Route<{ readonly redactions: ReadonlyArray<unknown> }>
    readonly log: Route<{ readonly events: ReadonlyArray<RunEvent>; readonly lastSeq: number; readonly next?: number }>
    /** Goes on from the last number by itself when the connection breaks; ends when the run has. */
    readonly events: (
      id: string,
      options: { readonly after?: number; readonly live?: boolean; readonly signal: AbortSignal },
    ) => AsyncIterable<RunFrame>
  }
  readonly queue: {
    readonly list: Route<QueueListing>
    readonly change: Route<Run>
    readonly decide: Route<QueueControl>
    readonly decisions: Route<{ readonly decisions: ReadonlyArray<ControlRecord> }>
    readonly breakers: Route<{
      readonly breakers: ReadonlyArray<{ readonly account: string; readonly state: unknown }>
    }>
  }
  readonly grants: {
    readonly list: Route<{ readonly grants: ReadonlyArray<Grant> }>
    readonly add: Route<Grant>
    readonly look: Route<Look>
    readonly revoke: Route<{ readonly grants: ReadonlyArray<Grant>; readonly stopped: ReadonlyArray<Run> }>
  }
  readonly policy: { readonly explain: Route<Policy> }
  readonly capabilities: { readonly list: Route<{ readonly diagnoses: ReadonlyArray<Diagnosis> }> }
  readonly usage: {
    readonly entries: Route<{ readonly entries: ReadonlyArray<LedgerEntry> }>
    readonly sums: Route<{ readonly sums: ReadonlyArray<UsageSum> }>
  }
  readonly system: { readonly settings: Route<ServerSettings>; readonly health: Route<{ readonly status: string }> }
  readonly session: { readonly open: Route<Session>; readonly get: Route<Session>; readonly close: Route<void> }
}

export type { ControlChange, NewGrant, RunFrame, RunRequest }

const base = "/api/v1"

const routes = {
  runs: {
    submit: "POST /runs",
    check: "POST /runs/check",
    list: "GET /runs",
    get: "GET /runs/:id",
    cancel: "POST /runs/:id/cancel",
    retry: "POST /runs/:id/retry",
    rerun: "POST /runs/:id/rerun",
    explain: "GET /runs/:id/explain",
    redactions: "GET /runs/:id/redactions",
    log: "GET /runs/:id/log",
  },
  queue: {
    list: "GET /queue",
    change: "PATCH /queue/runs/:id",
    decide: "POST /queue/decisions",
    decisions: "GET /queue/decisions",
    breakers: "GET /queue/breakers",
  },
  grants: { list: "GET /grants", add: "POST /grants", look: "POST /grants/look", revoke: "DELETE /grants/:id" },
  policy: { explain: "GET /policy" },
  capabilities: { list: "GET /capabilities" },
  usage: { entries: "GET /usage/entries", sums: "GET /usage/sums" },
  system: { settings: "GET /settings", health: "GET /health" },
  session: { open: "POST /session", get: "GET /session", close: "DELETE /session" },
} as const

const address = (path: string, { params = {}, query = {} }: Call): string => {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one))
  }
  const text = search.toString()
  return `${base}${filled}${text === "" ? "" : `?${text}`}`
}

const problemOf = async (response: Response): Promise<ApiProblem | ApiUnreachable> => {
  const body = (await response.json().catch(() => undefined)) as Problem | undefined
  if (typeof body?.code === "string") return new ApiProblem(body)
  return new ApiUnreachable(`The server answered with status ${response.status} and without a reason`)
}

export const createClient = (options: { readonly fetch?: typeof fetch } = {}): Client => {
  const send = async (method: string, path: string, call: Call = {}): Promise<Response> => {
    const fetcher = options.fetch ?? fetch
    const response = await fetcher(address(path, call), {
      method,
      credentials: "same-origin",
      headers: {
        "x-runyard-client": "1",
        ...(call.payload === undefined ? {} : { "content-type": "application/json" }),
        ...call.headers,
      },
      ...(call.payload === undefined ? {} : { body: JSON.stringify(call.payload) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    }).catch((cause: unknown) => {
      if (call.signal?.aborted === true) throw cause
      throw new ApiUnreachable("The server cannot be reached", { cause })
    })
    if (!response.ok) throw await problemOf(response)
    return response
  }
  const route = (text: string) => {
    const [method = "", path = ""] = text.split(" ")
    return async (call?: Call) => {
      const response = await send(method, path, call)
      const body = await response.text()
      return body === "" ? undefined : (JSON.parse(body) as unknown)
    }
  }
  const groups = Object.fromEntries(
    Object.entries(routes).map(([group, table]) => [
      group,
      Object.fromEntries(Object.entries(table).map(([name, text]) => [name, route(text)])),
    ]),
  ) as Record<string, object>
  const events: Client["runs"]["events"] = (id, { after, live, signal }) =>
    eventsOf({
      after: after ?? 0,
      signal,
      open: (last) =>
        send("GET", "/runs/:id/events", {
          params: { id },
          query: { after: last, ...(live === true ? { live: 1 } : {}) },
          headers: { accept: "text/event-stream" },
          signal,
        }),
    })
  return { ...groups, runs: { ...groups["runs"], events } } as unknown as Client
}
