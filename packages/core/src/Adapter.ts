/** The contract with a CLI: data and pure functions. All effects, processes, files and clocks are the runner's. */
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { AgentEvent, MessageDelta } from "./AgentEvent.ts"
import type { ProcessExit, RunRequest } from "./Run.ts"
import type { PermissionMode, SandboxMode } from "./AgentMode.ts"
import type { CliRules, Enforcements } from "./CliRules.ts"
import type { FlagRules } from "./Policy.ts"
import type { ErrorInfo, RunyardError } from "./RunyardError.ts"
import type { Cost, Usage } from "./Usage.ts"
import type { OutputStream } from "./VendorLine.ts"

/** What one version of a CLI can do. */
export const CapabilityProfile = Schema.Struct({
  /** Undefined, as JSON null: it did not tell. */
  version: Schema.NullOr(Schema.String).pipe(
    Schema.decodeTo(
      Schema.UndefinedOr(Schema.String),
      SchemaTransformation.transform({
        decode: (version: string | null) => version ?? undefined,
        encode: (version: string | undefined) => version ?? null,
      }),
    ),
  ),
  status: Schema.Literals(["supported", "degraded", "blocked"]),
  /** One sentence for people: why it is degraded or blocked, and what to do. */
  message: Schema.optionalKey(Schema.String),
  features: Schema.Record(Schema.String, Schema.Boolean),
}).annotate({ identifier: "CapabilityProfile" })
export type CapabilityProfile = typeof CapabilityProfile.Type

/** What a probe of the installed CLI printed. */
export interface ProbeOutput {
  readonly exit: ProcessExit
  readonly stdout: string
  readonly stderr: string
}

export const AuthStatus = Schema.Struct({
  state: Schema.Literals(["ready", "missing", "unknown"]),
  /** One sentence: by what, or what to do. */
  message: Schema.String,
}).annotate({ identifier: "AuthStatus" })
export type AuthStatus = typeof AuthStatus.Type

/** What the runner knows when it asks for a command line. */
export interface PrepareContext {
  readonly profile: CapabilityProfile
  /** A private directory for the invocation's `files`, and for nothing else: it is there only when there are any. */
  readonly scratch: string
  /** Whether the working directory is inside a git repository. */
  readonly repository: boolean
  /** What the host lets runs use. */
  readonly policy: AdapterPolicy
  /** For the CLI's own limits, where it has some: a second line of defence behind the budgets. */
  readonly caps?: SpendingCaps
}

/** What an attempt may use at most. */
export interface SpendingCaps {
  /** More than zero. */
  readonly maxCostUsd?: number
  readonly maxTurns?: number
}

export interface AdapterPolicy {
  /** Whether options that take away the agent's safety limits may be used. */
  readonly allowDangerous: boolean
  /** Keys of the CLI's own configuration that a request may override; a key covers those below it. */
  readonly configKeys: ReadonlyArray<string>
  /** What the policies want the CLI to keep. Default: nothing. */
  readonly rules?: CliRules
}

/** What a mode is called by the CLI, for people and tests. */
export interface ModeFlags {
  /** What stands on the command line; undefined when this CLI has no such mode. */
  readonly flags: ReadonlyArray<string> | undefined
  /** What it means there. */
  readonly note: string
}

export interface ModeTable {
  readonly permission: Readonly<Record<PermissionMode, ModeFlags>>
  readonly sandbox: Readonly<Record<SandboxMode, ModeFlags>>
}

/** A command line, ready to be spawned. */
export interface Invocation {
  /** Arguments after the program: never through a shell. */
  readonly args: ReadonlyArray<string>
  /** Added to the allowlisted environment. */
  readonly env: Readonly<Record<string, string>>
  /** `closed`: an empty stdin. `text`: written, then closed. `open`: kept for the protocol's own lines. */
  readonly stdin:
    | { readonly kind: "closed" }
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "open" }
  /** Written into the scratch directory before the spawn, by file name. */
  readonly files: Readonly<Record<string, string>>
  /** Which of the adapter's formats the CLI will speak. */
  readonly format: string
  /** Which of the adapter's ladders ends it. */
  readonly transport: string
}

/** One line that a CLI wrote, already redacted. */
export interface VendorLine {
  readonly stream: OutputStream
  readonly text: string
  /** Its decoded value where the format is JSON lines and the line is JSON; otherwise undefined. */
  readonly json: unknown
}

/** What a decoder made of a line. */
export interface Decoded {
  readonly events: ReadonlyArray<AgentEvent>
  /** The vendor's own name for the line, for counting: `item.completed/agent_message`, `system/init`. */
  readonly name: string
  /**
   * What becomes of the original. `line`: kept with the first event, or as a quiet chunk when there is none. `hold`:
   * part of a block that a later line finishes; kept with that block's first event. `unknown`: not understood; kept as a chunk and counted. `text`: prose; kept as a chunk.
   */
  readonly original: "line" | "hold" | "unknown" | "text"
  /** Lines that the protocol wants written to the CLI in answer. */
  readonly send?: ReadonlyArray<string>
}

/** The adapter's reading of how an attempt went: of the protocol and the exit together. */
export interface Verdict {
  readonly outcome: "succeeded" | "failed"
  readonly error?: ErrorInfo
  readonly finalMessage?: string
  /** The structured answer as the CLI gave it, not validated. */
  readonly structured?: unknown
  readonly sessionId?: string
  readonly model?: string
  readonly usage?: Usage
  /** All tokens as one sum, from an output that tells nothing finer. */
  readonly totalTokens?: number
  readonly cost?: Cost
  readonly turns?: number
}

/** What a host asks of a living session. */
export type SessionCommand =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "interrupt" }
  | {
      readonly kind: "answer"
      readonly approvalId: string
      readonly decision: "allow" | "deny"
      readonly message?: string
      /** Changed arguments of the tool. */
      readonly input?: unknown
    }
  | { readonly kind: "close" }

/**
 * Reads one attempt's output and speaks its protocol. Holds state, does nothing else: no clock, no chance, no effect.
 * The same lines give the same answers.
 */
export interface Protocol {
  /** Lines to write as soon as the process is there. */
  readonly open?: () => ReadonlyArray<string>
  readonly decode: (line: VendorLine) => Decoded
  /**
   * The deltas in a raw line of stdout, or undefined when it is no part of an unfinished message. Such a line goes to
   * the live view alone and is never given to `decode`: a secret may be cut in two by the deltas, so they are redacted
   * as one stream. Called for every line: it must be cheap for all others.
   */
  readonly delta?: (line: string) => ReadonlyArray<MessageDelta> | undefined
  /** Events that only the end of the output brings: a block that no later line finished. */
  readonly drain?: () => ReadonlyArray<AgentEvent>
  /** Fails with `QUEUE_OPTION_UNSUPPORTED` where the transport takes no input. */
  readonly encode?: (command: SessionCommand) => Result.Result<ReadonlyArray<string>, RunyardError>
  /**
   * Changes nothing: more lines may follow, as those of a process that is ended because it stays after its result.
   * @param exit undefined when it is not known, as for a recording and for such a process.
   */
  readonly end: (exit: ProcessExit | undefined) => Verdict
}

export interface OutputFormat {
  /** How stdout is cut: one JSON value a line, or prose lines. stderr is always prose. */
  readonly framing: "json-lines" | "text"
  readonly protocol: (request: ProtocolRequest) => Protocol
}

/** What of a request the reading of its output depends on. */
export interface ProtocolRequest {
  readonly outputSchema?: RunRequest["outputSchema"]
  /** Whether the run goes on with an earlier conversation. */
  readonly resumed?: boolean
  /** The conversation that was asked for, when it must keep its id. */
  readonly sessionId?: string
  readonly version?: string | undefined
}

export type LadderStep =
  | { readonly do: "interrupt"; readonly waitMillis: number }
  | { readonly do: "close-stdin"; readonly waitMillis: number }
  | { readonly do: "signal"; readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP"; readonly waitMillis: number }
  | { readonly do: "kill-tree"; readonly waitMillis: number }

/** How to end this CLI, politest first; the runner always adds `kill-tree` and a sweep. */
export type Ladder = ReadonlyArray<LadderStep>

export interface Adapter {
  /** `codex`, `claude`, ... */
  readonly provider: string
  /** For people: `Codex CLI`. */
  readonly name: string
  readonly executable: {
    /** Names to look for on PATH. */
    readonly names: ReadonlyArray<string>
    /** The variable that names another path: `RUNYARD_CODEX_PATH`. */
    readonly variable: string
    /** One sentence on how to install it. */
    readonly install: string
  }
  readonly version: {
    readonly args: ReadonlyArray<string>
    /** The version in what the probe printed; undefined when there is none. */
    readonly read: (output: ProbeOutput) => string | undefined
    readonly assess: (version: string | undefined) => CapabilityProfile
  }
  readonly auth: {
    /** The probe that asks nothing of a network or model; undefined where this version has none. */
    readonly args: (profile: CapabilityProfile) => ReadonlyArray<string> | undefined
    /** @param env names of the variables that a run would get. */
    readonly read: (output: ProbeOutput | undefined, env: ReadonlySet<string>) => AuthStatus
  }
  /** Names of environment variables that this CLI needs besides the host's own allowlist. */
  readonly env: ReadonlyArray<string>
  /** Whether the CLI tells what it cost. Default: no. */
  readonly reportsCost?: boolean
  /** Those of `env` whose values are secrets, so that they are masked wherever they appear. */
  readonly secretEnv: ReadonlyArray<string>
  /** What becomes of each flag of the CLI. Without it, nothing but the adapter itself watches over its command lines. */
  readonly flags?: FlagRules
  /** Whether these may be what stands on a command line besides flags and their values. Missing: anything may. */
  readonly words?: (words: ReadonlyArray<string>) => boolean
  /** The CLI's own flags for each mode. */
  readonly modes?: ModeTable
  /** Who keeps the rules of policies that only a CLI can keep. Missing: nobody does. */
  readonly enforces?: (profile: CapabilityProfile, rules: CliRules) => Enforcements
  /**
   * The command line for a request. Total: never throws. Fails with a coded error for what this CLI or this version
   * cannot do, what the policy forbids, and options that it does not know.
   */
  readonly prepare: (request: RunRequest, context: PrepareContext) => Result.Result<Invocation, RunyardError>
  readonly formats: Readonly<Record<string, OutputFormat>>
  /** The format of a recording, from its first bytes. */
  readonly detectFormat: (head: string) => string
  readonly ladders: Readonly<Record<string, Ladder>>
}
