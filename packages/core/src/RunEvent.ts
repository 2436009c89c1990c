/** What the log of a run holds, in order: one schema for each type, and the envelope around all of them. */
import * as Schema from "effect/Schema"
import { agentPayloads } from "./AgentEvent.ts"
import { BudgetPlan } from "./Budget.ts"
import { RequestFingerprint } from "./RequestFingerprint.ts"
import { Priority } from "./Priority.ts"
import { Containment, HostIdentity, ProcessExit, ProcessRecord, QueuePlace, RunId, RunRequest, Scope } from "./Run.ts"
import { RetryNote } from "./RetryChoice.ts"
import { ErrorInfo } from "./RunyardError.ts"
import { Cost, Usage } from "./Usage.ts"
import { LineSource } from "./VendorLine.ts"

export const EventChannel = Schema.Literals(["ui", "transcript", "diagnostic", "telemetry", "debug"])
export type EventChannel = typeof EventChannel.Type

export const Severity = Schema.Literals(["debug", "info", "warning", "error"])
export type Severity = typeof Severity.Type

/** Ids that tie events together. */
export const Correlation = Schema.Struct({
  toolId: Schema.optionalKey(Schema.String),
  approvalId: Schema.optionalKey(Schema.String),
  sessionId: Schema.optionalKey(Schema.String),
  hookId: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "Correlation" })
export type Correlation = typeof Correlation.Type

/**
 * What was masked in an event: rule and how often, never the text. The fingerprint tells one secret from another, up to
 * sixteen of them in an event; one entry for each rule counts the rest.
 */
export const RedactionCount = Schema.Struct({
  rule: Schema.String,
  /** The kind of rule; `known` for exact values. */
  category: Schema.optionalKey(Schema.String),
  count: Schema.Natural,
  /** Keyed with the installation's secret: the same in every run, and nothing without the key. */
  fingerprint: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "RedactionCount" })
export type RedactionCount = typeof RedactionCount.Type

/** How often each rule masked something, without telling secrets apart. */
export const redactionsByRule = (
  counts: ReadonlyArray<RedactionCount>,
): ReadonlyArray<{ readonly rule: string; readonly count: number }> => {
  const rules = new Map<string, number>()
  for (const { rule, count } of counts) rules.set(rule, (rules.get(rule) ?? 0) + count)
  return Array.from(rules, ([rule, count]) => ({ rule, count }))
}

/** How a process tree was ended, as proof. Durations in milliseconds. */
export const EndEvidence = Schema.Struct({
  /** `exited` when nothing had to be done; otherwise the ladder's step that worked. */
  step: Schema.String,
  durationMillis: Schema.Finite,
  /** Processes that were found besides the CLI itself. */
  descendants: Schema.Natural,
  survivors: Schema.Array(Schema.Natural),
  /** How many were killed without being asked. */
  killed: Schema.optionalKey(Schema.Natural),
  containment: Schema.optionalKey(Containment),
  /**
   * How it is known that nothing is alive. `namespace`: the kernel has taken the PID namespace away. `cgroup`: the group
   * is empty. `no-children`: the supervisor, to whom all orphans come, has no child. `sweep`: repeated searches found none.
   */
  proof: Schema.optionalKey(Schema.Literals(["namespace", "cgroup", "no-children", "sweep"])),
  /** After a crash of the host: what had become of the processes that it had recorded. */
  found: Schema.optionalKey(Schema.Literals(["gone", "alive", "reused"])),
}).annotate({ identifier: "EndEvidence" })
export type EndEvidence = typeof EndEvidence.Type

const Chunk = Schema.Struct({
  /** Whole lines, without the last line end. */
  text: Schema.String,
  /** `text`: the CLI speaks prose here. `unknown`: a line that the adapter did not understand. `long`: a line over the bound, cut in pieces. `quiet`: understood, and it says nothing for a reader. */
  reason: Schema.Literals(["text", "unknown", "long", "quiet"]),
})

/** What a run came to, in its terminal event. */
const outcome = {
  exit: Schema.optionalKey(ProcessExit),
  usage: Schema.optionalKey(Usage),
  cost: Schema.optionalKey(Cost),
  turns: Schema.optionalKey(Schema.Natural),
  finalMessage: Schema.optionalKey(Schema.String),
  evidence: Schema.optionalKey(EndEvidence),
  /** The agent's result had arrived but its process did not end, so that we ended it. The result counts. */
  lingered: Schema.optionalKey(Schema.Boolean),
}

/** Why the run is tried again, or is not. */
const retry = { retry: Schema.optionalKey(RetryNote) }

const Actor = Schema.Struct({ by: Schema.String, reason: Schema.optionalKey(Schema.String) })

export const payloads = {
  ...agentPayloads,
  "run.queued": Schema.Struct({
    scope: Scope,
    request: RunRequest,
    host: HostIdentity,
    /** Missing: it waits at normal priority. */
    queue: Schema.optionalKey(QueuePlace),
    actor: Schema.optionalKey(Schema.String),
    /** What was set aside for it. Missing: no budget is about it. */
    budget: Schema.optionalKey(BudgetPlan),
    /** Of the request as it was made, where it has a key: tells whether it was sent twice. */
    fingerprint: Schema.optionalKey(RequestFingerprint),
  }),
  "run.started": Schema.Struct({
    executable: Schema.String,
    version: Schema.optionalKey(Schema.String),
    pid: Schema.Natural,
    /** Redacted. Prompts go by stdin where the CLI takes them. */
    args: Schema.Array(Schema.String),
    cwd: Schema.String,
    /** Names only. */
    env: Schema.Array(Schema.String),
    format: Schema.String,
    marker: Schema.String,
    /** The conversation that the process goes on with. Missing: it begins one. */
    resumed: Schema.optionalKey(Schema.String),
    process: Schema.optionalKey(ProcessRecord),
    /** Whether the format tells of the agent's tools. */
    showsTools: Schema.optionalKey(Schema.Boolean),
  }),
  "run.chunk.stdout": Chunk,
  "run.chunk.stderr": Chunk,
  "run.progress": Schema.Union([
    Schema.Struct({ phase: Schema.Literal("process_ended"), exit: ProcessExit }),
    Schema.Struct({ phase: Schema.Literal("tree_gone"), evidence: EndEvidence }),
  ]),
  "run.artifact": Schema.Struct({ name: Schema.String, kind: Schema.String, bytes: Schema.Natural }),
  "run.redacted": Schema.Struct({ total: Schema.Natural, rules: Schema.Array(RedactionCount) }),
  "run.compatibility_warning": Schema.Struct({
    version: Schema.optionalKey(Schema.String),
    status: Schema.Literals(["supported", "degraded", "blocked"]),
    message: Schema.String,
  }),
  "run.policy_denied": Schema.Struct({ error: ErrorInfo }),
  /** The attempt has failed, and the next one is due at this instant. */
  "run.retry_scheduled": Schema.Struct({ at: Schema.Finite, error: ErrorInfo, ...retry, ...outcome }),
  "run.action_needed": Schema.Struct({ error: ErrorInfo, ...retry, ...outcome }),
  "run.completed": Schema.Struct({ structured: Schema.optionalKey(Schema.Json), ...outcome }),
  "run.failed": Schema.Struct({ error: ErrorInfo, ...retry, ...outcome }),
  "run.canceled": Schema.Struct({ ...Actor.fields, ...outcome }),
  "run.timed_out": Schema.Struct({ limit: Schema.Literals(["wall", "idle", "queue"]), error: ErrorInfo, ...outcome }),
  "run.interrupted": Schema.Struct({ error: ErrorInfo, ...outcome }),
  "session.opened": Schema.Struct({ transport: Schema.Literals(["structured", "terminal"]) }),
  "session.input_accepted": Schema.Struct({ inputId: Schema.String }),
  "session.closed": Schema.Struct({ reason: Schema.String }),
  "approval.resolved": Schema.Struct({
    approvalId: Schema.String,
    decision: Schema.Literals(["allow", "deny", "withdrawn"]),
    ...Actor.fields,
  }),
  "queue.claimed": Schema.Struct({
    host: HostIdentity,
    /** The budgets that the attempt counts for, from here on. */
    budget: Schema.optionalKey(BudgetPlan),
  }),
  /** Somebody has changed the budgets that the attempt under way counts for: these are all of them, from here on. */
  "run.budgets_changed": Schema.Struct({ budget: Schema.optionalKey(BudgetPlan) }),
  "queue.requeued": Schema.Struct({
    ...Actor.fields,
    /** Why the attempt ended that was under way, if one was; and how its processes were ended. */
    error: Schema.optionalKey(ErrorInfo),
    evidence: Schema.optionalKey(EndEvidence),
  }),
  /** Somebody has changed how a run waits. Only what changed is named. */
  "queue.changed": Schema.Struct({
    ...Actor.fields,
    priority: Schema.optionalKey(Priority),
    held: Schema.optionalKey(Schema.Boolean),
    notBefore: Schema.optionalKey(Schema.Finite),
  }),
  "queue.released": Schema.Struct({ host: HostIdentity }),
  "policy.applied": Schema.Struct({
    policy: Schema.String,
    decision: Schema.String,
    message: Schema.optionalKey(Schema.String),
  }),
  "audit.cancel_requested": Schema.Struct({ ...Actor.fields, force: Schema.Boolean }),
} as const

export type EventType = keyof typeof payloads
export type Payloads = { readonly [K in EventType]: (typeof payloads)[K]["Type"] }

const envelope = <K extends EventType>(type: K) =>
  Schema.Struct({
    v: Schema.Literal(1),
    runId: RunId,
    /** From 1, without gaps. */
    seq: Schema.Natural,
    /** 0 before the first attempt. */
    attempt: Schema.Natural,
    /** Wall clock, milliseconds since the epoch. */
    at: Schema.Finite,
    /** Milliseconds since the attempt started. */
    mono: Schema.Finite,
    type: Schema.Literal(type),
    channel: EventChannel,
    severity: Severity,
    correlation: Correlation,
    redactions: Schema.Array(RedactionCount),
    payload: payloads[type],
    /** The vendor's line behind the event; see `joinSource`. */
    source: Schema.optionalKey(LineSource),
  })

type Enveloped<Id, Payload extends Record<EventType, unknown>> = {
  [K in EventType]: {
    readonly v: 1
    readonly runId: Id
    readonly seq: number
    readonly attempt: number
    readonly at: number
    readonly mono: number
    readonly type: K
    readonly channel: EventChannel
    readonly severity: Severity
    readonly correlation: Correlation
    readonly redactions: ReadonlyArray<RedactionCount>
    readonly payload: Payload[K]
    readonly source?: LineSource
  }
}[EventType]

/** One record of a run's log: immutable, numbered, already redacted. */
export type RunEvent = Enveloped<RunId, Payloads>
/** The same as JSON. */
export type EncodedRunEvent = Enveloped<string, { readonly [K in EventType]: (typeof payloads)[K]["Encoded"] }>

export const eventTypes = Object.keys(payloads) as ReadonlyArray<EventType>

export const RunEvent: Schema.Codec<RunEvent, EncodedRunEvent> = Schema.Union(
  eventTypes.map((type) => envelope(type)),
).annotate({ identifier: "RunEvent" }) as never

/** An event before the log has numbered it. */
export type EventDraft = {
  [K in EventType]: Omit<Extract<RunEvent, { readonly type: K }>, "v" | "runId" | "seq">
}[EventType]

/** An event with its place in the order of all runs. */
export const StoredEvent = Schema.Struct({ cursor: Schema.Natural, event: RunEvent }).annotate({
  identifier: "StoredEvent",
})
export type StoredEvent = typeof StoredEvent.Type

const terminalTypes: ReadonlySet<EventType> = new Set<EventType>([
  "run.completed",
  "run.failed",
  "run.canceled",
  "run.timed_out",
  "run.interrupted",
  "run.policy_denied",
])

/** Whether nothing follows this event in its run's log. */
export const isTerminalEvent = (event: { readonly type: EventType }): boolean => terminalTypes.has(event.type)

/** Whether the run has stopped: ended, or waiting for a person. */
export const isSettlingEvent = (event: { readonly type: EventType }): boolean =>
  isTerminalEvent(event) || event.type === "run.action_needed"
