/** One append, before it is stored: numbered events and the run they lead to. Pure; every store runs it in its transaction. */
import * as Result from "effect/Result"
import type { Run, RunId } from "./Run.ts"
import type { EventDraft, RunEvent } from "./RunEvent.ts"
import * as RunTransition from "./RunTransition.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

export interface EventBatch {
  readonly run: Run
  readonly events: ReadonlyArray<RunEvent>
}

const number = (runId: RunId, seq: number, draft: EventDraft): RunEvent => ({ v: 1, runId, seq, ...draft })

/**
 * Numbers the drafts after the run's last event. `run` is the run as it is stored; `undefined` when there is none, and
 * then the first draft must be `run.queued`. Fails with `STORE_RUN_NOT_FOUND` or `STORE_CONFLICT`.
 */
export const make = (
  runId: RunId,
  run: Run | undefined,
  drafts: ReadonlyArray<EventDraft>,
): Result.Result<EventBatch, RunyardError> => {
  const events: Array<RunEvent> = []
  let current = run
  for (const draft of drafts) {
    const event = number(runId, (current?.lastSeq ?? 0) + 1, draft)
    if (current === undefined && event.type !== "run.queued") return notFound(runId)
    const next: Result.Result<Run, RunyardError> =
      current === undefined ? RunTransition.begin(event) : RunTransition.apply(current, event)
    if (Result.isFailure(next)) return Result.fail(next.failure)
    current = next.success
    events.push(event)
  }
  return current === undefined ? notFound(runId) : Result.succeed({ run: current, events })
}

/** Whether a host begins to execute the run by it. */
export const isClaim = ({ events }: EventBatch): boolean => events.some(({ type }) => type === "queue.claimed")

/** Why a run cannot be claimed for a host that was put out: it would not count with what others have begun since. */
export const hostIsOut = ({ host, id }: Run): RunyardError =>
  runyardError("STORE_CONFLICT", {
    message: "The host was taken for dead; others have taken over what it had leased",
    detail: { runId: id, host: host.id },
  })

const notFound = (runId: RunId): Result.Result<never, RunyardError> =>
  Result.fail(runyardError("STORE_RUN_NOT_FOUND", { detail: { runId } }))
