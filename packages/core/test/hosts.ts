/** Hosts of Runyard without processes, over stores in memory that several of them may share. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Adapter, Protocol } from "../src/Adapter.ts"
import { AdapterRegistry } from "../src/AdapterRegistry.ts"
import { Capabilities } from "../src/Capabilities.ts"
import { EventLog } from "../src/EventLog.ts"
import { defaultSettings, HostSettings } from "../src/HostSettings.ts"
import { LiveView } from "../src/LiveView.ts"
import * as MemoryStore from "../src/MemoryStore.ts"
import { ProcessHost, type ProcessHandle } from "../src/ProcessHost.ts"
import { Redactor } from "../src/Redactor.ts"
import type { RunId } from "../src/Run.ts"
import { isTerminalEvent, type RunEvent } from "../src/RunEvent.ts"
import { Runner } from "../src/Runner.ts"
import { RunQueue } from "../src/RunQueue.ts"
import { RunStore } from "../src/RunStore.ts"
import { Runyard } from "../src/Runyard.ts"
import { runyardError } from "../src/RunyardError.ts"
import { SecretStore } from "../src/SecretStore.ts"
import type { StoreServices } from "../src/StoreServices.ts"
import { UsageLedger } from "../src/UsageLedger.ts"
import { Workspace } from "../src/Workspace.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import { type FakeHostOptions, fakeProcessHost, type FakeScript } from "../src/testing/FakeProcessHost.ts"
import { fakeStructuredOutput, fakeWorkspace } from "../src/testing/FakeWorkspace.ts"

export type Log = EventLog["Service"]
export type Store = RunStore["Service"]
export type Queue = RunQueue["Service"]
export type Ledger = UsageLedger["Service"]

export interface World {
  readonly script?: FakeScript
  readonly host?: Partial<FakeHostOptions>
  readonly settings?: Partial<HostSettings>
  readonly adapter?: Adapter
  readonly workspace?: Partial<Workspace["Service"]>
  readonly secrets?: SecretStore["Service"]
  /** What this host sees of the store. */
  readonly log?: (log: Log) => Partial<Log>
  readonly runs?: (store: Store) => Partial<Store>
  readonly queue?: (queue: Queue) => Partial<Queue>
  readonly ledger?: (ledger: Ledger) => Partial<Ledger>
  readonly handle?: (handle: ProcessHandle) => Partial<ProcessHandle>
}

export const done = fakeLine({ done: { outcome: "succeeded", finalMessage: "bye" } })
export const hang: FakeScript = { steps: [{ hang: true }] }
export const quick: FakeScript = { steps: [{ waitMillis: 50 }, { stdout: done }] }
export const isProbe = (command: { readonly args: ReadonlyArray<string> }) => command.args[0] === "--version"
export const probe: FakeScript = { steps: [{ stdout: "1.0.0\n" }] }

/** A host over a store that others may share. */
export const hostOver = (store: Context.Context<StoreServices>, world: World) => {
  const log = Context.get(store, EventLog)
  const runs = Context.get(store, RunStore)
  const queue = Context.get(store, RunQueue)
  const ledger = Context.get(store, UsageLedger)
  const processes = fakeProcessHost({
    play: (command) => (isProbe(command) ? probe : (world.script ?? hang)),
    ...world.host,
  })
  const seenStore = store.pipe(
    Context.add(EventLog, { ...log, ...world.log?.(log) }),
    Context.add(RunQueue, { ...queue, ...world.queue?.(queue) }),
    Context.add(UsageLedger, { ...ledger, ...world.ledger?.(ledger) }),
    Context.add(RunStore, { ...runs, ...world.runs?.(runs) }),
  )
  const { handle } = world
  const seen =
    handle === undefined
      ? processes
      : Layer.effect(
          ProcessHost,
          Effect.gen(function* () {
            const host = yield* ProcessHost
            const spawn: typeof host.spawn = (command) =>
              Effect.map(host.spawn(command), (made) => (isProbe(command) ? made : { ...made, ...handle(made) }))
            return ProcessHost.of({ ...host, spawn })
          }),
        ).pipe(Layer.provide(processes))
  return Runyard.layer.pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([world.adapter ?? fakeAdapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        Layer.succeedContext(seenStore),
        LiveView.layer,
        world.secrets === undefined ? SecretStore.layerMemory() : Layer.succeed(SecretStore, world.secrets),
        world.workspace === undefined
          ? fakeWorkspace
          : Layer.effect(
              Workspace,
              Workspace.useSync((real) => ({ ...real, ...world.workspace })),
            ).pipe(Layer.provide(fakeWorkspace)),
        fakeStructuredOutput(),
      ),
    ),
    Layer.provideMerge(seen),
    Layer.provideMerge(
      Layer.succeed(HostSettings, Object.assign({}, defaultSettings, { workspaces: "any" }, world.settings)),
    ),
  )
}

export const openStore = Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(MemoryStore.layer, scope))

/** Opens a host, to be closed when the test likes. */
export const openHost = Effect.fnUntraced(function* (store: Context.Context<StoreServices>, world: World) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const context = yield* Layer.buildWithScope(hostOver(store, world), scope)
  return { yard: Context.get(context, Runyard), close: Scope.close(scope, Exit.void) }
})

export const oneHost = Effect.fnUntraced(function* (world: World) {
  const store = yield* openStore
  const { yard, close } = yield* openHost(store, world)
  const logOf = (id: RunId) => Stream.runCollect(Context.get(store, EventLog).events(id, { follow: false }))
  return { yard, close, logOf, store }
})

export const request = { provider: "fake", prompt: "Say hello", cwd: "/work" }
export const tester = { by: "tester", force: false }
export const types = (log: ReadonlyArray<RunEvent>) => log.map(({ type }) => type)
export const endsOf = (log: ReadonlyArray<RunEvent>) => types(log.filter(isTerminalEvent))
export const busy = runyardError("STORE_BUSY")
export const idOf = (id: string) => ({ id, pid: 1, startTime: "1" })

/** The fake adapter with another protocol. */
export const withProtocol = (change: (protocol: Protocol) => Partial<Protocol>): Adapter => {
  const format = fakeAdapter.formats["lines"]
  if (format === undefined) throw new Error("the fake adapter has no lines")
  return {
    ...fakeAdapter,
    formats: {
      lines: {
        ...format,
        protocol: (asked) => {
          const protocol = format.protocol(asked)
          return { ...protocol, ...change(protocol) }
        },
      },
    },
  }
}
