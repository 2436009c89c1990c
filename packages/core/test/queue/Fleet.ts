/** Several hosts with real turns over one store in memory, on the test clock. Their agents only take time. */
import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { EventLog } from "../../src/EventLog.ts"
import type { FairSettings } from "../../src/FairSettings.ts"
import { type Turns, turns } from "../../src/internal/turns.ts"
import { limiterKinds, limiterName, capacityOf } from "../../src/Limits.ts"
import * as MemoryStore from "../../src/MemoryStore.ts"
import {
  isTerminal,
  type QueuePlace,
  type Run,
  type RunId,
  type RunRequest,
  type Scope as RunScope,
} from "../../src/Run.ts"
import { isTerminalEvent } from "../../src/RunEvent.ts"
import { RunQueue } from "../../src/RunQueue.ts"
import { RunStore } from "../../src/RunStore.ts"
import { errorInfo, type RunyardError, runyardError } from "../../src/RunyardError.ts"
import { claimedBy, completed, draft, started, testRunId } from "../../src/testing/EventDrafts.ts"
import { jobOf } from "../../src/internal/queueIndex.ts"
import * as QueueEntry from "../../src/QueueEntry.ts"

export interface Submit {
  readonly request?: Partial<RunRequest>
  readonly scope?: Partial<RunScope>
  readonly place?: Partial<QueuePlace>
  /** How long its agent works, in milliseconds. */
  readonly lasts?: number
  /** In how many milliseconds its first attempt is followed by another. Default: it is the only one. */
  readonly retryAfter?: number
}

export interface Member {
  readonly id: string
  readonly turn: Turns
  readonly crash: Effect.Effect<void>
  /** The store answers this host with an error from now on, or no longer. */
  readonly trouble: (on: boolean) => void
}

export interface Execution {
  readonly host: string
  readonly claimedAt: number
  endedAt?: number
}

export interface FleetOptions {
  readonly settings: FairSettings
  readonly shared?: boolean
}

export const makeFleet = Effect.fnUntraced(function* ({ settings, shared = true }: FleetOptions) {
  const store = yield* Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(MemoryStore.layer, scope))
  const log = Context.get(store, EventLog)
  const queue = Context.get(store, RunQueue)
  const runs = Context.get(store, RunStore)
  const lasting = new Map<RunId, number>()
  const retries = new Map<RunId, number>()
  const executions = new Map<RunId, Array<Execution>>()
  const queuedAt = new Map<RunId, number>()
  const members = new Map<string, Member>()
  const crashed = new Set<string>()
  const jobs = new Map<RunId, ReturnType<typeof jobOf>>()
  let count = 0

  /** Holds every claim in the log of all runs against every limit, and against the conversations. */
  const checkLimits = Effect.gen(function* () {
    const used = new Map<string, number>()
    const use = (id: RunId, sign: 1 | -1) => {
      const job = jobs.get(id)
      if (job === undefined) return assert.fail(`${id} was never queued`)
      const add = (name: string, units: number, limit: number) => {
        const now = (used.get(name) ?? 0) + sign * units
        used.set(name, now)
        // What weighs more than a limiter holds runs there alone.
        if (sign === 1) assert.isTrue(now <= limit || now === units, `${name} has ${now} of ${limit} units in use`)
      }
      for (const kind of limiterKinds) {
        const name = limiterName(kind, job)
        if (name !== undefined) add(`${kind} ${name}`, job.units, capacityOf(settings.limits, kind, name))
      }
      if (job.session !== undefined) add(`session ${job.session}`, 1, 1)
    }
    const live = new Set<RunId>()
    for (let after = 0, read = 1; read > 0; after += read) {
      const page = yield* log.readAll({ after, limit: 1_000 })
      for (const { event } of page) {
        if (event.type === "queue.claimed") {
          live.add(event.runId)
          use(event.runId, 1)
        } else if ((isTerminalEvent(event) || event.type === "run.retry_scheduled") && live.delete(event.runId)) {
          use(event.runId, -1)
        }
      }
      read = page.length
    }
  })

  const put = (id: RunId, items: Parameters<typeof log.append>[1]) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      log.append(
        id,
        items.map((item) => ({ ...item, at })),
      ),
    )
  const end = (id: RunId, items: Parameters<typeof put>[1]) =>
    Effect.tap(put(id, items), () =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const last = executions.get(id)?.at(-1)
        if (last !== undefined) last.endedAt = at
      }),
    )

  const open = Effect.fnUntraced(function* (id: string, adopts = true) {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const identity = { id, pid: 1, startTime: "1" }
    let inTrouble = false
    const orFail = <A>(effect: Effect.Effect<A, RunyardError>) =>
      Effect.suspend(() => (inTrouble ? Effect.fail(runyardError("STORE_BUSY")) : effect))
    const execute = Effect.fnUntraced(function* (run: RunId) {
      const claimed = yield* Effect.exit(
        orFail(
          put(
            run,
            [claimedBy(identity), started].map((item) => ({
              ...item,
              attempt: (executions.get(run)?.length ?? 0) + 1,
            })),
          ),
        ),
      )
      if (Exit.isFailure(claimed)) return turn.giveBack(run)
      const claimedAt = yield* Clock.currentTimeMillis
      executions.set(run, [...(executions.get(run) ?? []), { host: id, claimedAt }])
      yield* Effect.sleep(lasting.get(run) ?? 1_000)
      // An end is tried until it is stored.
      const attempt = executions.get(run)?.length ?? 1
      const retryAfter = attempt === 1 ? retries.get(run) : undefined
      const last = Effect.flatMap(Clock.currentTimeMillis, (at) =>
        end(run, [
          retryAfter === undefined
            ? { ...completed, attempt }
            : draft("run.retry_scheduled", { at: at + retryAfter, error: errorInfo("CLI_CRASHED") }),
        ]),
      )
      yield* Effect.retry(orFail(last), Schedule.spaced("500 millis"))
      return turn.poke()
    })
    const turn: Turns = turns({
      queue: {
        ...queue,
        claim: (host, after, choose) =>
          // Fails after it has decided, as a commit does.
          Effect.suspend(() =>
            inTrouble
              ? Effect.flatMap(queue.changes(after), (changes) => {
                  choose(changes)
                  return Effect.fail(runyardError("STORE_BUSY"))
                })
              : queue.claim(host, after, choose),
          ),
        changes: (after) => orFail(queue.changes(after)),
        release: (host, ids) => orFail(queue.release(host, ids)),
      },
      self: id,
      settings: () => settings,
      adopts,
      isWell: (host) => members.has(host),
      idle: Effect.sleep,
      expire: (run) =>
        orFail(
          Effect.asVoid(
            put(run, [draft("run.timed_out", { limit: "queue", error: errorInfo("QUEUE_TIMED_OUT") }, { attempt: 0 })]),
          ),
        ),
      begin: (run) => Effect.asVoid(Effect.forkIn(execute(run), scope, { startImmediately: true })),
    })
    yield* Effect.forkIn(turn.loop, scope)
    const member: Member = {
      id,
      turn,
      trouble: (on) => void (inTrouble = on),
      crash: Effect.suspend(() => {
        members.delete(id)
        crashed.add(id)
        return Scope.close(scope, Exit.void)
      }),
    }
    members.set(id, member)
    return member
  })

  /**
   * What a host does about those that are dead, whoever took over from them and died, too. Gives the runs that they were
   * executing.
   */
  const recover = Effect.fnUntraced(function* (by: Member) {
    for (const id of crashed) yield* queue.putOut(id)
    const interrupted: Array<RunId> = []
    for (const entry of (yield* queue.changes(0)).entries) {
      if (!crashed.has(entry.host)) continue
      if (entry.state === "live") {
        interrupted.push(entry.id)
        const attempt = executions.get(entry.id)?.length ?? 1
        yield* end(entry.id, [draft("run.interrupted", { error: errorInfo("QUEUE_HOST_DIED") }, { attempt })])
      } else if (entry.place.shared !== true) yield* by.turn.add(entry.id)
    }
    return interrupted
  })

  const submit = Effect.fnUntraced(function* (
    by: Member,
    { lasts = 1_000, place, request, retryAfter, scope }: Submit = {},
  ) {
    const id = testRunId(++count)
    const at = yield* Clock.currentTimeMillis
    lasting.set(id, lasts)
    if (retryAfter !== undefined) retries.set(id, retryAfter)
    queuedAt.set(id, at)
    const full = { priority: "normal" as const, ...(shared ? { shared: true } : {}), ...place }
    const payload = {
      scope: { platform: "local", tenant: "local", workspace: "local-workspace", ...scope },
      host: { id: by.id, pid: 1, startTime: "1" },
      request: { provider: "fake", prompt: "p", cwd: "/work", ...request },
      queue: full,
    }
    yield* put(id, [draft("run.queued", payload, { attempt: 0 })])
    const entry = QueueEntry.fromRun(yield* runs.get(id), count)
    if (entry !== undefined) jobs.set(id, jobOf(entry))
    yield* by.turn.add(id)
    return id
  })

  const stateOf = (id: RunId) => Effect.map(runs.get(id), ({ state }) => state)
  const ended = Effect.gen(function* () {
    const found: Array<Run> = []
    for (const id of queuedAt.keys()) found.push(yield* runs.get(id))
    return found.every(({ state }) => isTerminal(state))
  })

  return {
    log,
    queue,
    open,
    submit,
    recover,
    put,
    stateOf,
    ended,
    checkLimits,
    retries,
    executions,
    queuedAt,
    members,
    jobs,
  }
})
