/** Runs, their requests and attempts: pure data. */
import * as Schema from "effect/Schema"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { Priority } from "./Priority.ts"
import { PermissionMode, SandboxMode } from "./AgentMode.ts"
import { PolicyRules } from "./PolicyRules.ts"
import { AttemptRetry, RetryChoice } from "./RetryChoice.ts"
import { ErrorInfo } from "./RunyardError.ts"
import { SecretReference } from "./SecretReference.ts"
import { SideEffectRecord } from "./SideEffects.ts"
import { Cost, Usage } from "./Usage.ts"

export const RunId = Schema.String.check(Schema.isPattern(/^run_[0-9a-z]{16,40}$/)).pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** The id of a kind of agent, such as `codex`. */
export const ProviderId = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]{0,39}$/))
export type ProviderId = typeof ProviderId.Type

/** Whose run it is. On every record; locally `local/local/local-workspace`. */
export const Scope = Schema.Struct({
  platform: Schema.String,
  tenant: Schema.String,
  workspace: Schema.String,
}).annotate({ identifier: "Scope" })
export type Scope = typeof Scope.Type
export const localScope: Scope = { platform: "local", tenant: "local", workspace: "local-workspace" }

export const isSameScope = (left: Scope, right: Scope): boolean =>
  left.platform === right.platform && left.tenant === right.tenant && left.workspace === right.workspace

/** Whose runs are seen together: those of all workspaces of one tenant. */
export const Tenant = Schema.Struct({ platform: Scope.fields.platform, tenant: Scope.fields.tenant }).annotate({
  identifier: "Tenant",
})
export type Tenant = typeof Tenant.Type

/** Whether what has this scope belongs to the tenant. */
export const isOfTenant = ({ platform, tenant }: Scope, of: Tenant): boolean =>
  platform === of.platform && tenant === of.tenant

export const RunState = Schema.Literals([
  "queued",
  "starting",
  "running",
  "retry_wait",
  "action_needed",
  "succeeded",
  "failed",
  "canceled",
  "timed_out",
  "interrupted",
  "rejected",
]).annotate({ identifier: "RunState" })
export type RunState = typeof RunState.Type

/** The states that nothing follows. */
export const terminalStates = ["succeeded", "failed", "canceled", "timed_out", "interrupted", "rejected"] as const
export const isTerminal = (state: RunState): boolean => terminalStates.some((terminal) => terminal === state)

/** Which conversation of the CLI the run goes on with. */
export const SessionRequest = Schema.Union([
  /** A new conversation; `id` chooses its id where the CLI lets us. */
  Schema.Struct({ kind: Schema.Literal("new"), id: Schema.optionalKey(Schema.String) }),
  /** An earlier conversation; `fork` goes on under a new id. */
  Schema.Struct({
    kind: Schema.Literal("resume"),
    id: Schema.NonEmptyString,
    fork: Schema.optionalKey(Schema.Boolean),
  }),
]).annotate({ identifier: "SessionRequest" })
export type SessionRequest = typeof SessionRequest.Type

/** Limits in time, milliseconds each. Zero or missing: the host's default. */
export const RunLimits = Schema.Struct({
  /** Longest wait for its turn, from the submit. A run that waits longer never starts. */
  queueMillis: Schema.optionalKey(Schema.Natural),
  /** Longest duration of one attempt, from the claim. */
  wallMillis: Schema.optionalKey(Schema.Natural),
  /** Longest time without output of any kind. */
  idleMillis: Schema.optionalKey(Schema.Natural),
  /** The same while a tool runs, where the CLI's protocol tells. Where the host has no default: as `idleMillis`. */
  toolIdleMillis: Schema.optionalKey(Schema.Natural),
  /** The same once the result has arrived; then the process is ended and the result counts. */
  lingerMillis: Schema.optionalKey(Schema.Natural),
}).annotate({ identifier: "RunLimits" })
export type RunLimits = typeof RunLimits.Type

/** What a run may use at most, over all its attempts. Reaching a limit is allowed, passing it ends the run. */
export const RunBudget = Schema.Struct({
  /** US dollars; at most 9,000,000. */
  maxCostUsd: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 9_000_000 }))),
  /** Of all kinds. */
  maxTokens: Schema.optionalKey(Schema.Natural),
  /** Turns of the agent, as its CLI tells them. */
  maxTurns: Schema.optionalKey(Schema.Natural),
  /** What happens when the cost cannot be known. Default: the host's. */
  unknownCost: Schema.optionalKey(Schema.Literals(["allow", "stop"])),
}).annotate({ identifier: "RunBudget" })
export type RunBudget = typeof RunBudget.Type

/**
 * How a run waits for its turn: what was asked for, as the host took it, and what was changed since. Instants are
 * milliseconds since the epoch.
 */
export const QueuePlace = Schema.Struct({
  priority: Priority,
  /** How many units of each limit it takes. Default: 1. */
  weight: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
  /** It does not start before. */
  notBefore: Schema.optionalKey(Schema.Finite),
  /** It does not start after. */
  expiresAt: Schema.optionalKey(Schema.Finite),
  /** It does not start until somebody lets it go on. */
  held: Schema.optionalKey(Schema.Boolean),
  /** Whether any host on the store may execute it. Otherwise it is the one that queued it, while that lives. */
  shared: Schema.optionalKey(Schema.Boolean),
}).annotate({ identifier: "QueuePlace" })
export type QueuePlace = typeof QueuePlace.Type

/**
 * What becomes of a run whose host died while the agent was at work. `interrupt`: it ends. `resume`: it goes on with the
 * CLI's own conversation, as a new attempt, where that is possible.
 */
export const RecoveryChoice = Schema.Literals(["interrupt", "resume"]).annotate({ identifier: "RecoveryChoice" })
export type RecoveryChoice = typeof RecoveryChoice.Type

/** The name of a variable that a request may fill. Those of Runyard itself are not among them. */
const SecretVariable = Schema.String.check(Schema.isPattern(/^(?!RUNYARD_)[A-Za-z_][A-Za-z0-9_]{0,127}$/))

/**
 * What a caller asks for. The common fields mean the same for every provider, and an adapter refuses what its CLI cannot
 * do; `options` are the provider's own and are checked against the adapter's schema.
 */
export const RunRequest = Schema.Struct({
  provider: ProviderId,
  prompt: Schema.String,
  /** The directory the agent works in, absolute. */
  cwd: Schema.NonEmptyString,
  title: Schema.optionalKey(Schema.String),
  model: Schema.optionalKey(Schema.NonEmptyString),
  /** Default: `default`, whatever the user's configuration of the CLI says. */
  permissionMode: Schema.optionalKey(PermissionMode),
  /** Default: what the permission mode means for the CLI; the strictest one for `default`. */
  sandbox: Schema.optionalKey(SandboxMode),
  /** JSON Schema that the final answer must satisfy; Runyard validates it, whatever the CLI does. */
  outputSchema: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  session: Schema.optionalKey(SessionRequest),
  /** Whether the CLI keeps the conversation on disk, so that it can be resumed. Default: true. */
  persistSession: Schema.optionalKey(Schema.Boolean),
  /** Image files to show to the model, absolute paths. */
  images: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  /** More directories that the agent may work in, absolute. */
  addDirs: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  /** Names of environment variables that the run gets besides the allowlist; values come from the host. */
  env: Schema.optionalKey(Schema.Array(Schema.String.check(Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]*$/)))),
  /**
   * Variables that the run gets from the host's secrets, each with a reference, `secret:NAME`. The value is taken when the
   * child is started and is kept nowhere else.
   */
  secrets: Schema.optionalKey(Schema.Record(SecretVariable, SecretReference)),
  limits: Schema.optionalKey(RunLimits),
  budget: Schema.optionalKey(RunBudget),
  /** Who goes first while runs wait. Default: `normal`. */
  priority: Schema.optionalKey(Priority),
  /** The run starts at this instant at the earliest, in milliseconds since the epoch. */
  notBefore: Schema.optionalKey(Schema.Natural),
  /** How many units of each limit the run takes while it is executed, 1 to 64. Default: 1. */
  weight: QueuePlace.fields.weight,
  /** Whose subscription or key pays, as the user names it: runs of one account share a limit. */
  account: Schema.optionalKey(Schema.NonEmptyString),
  /** The name of the profile that it was made from, if any: budgets and the ledger tell those apart, and nothing else does. */
  profile: Schema.optionalKey(Schema.NonEmptyString.check(Schema.isMaxLength(200))),
  /** What this run may not use, though the host's policies let it. It narrows like each of them, and widens nothing. */
  policy: Schema.optionalKey(PolicyRules),
  /**
   * Doing it twice is as good as doing it once: it may be tried again after a failure of the service although a tool was
   * executed. Default: no.
   */
  idempotent: Schema.optionalKey(Schema.Boolean),
  /** How often it is tried again by itself when the service fails. Default: the host's. */
  retry: Schema.optionalKey(RetryChoice),
  /** Default: the host's, which is `interrupt`. */
  recovery: Schema.optionalKey(RecoveryChoice),
  /**
   * The sender's name for this request, 1 to 200 visible ASCII characters: sent again by the same tenant, it is the same
   * run, and with other content `QUEUE_IDEMPOTENCY_CONFLICT`. Remembered for 30 days.
   */
  idempotencyKey: Schema.optionalKey(IdempotencyKey),
  /** The run that this one repeats, with or without changes. */
  rerunOf: Schema.optionalKey(RunId),
  scope: Schema.optionalKey(Scope),
  options: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
}).annotate({ identifier: "RunRequest" })
export type RunRequest = typeof RunRequest.Type

/** A program that executes runs, named so that a later one can tell whether it is still there. */
export const HostIdentity = Schema.Struct({
  id: Schema.String,
  pid: Schema.Natural,
  /** When the process started, in the platform's own unit; tells a reused pid from the same process. Empty: unknown. */
  startTime: Schema.String,
}).annotate({ identifier: "HostIdentity" })
export type HostIdentity = typeof HostIdentity.Type

/** Stands for the host of a queued run that its host let go of. No process is it, so any host may take the run over. */
export const nobody: HostIdentity = { id: "nobody", pid: 0, startTime: "none" }

/** A process of this machine, named so that another one with its pid is not taken for it. */
export const ProcessIdentity = Schema.Struct({
  pid: Schema.Natural,
  /** As in `HostIdentity`: with the boot in it where the platform tells. Empty: unknown. */
  startTime: Schema.String,
})
export type ProcessIdentity = typeof ProcessIdentity.Type

/**
 * What keeps the processes of a run together, strongest first. `pid-namespace`: the kernel ends all of them with their
 * first one. `cgroup`: the kernel ends the group at once. `subreaper`: orphans come back to a supervisor of ours, which
 * has no child when they are gone. `portable`: they are searched for.
 */
export const Containment = Schema.Literals(["pid-namespace", "cgroup", "subreaper", "portable"]).annotate({
  identifier: "Containment",
})
export type Containment = typeof Containment.Type

/** How the processes of an attempt are found again after a crash of the host. No arguments, no secrets. */
export const ProcessRecord = Schema.Struct({
  containment: Containment,
  /** The value of `RUNYARD_RUN` in the environment of all of them. */
  marker: Schema.String,
  /** The CLI itself. */
  root: ProcessIdentity,
  /** Ours, between the host and the CLI; ends the tree when the host is gone. */
  supervisor: Schema.optionalKey(ProcessIdentity),
}).annotate({ identifier: "ProcessRecord" })
export type ProcessRecord = typeof ProcessRecord.Type

/** How a process ended. Both null: it is not known. */
export const ProcessExit = Schema.Struct({
  code: Schema.NullOr(Schema.Int),
  signal: Schema.NullOr(Schema.String),
})
export type ProcessExit = typeof ProcessExit.Type

/** One execution of a run. */
export const Attempt = Schema.Struct({
  number: Schema.Natural,
  startedAt: Schema.optionalKey(Schema.Finite),
  endedAt: Schema.optionalKey(Schema.Finite),
  executable: Schema.optionalKey(Schema.String),
  version: Schema.optionalKey(Schema.String),
  pid: Schema.optionalKey(Schema.Natural),
  process: Schema.optionalKey(ProcessRecord),
  exit: Schema.optionalKey(ProcessExit),
  /** Why it ended, where the run went on without it. */
  error: Schema.optionalKey(ErrorInfo),
  /** What it may have done that cannot be taken back. Missing: it was not started, or by a version that did not tell. */
  sideEffects: Schema.optionalKey(SideEffectRecord),
  /** What was decided when it failed. */
  retry: Schema.optionalKey(AttemptRetry),
}).annotate({ identifier: "Attempt" })
export type Attempt = typeof Attempt.Type

/** A run as its log says it is: never written but by `RunTransition`. Instants are milliseconds since the epoch. */
export const Run = Schema.Struct({
  id: RunId,
  scope: Scope,
  /** Who asked for it: a user's or a token's name. Missing: nobody said. */
  actor: Schema.optionalKey(Schema.String),
  /** As asked, redacted. */
  request: RunRequest,
  state: RunState,
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite,
  endedAt: Schema.optionalKey(Schema.Finite),
  /** The program that executes it, or that queued it. */
  host: HostIdentity,
  attempts: Schema.Array(Attempt),
  /** How it waits, or has waited. Missing: at normal priority. */
  queue: Schema.optionalKey(QueuePlace),
  lastSeq: Schema.Natural,
  /** The CLI's own id of the conversation. */
  sessionId: Schema.optionalKey(Schema.String),
  model: Schema.optionalKey(Schema.String),
  usage: Schema.optionalKey(Usage),
  cost: Schema.optionalKey(Cost),
  /** The agent's last message; cut at 64 KiB here, whole in the log. */
  finalMessage: Schema.optionalKey(Schema.String),
  structured: Schema.optionalKey(Schema.Json),
  error: Schema.optionalKey(ErrorInfo),
  /** Vendor lines that the adapter did not understand. */
  unknownLines: Schema.Natural,
  /** Secrets that were masked. */
  redactionCount: Schema.Natural,
}).annotate({ identifier: "Run" })
export type Run = typeof Run.Type
