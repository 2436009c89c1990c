/** What the host decides for all its runs: a value with a safe default, that a host may replace. */
import * as Context from "effect/Context"
import type { BudgetRule } from "./Budget.ts"
import { type BreakerPolicy, defaultBreakerPolicy } from "./CircuitBreaker.ts"
import type { FairSettings } from "./FairSettings.ts"
import type { PolicyLayer } from "./PolicyLayer.ts"
import type { ModelPrice } from "./PriceTable.ts"
import type { Quotas } from "./QueueQuota.ts"
import { defaultRetryPolicy, type RetryPolicy } from "./RetryPolicy.ts"
import type { RecoveryChoice } from "./Run.ts"
import { defaultTimeLimits, type TimeLimits } from "./TimeLimits.ts"

export type PromptSecrets = "block" | "warn" | "allow"

/** How many runs may be executed at once. Counts those of all hosts on the store, with their weights. */
export interface Concurrency {
  readonly global: number
  readonly perProvider: number
  readonly perAccount?: number
  readonly perModel?: number
  readonly perTenant?: number
  readonly perWorkspace?: number
  /** Other limits for some of them, by name: `codex`, `codex/team` (an account), `codex/gpt-5`, `acme`, `acme/site`. */
  readonly of?: {
    readonly [K in "provider" | "account" | "model" | "tenant" | "workspace"]?: Readonly<Record<string, number>>
  }
}

export interface HostSettings {
  /** Paths of CLIs by provider; others are looked for on PATH. */
  readonly executables: Readonly<Record<string, string>>
  /** Where runs may work: where somebody has granted it, or in every directory that this user may. Default: `granted`. */
  readonly workspaces: "granted" | "any"
  /**
   * Where this host keeps its own data: no run works there or below, and nobody can grant it. Directories above it are no
   * exception, so that one that is granted lets agents reach it. Default: unknown.
   */
  readonly ownDirectory: string | undefined
  /** What the machine and the user take away from what runs may use. Default: nothing. */
  readonly policies: ReadonlyArray<PolicyLayer>
  /** Whether options that take away an agent's safety limits may be used. Default: no. */
  readonly allowDangerous: boolean
  /** Keys of a CLI's own configuration that requests may override. Default: those that only choose model and effort. */
  readonly configKeys: ReadonlyArray<string>
  /**
   * What happens to a request that holds a secret. `allow` runs it as it is and stores it redacted, `warn` does so and says
   * it in the run's log. Default: `block`.
   */
  readonly promptSecrets: PromptSecrets
  /**
   * Runs executed at once, in all and for each provider, by this host and all others on its store. Default: 2 and 1. Others
   * wait in order.
   */
  readonly concurrency: Concurrency
  /** How many runs may wait on the store; a submit beyond it is refused with `QUEUE_FULL`. Default: 100,000. */
  readonly queueBound: number
  /**
   * How many runs of each tenant and workspace may wait; a submit beyond it is refused with `QUEUE_QUOTA`. What was decided
   * for the whole store comes before. Default: none.
   */
  readonly quotas: Quotas
  /** Who goes first among those that wait. Default: `defaultFairSettings`. */
  readonly order: Partial<Omit<FairSettings, "limits">>
  /** Whether runs that this host queues may be executed by every host on the store that adopts. Default: no. */
  readonly shared: boolean
  /**
   * How long this host may show no sign of life before others take over what it executes, in milliseconds. Default: 20
   * seconds. A host whose process is gone is found out at once.
   */
  readonly leaseMillis: number
  /** For requests that name none. Default: `defaultTimeLimits`. */
  readonly limits: TimeLimits
  /**
   * Budgets that runs share, or that each run has beside those of its request. Counted over all hosts on the store; each run
   * looks at those of the host that executes it. Default: none.
   */
  readonly budgets: ReadonlyArray<BudgetRule>
  /**
   * What becomes of a run with a limit on its cost when that cannot be known, where its request does not say. `allow`: it goes
   * on, and what is known counts. `stop`: it is refused, or ended when that shows. Default: `allow`.
   */
  readonly unknownCost: BudgetRule["unknown"]
  /** Prices that come before those that Runyard knows. The store computes with them. Default: none. */
  readonly prices: ReadonlyArray<ModelPrice>
  /** Who asks for runs of this host, for submits that do not say. Default: `local`. */
  readonly actor: string
  /**
   * What happens to runs that are executed when the host shuts down: they may finish for so long, in milliseconds, and are
   * then ended. Default: 0, so they are ended at once.
   */
  readonly shutdown: { readonly finishMillis: number }
  /**
   * How long the output of a run may wait for a store that is busy, full or cannot be written, in milliseconds; the agent
   * waits with it. After that the run is ended and fails. Default: 30 seconds. One try at a busy store takes 10 of them.
   */
  readonly storePatienceMillis: number
  /**
   * When a run is tried again by itself, and how often; a request may choose its own numbers. Default:
   * `defaultRetryPolicy`.
   */
  readonly retry: RetryPolicy
  /** When runs are kept from a provider's account that fails again and again. Default: `defaultBreakerPolicy`. */
  readonly breaker: BreakerPolicy
  /** For requests that do not say what becomes of them when their host dies. Default: `interrupt`. */
  readonly recovery: RecoveryChoice
  /**
   * How often this host looks for hosts on its store that have died, in milliseconds, and ends what they left behind.
   * Default: 0, only when `recover` is called.
   */
  readonly recoverEveryMillis: number
  /** Whether it then also executes their queued runs, and those that are to be resumed. Default: no. */
  readonly adopt: boolean
  /** Whether this host submits the runs of the store's schedules when they are due. Default: no. */
  readonly schedules: boolean
}

export const defaultSettings: HostSettings = {
  executables: {},
  workspaces: "granted",
  policies: [],
  ownDirectory: undefined,
  allowDangerous: false,
  configKeys: ["model_reasoning_effort", "model_reasoning_summary", "model_verbosity", "hide_agent_reasoning"],
  promptSecrets: "block",
  concurrency: { global: 2, perProvider: 1 },
  queueBound: 100_000,
  quotas: {},
  order: {},
  shared: false,
  leaseMillis: 20_000,
  limits: defaultTimeLimits,
  budgets: [],
  unknownCost: "allow",
  prices: [],
  actor: "local",
  shutdown: { finishMillis: 0 },
  storePatienceMillis: 30_000,
  retry: defaultRetryPolicy,
  breaker: defaultBreakerPolicy,
  recovery: "interrupt",
  recoverEveryMillis: 0,
  adopt: false,
  schedules: false,
}

export const HostSettings = Context.Reference<HostSettings>("@runyard/core/HostSettings", {
  defaultValue: () => defaultSettings,
})
