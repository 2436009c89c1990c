/** The one place that chooses layers: which adapters, which store, which platform. */
import { claudeAdapter } from "@runyard/adapters-claude"
import { codexAdapter } from "@runyard/adapters-codex"
import {
  type Adapter,
  AdapterRegistry,
  Capabilities,
  type CircuitBreaker,
  type Concurrency,
  defaultSettings,
  GrantDesk,
  HostSettings,
  LiveView,
  type PolicyLayer,
  type PromptSecrets,
  Redactor,
  type RetryPolicy,
  Runner,
  Runyard,
  type TimeLimits,
  Workspace,
} from "@runyard/core"
import { homedir } from "node:os"
import { resolve } from "node:path"
import { NodeCore, NodePaths, NodePolicy, NodeProcessHost, NodeSecretStore } from "@runyard/core/node"
import { SqliteStore } from "@runyard/store"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { carryOut, isAdvancedOn } from "./advancedDecisions.ts"
import { scriptedAdapter } from "./scripted/ScriptedAdapter.ts"

export interface AppOptions {
  /** Where runs are kept. Default: `RUNYARD_HOME`, else the platform's data directory. */
  readonly directory?: string | undefined
  /**
   * Directories that runs may work in while this program lives, beside those that were granted with `runyard grant`. Each
   * must be there when it starts. Default: none.
   */
  readonly workspaces?: ReadonlyArray<string> | undefined
  /** Lets runs work in every directory that this user may. Default: no. */
  readonly allowAnyWorkspace?: boolean | undefined
  /** The environment that children's allowlist picks from, and that names directories. Default: this program's. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Paths of CLIs by provider. */
  readonly executables?: Readonly<Record<string, string>> | undefined
  /** Whether requests may take away an agent's safety limits. Default: `RUNYARD_ALLOW_DANGEROUS=1`, or `policy advanced on`. */
  readonly allowDangerous?: boolean | undefined
  /** Keys of a CLI's own configuration that requests may override, besides the default ones. */
  readonly configKeys?: ReadonlyArray<string> | undefined
  /**
   * `allow` runs requests that hold something like a secret, and stores them masked; `warn` does so and says it in the
   * run's log. Default: `block`.
   */
  readonly promptSecrets?: PromptSecrets | undefined
  /** Runs at once, in all and for each provider, of all programs on the store. Default: 2 and 1. */
  readonly concurrency?: Concurrency | undefined
  /** How many runs may wait on the store; more are refused with `QUEUE_FULL`. Default: 100,000. */
  readonly queueBound?: number | undefined
  /** How many runs of each tenant and workspace may wait; more are refused with `QUEUE_QUOTA`. Default: no quotas. */
  readonly quotas?: HostSettings["quotas"] | undefined
  /** Who goes first among those that wait: weights, classes of urgency. */
  readonly order?: HostSettings["order"] | undefined
  /** Whether every program on the store that adopts may execute runs that this one queues. Default: no. */
  readonly shared?: boolean | undefined
  /**
   * How long this program may show no sign of life before others on the store take over what it executes, in milliseconds.
   * Default: 20 seconds. One whose process is gone is found out at once.
   */
  readonly leaseMillis?: number | undefined
  /** Defaults for requests that name none. */
  readonly limits?: Partial<TimeLimits> | undefined
  /** Budgets that runs share: of money, tokens, turns or time, in all or for each day. Default: none. */
  readonly budgets?: HostSettings["budgets"] | undefined
  /** What becomes of a run with a limit on its cost when that cannot be known. Default: `allow`, it goes on. */
  readonly unknownCost?: HostSettings["unknownCost"] | undefined
  /** Prices of models, in US dollars for a million tokens; they come before those that Runyard knows. */
  readonly prices?: HostSettings["prices"] | undefined
  /** Who the runs are for, in the ledger. Default: `local`. */
  readonly actor?: string | undefined
  /** How long output may wait for a store that is busy, full or cannot be written. Default: 30 s; then the run is ended. */
  readonly storePatienceMillis?: number | undefined
  /** What happens to runs when the yard is closed. Default: they are ended at once (`finishMillis: 0`). */
  readonly shutdown?: { readonly finishMillis: number } | undefined
  /**
   * What keeps the processes of a run together; `auto` takes the strongest that leaves the agent's world as it is.
   * Default: `RUNYARD_CONTAINMENT`, else `auto`. Any other that is not to be had here fails each start.
   */
  readonly containment?: NodeProcessHost.ContainmentChoice | undefined
  /**
   * What takes new secrets; `auto` is the system's keychain where it can be used, else encrypted files. Default:
   * `RUNYARD_SECRETS_STORE`, else `auto`.
   */
  readonly secretStore?: NodeSecretStore.SecretStoreChoice | undefined
  /** When a run is tried again by itself after a failure of the service. Default: `defaultRetryPolicy`. */
  readonly retry?: Partial<RetryPolicy> | undefined
  /** When runs are kept from a provider's account that fails again and again. Default: `defaultBreakerPolicy`. */
  readonly breaker?: Partial<CircuitBreaker.BreakerPolicy> | undefined
  /** What becomes of runs whose host dies, for requests that do not say. Default: `interrupt`. */
  readonly recovery?: "interrupt" | "resume" | undefined
  /** Whether runs that dead hosts left in the queue are executed here, while this one lives. Default: no. */
  readonly adopt?: boolean | undefined
  /** Whether the runs of the store's schedules are submitted here when they are due, while this one lives. Default: no. */
  readonly schedules?: boolean | undefined
  /** More adapters, beside Codex and Claude Code. */
  readonly adapters?: ReadonlyArray<Adapter> | undefined
}

export const bundledAdapters: ReadonlyArray<Adapter> = [codexAdapter, claudeAdapter, scriptedAdapter]

/** How soon the death of another host on the store is noticed, at the latest. Costs one small query each time. */
const recoverEveryMillis = 2_000

/** Grants a directory for as long as this program lives. The program names it, so that no command is needed. */
const grantHere = Effect.fnUntraced(function* (directory: string) {
  const workspace = yield* Workspace
  const desk = yield* GrantDesk
  const path = yield* workspace.directory(resolve(directory))
  return yield* desk.add({ path, remote: true }, "this program", { lasting: false })
}, Effect.provide(GrantDesk.layer))

/** Where runs are kept when nobody says otherwise. */
export const dataDirectory = (env: Readonly<Record<string, string>>): string =>
  NodePaths.dataDirectory({ env, platform: process.platform, home: homedir() })

const placeOf = (options: Pick<AppOptions, "directory" | "env">) => {
  const env = options.env ?? NodeProcessHost.processEnv()
  return { env, directory: options.directory ?? dataDirectory(env) }
}

/** The secrets alone: nothing of a store of runs is opened for them. */
export const secretLayer = (options: Pick<AppOptions, "directory" | "env" | "secretStore"> = {}) => {
  const { directory, env } = placeOf(options)
  // A word that is none of them is refused with the first secret.
  const named = env["RUNYARD_SECRETS_STORE"] as NodeSecretStore.SecretStoreChoice | undefined
  return NodeSecretStore.layer({ env, directory, choice: options.secretStore ?? named })
}

/** Everything a host needs, over one store. */
export const appLayer = (options: AppOptions = {}) => {
  const { directory, env } = placeOf(options)
  // A word that is none of them is refused at the first start, with all of them named.
  const containment =
    options.containment ?? (env["RUNYARD_CONTAINMENT"] as NodeProcessHost.ContainmentChoice | undefined) ?? "auto"
  const settingsWith = (policies: ReadonlyArray<PolicyLayer>): HostSettings => ({
    policies,
    executables: { [scriptedAdapter.provider]: process.execPath, ...options.executables },
    workspaces: options.allowAnyWorkspace === true ? "any" : "granted",
    ownDirectory: directory,
    allowDangerous: options.allowDangerous ?? isAdvancedOn(env, directory),
    configKeys: [...defaultSettings.configKeys, ...(options.configKeys ?? [])],
    promptSecrets: options.promptSecrets ?? defaultSettings.promptSecrets,
    concurrency: options.concurrency ?? defaultSettings.concurrency,
    queueBound: options.queueBound ?? defaultSettings.queueBound,
    quotas: options.quotas ?? defaultSettings.quotas,
    order: options.order ?? defaultSettings.order,
    shared: options.shared ?? defaultSettings.shared,
    leaseMillis: options.leaseMillis ?? defaultSettings.leaseMillis,
    limits: { ...defaultSettings.limits, ...options.limits },
    retry: { ...defaultSettings.retry, ...options.retry },
    breaker: { ...defaultSettings.breaker, ...options.breaker },
    budgets: options.budgets ?? defaultSettings.budgets,
    unknownCost: options.unknownCost ?? defaultSettings.unknownCost,
    prices: options.prices ?? defaultSettings.prices,
    actor: options.actor ?? defaultSettings.actor,
    recovery: options.recovery ?? defaultSettings.recovery,
    recoverEveryMillis,
    adopt: options.adopt ?? defaultSettings.adopt,
    schedules: options.schedules ?? defaultSettings.schedules,
    shutdown: options.shutdown ?? defaultSettings.shutdown,
    storePatienceMillis: options.storePatienceMillis ?? defaultSettings.storePatienceMillis,
  })
  const settings = Layer.effect(HostSettings, Effect.map(NodePolicy.hostLayers(directory), settingsWith))
  const store = SqliteStore.layer({ directory, sealKey: NodePaths.installKey(directory) })
  // The store makes the directory, so the key's file comes after it.
  const redactor = Layer.unwrap(Effect.map(NodePaths.installKey(directory), (key) => Redactor.layer({ key }))).pipe(
    Layer.provide(store),
  )
  const registry = AdapterRegistry.layer([...bundledAdapters, ...(options.adapters ?? [])])
  const granted = Layer.effectDiscard(Effect.forEach(options.workspaces ?? [], grantHere, { discard: true }))
  // A store that cannot take it now does not keep the host from starting: the next one tries again.
  const decided = Layer.effectDiscard(
    Effect.ignore(carryOut(directory), {
      log: "Warn",
      message: "What was decided about advanced mode is not recorded",
    }),
  )
  // First the grants: what this host adopts may begin at once.
  return Runyard.layer.pipe(
    Layer.provide(Layer.merge(granted, decided)),
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(Layer.mergeAll(registry, redactor, store, LiveView.layer, secretLayer(options))),
    Layer.provideMerge(NodeCore.layer(env, { containment })),
    Layer.provideMerge(settings),
  )
}
