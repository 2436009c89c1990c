/** One test of one CLI: a fake model, a throw-away home and workspace, and Runyard over them. */
import { assert } from "@effect/vitest"
import { open, type OpenOptions, type Run, type RunEvent, type RunHandle, type StartRequest, type Yard } from "runyard"
import { type FakeModel, type Script, startFakeModel } from "../fake-model/FakeModel.ts"
import { type Cli, programOf } from "./Clis.ts"
import { type Environment, type EnvironmentOptions, makeEnvironment } from "./environment.ts"
import { processesOf } from "../support/processes.ts"

type EventOf<K extends RunEvent["type"]> = Extract<RunEvent, { readonly type: K }>

/** A run whose log is followed from the start. */
export interface FollowedRun {
  readonly handle: RunHandle
  /** What came so far, live. */
  readonly log: ReadonlyArray<RunEvent>
  readonly all: <K extends RunEvent["type"]>(type: K) => ReadonlyArray<EventOf<K>>
  /** The first event of a type, waited for. Rejects when the run ends without one. */
  readonly first: <K extends RunEvent["type"]>(type: K) => Promise<EventOf<K>>
  /** Waits for the end, and checks what is true of every run that ever ends. */
  readonly ended: () => Promise<Run>
}

export interface Stage {
  readonly cli: Cli
  readonly model: FakeModel
  readonly environment: Environment
  readonly yard: Yard
  /** Starts a run in the workspace that may edit files and run commands there. */
  readonly start: (request?: Partial<StartRequest>) => Promise<FollowedRun>
  /** Closes this Runyard and opens another one on the same store. */
  readonly reopen: () => Promise<Yard>
}

export interface StageOptions extends EnvironmentOptions {
  readonly script?: Script
  /** When the yard tries runs again that may be. They are not unless the request says so. */
  readonly retry?: OpenOptions["retry"]
  readonly breaker?: OpenOptions["breaker"]
  /** Of the host. Default: none. */
  readonly budgets?: OpenOptions["budgets"]
}

const settling = new Set<RunEvent["type"]>([
  "run.completed",
  "run.failed",
  "run.canceled",
  "run.timed_out",
  "run.interrupted",
  "run.policy_denied",
  "run.action_needed",
])

const checkLog = (log: ReadonlyArray<RunEvent>): void => {
  assert.deepStrictEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
    "the numbers have no gap",
  )
  assert.deepStrictEqual(
    log.flatMap(({ type }, index) => (settling.has(type) ? [index] : [])),
    [log.length - 1],
    `exactly the last event ends the run: ${log.map(({ type }) => type).join(", ")}`,
  )
}

/** Everything of an iteration that ends. */
export const all = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const item of items) found.push(item)
  return found
}

const follow = (handle: RunHandle): FollowedRun => {
  const log: Array<RunEvent> = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const waiter of waiting) waiter()
  }
  let open = true
  const following = (async () => {
    for await (const event of handle.events()) {
      log.push(event)
      wake()
    }
  })().finally(() => {
    open = false
    wake()
  })
  // Whoever waits for the end gets the rejection.
  following.catch(() => undefined)

  const all = <K extends RunEvent["type"]>(type: K) => log.filter((event): event is EventOf<K> => event.type === type)

  return {
    handle,
    log,
    all,
    first: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const [found] = all(type)
          if (found === undefined && open) return
          waiting.delete(look)
          if (found === undefined) reject(new Error(`No ${type} in ${JSON.stringify(log, null, 1).slice(-4000)}`))
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
    ended: async () => {
      const run = await handle.result()
      await following
      checkLog(log)
      assert.strictEqual(run.lastSeq, log.length)
      assert.deepStrictEqual(await processesOf(run.id), [], "nothing of the run is alive")
      assert.strictEqual(run.unknownLines, 0, "every line of the CLI was understood")
      return run
    },
  }
}

/** What a run may do without asking, in this CLI's terms. */
const permissions = (cli: Cli): Partial<StartRequest> =>
  cli.provider === "codex" ? { sandbox: "workspace-write" } : { permissionMode: "acceptEdits" }

/** Sets the stage, plays, and clears it away whatever happened. */
export const onStage = async (
  cli: Cli,
  options: StageOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<void> => {
  const model = await startFakeModel(options.script === undefined ? {} : { script: options.script })
  const environment = await makeEnvironment(cli, model.url, options)
  const openYard = () =>
    open({
      directory: environment.data,
      allowAnyWorkspace: true,
      env: environment.env,
      budgets: options.budgets,
      executables: { [cli.provider]: programOf(cli) },
      retry: options.retry,
      breaker: options.breaker,
    })
  let yard: Yard | undefined
  const current = (): Yard => {
    if (yard === undefined) throw new Error("Runyard is not open")
    return yard
  }
  try {
    yard = await openYard()
    await play({
      cli,
      model,
      environment,
      yard,
      start: async (request) =>
        follow(
          await current().start({
            provider: cli.provider,
            prompt: "Do as the script says.",
            cwd: environment.workspace,
            env: environment.providerEnv,
            retry: "never",
            ...permissions(cli),
            ...request,
          }),
        ),
      reopen: async () => {
        await current().close()
        yard = await openYard()
        return yard
      },
    })
  } finally {
    await yard?.close()
    await model.close()
    await environment.remove()
  }
}
