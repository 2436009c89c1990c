/** Submits the run of one time of a schedule, unless one before it has to end first, and says what came of it. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isTerminal, type Run, type RunId } from "../Run.ts"
import { answered, ended, firingKey, type Firing, type Outcome, type RunSchedule } from "../RunSchedule.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { RunStore } from "../RunStore.ts"
import type { Schedules } from "../Schedules.ts"

interface Options {
  readonly schedules: Schedules["Service"]
  readonly store: Pick<RunStore["Service"], "get" | "receipt">
  readonly submit: (request: unknown, actor: string) => Effect.Effect<Run, RunyardError>
}

/** `later`: another try may come to something else, without anybody doing anything: the time stays taken, and is taken over. */
export type Fired =
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "refused" | "later"; readonly error: RunyardError }
  | { readonly kind: "held" }

type Named = Pick<Firing, "by" | "due" | "key">

export interface ScheduleFire {
  /** The run that a time, or what was asked for under a name, has become already. */
  readonly knownAs: (schedule: RunSchedule, firing: Named) => Effect.Effect<Run | undefined, RunyardError>
  readonly fire: (schedule: RunSchedule, firing: Firing) => Effect.Effect<Fired, RunyardError>
  /** Which runs of it have not ended, and which have. */
  readonly openOf: (
    schedule: RunSchedule,
  ) => Effect.Effect<{ readonly open: ReadonlyArray<RunId>; readonly over: ReadonlyArray<RunId> }, RunyardError>
}

const mayPass = ({ code }: RunyardError): boolean => code.startsWith("STORE_") || code === "QUEUE_SHUTTING_DOWN"

export const scheduleFire = ({ schedules, store, submit }: Options): ScheduleFire => {
  const hasEnded = (id: RunId) =>
    Effect.catchIf(
      Effect.map(store.get(id), ({ state }) => isTerminal(state)),
      // It was forgotten.
      ({ code }: RunyardError) => code === "STORE_RUN_NOT_FOUND",
      () => Effect.succeed(true),
    )
  const openOf: ScheduleFire["openOf"] = Effect.fnUntraced(function* (schedule) {
    const [open, over]: [Array<RunId>, Array<RunId>] = [[], []]
    for (const id of schedule.open) {
      if (yield* hasEnded(id)) over.push(id)
      else open.push(id)
    }
    return { open, over }
  })

  const answer = (schedule: RunSchedule, due: number, outcome: Outcome, over: ReadonlyArray<RunId> = []) =>
    Effect.catchIf(
      Effect.asVoid(schedules.change(schedule.id, (now) => Result.succeed(ended(answered(now, due, outcome), over)))),
      // Somebody has removed it meanwhile.
      ({ code }: RunyardError) => code === "QUEUE_SCHEDULE_NOT_FOUND",
      () => Effect.void,
    )

  const knownAs: ScheduleFire["knownAs"] = Effect.fnUntraced(function* (schedule, firing) {
    const receipt = yield* store.receipt(schedule.scope, firingKey(schedule, firing))
    if (receipt === undefined) return undefined
    return yield* Effect.catchIf(
      store.get(receipt.runId),
      ({ code }: RunyardError) => code === "STORE_RUN_NOT_FOUND",
      () => Effect.undefined,
    )
  })

  /** The run that it has to wait for, or is left out for. */
  const before = Effect.fnUntraced(function* (schedule: RunSchedule, firing: Firing) {
    if (schedule.overlap === "allow" || firing.by !== undefined) return { over: [] }
    const { open, over } = yield* openOf(schedule)
    const isSecond = schedule.waiting !== undefined && schedule.waiting !== firing.due
    const first = open[0] ?? (isSecond ? schedule.lastRun?.runId : undefined)
    if (first === undefined || (yield* knownAs(schedule, firing)) !== undefined) return { over }
    return { over, outcome: schedule.overlap === "skip" ? { skippedFor: first } : { waitsFor: first } }
  })

  const fire: ScheduleFire["fire"] = Effect.fnUntraced(function* (schedule, firing): Effect.fn.Return<
    Fired,
    RunyardError
  > {
    const { due } = firing
    const { outcome, over }: { readonly outcome?: Outcome; readonly over: ReadonlyArray<RunId> } = yield* before(
      schedule,
      firing,
    )
    if (outcome !== undefined) {
      yield* answer(schedule, due, outcome, over)
      return { kind: "held" }
    }
    const request = { ...schedule.request, idempotencyKey: firingKey(schedule, firing) }
    const result = yield* Effect.result(
      Effect.catchIf(
        submit(request, firing.by ?? schedule.by),
        // It became a run, and what is asked for was changed before that was said.
        ({ code }) => code === "QUEUE_IDEMPOTENCY_CONFLICT",
        (error) =>
          Effect.flatMap(knownAs(schedule, firing), (run) =>
            run === undefined ? Effect.fail(error) : Effect.succeed(run),
          ),
      ),
    )
    if (Result.isSuccess(result)) {
      // Where it cannot be said now the time stays taken: whoever takes it over finds that it is this run.
      yield* Effect.ignore(answer(schedule, due, { runId: result.success.id }, over), { log: "Debug" })
      return { kind: "run", run: result.success }
    }
    const error = result.failure
    if (mayPass(error)) return { kind: "later", error }
    yield* answer(schedule, due, { error: error.info }, over)
    return { kind: "refused", error }
  })

  return { fire, knownAs, openOf }
}
