/** Every arrow of the state machine: (run, event) to run, pure. The store applies it in the event's own transaction. */
import * as Result from "effect/Result"
import { wholeCut } from "./internal/lineCutter.ts"
import { type Attempt, isTerminal, nobody, type QueuePlace, type Run, type RunState } from "./Run.ts"
import type { EventType, RunEvent } from "./RunEvent.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"
import { noSideEffects, noteSideEffects } from "./SideEffects.ts"

/** States in which a run waits for its turn. */
const waiting = ["queued", "retry_wait", "action_needed"] as const
/** States in which a host executes it. */
const live = ["starting", "running"] as const
const open = [...waiting, ...live] as const

/** The states an event may come in, and the one it leads to. Every other event is for a live run and moves nothing. */
const arrows: { readonly [K in EventType]?: { readonly from: ReadonlyArray<RunState>; readonly to?: RunState } } = {
  "queue.claimed": { from: ["queued", "retry_wait"], to: "starting" },
  "run.started": { from: ["starting"], to: "running" },
  "run.retry_scheduled": { from: live, to: "retry_wait" },
  "run.action_needed": { from: live, to: "action_needed" },
  "queue.requeued": { from: ["action_needed", "retry_wait", "running"], to: "queued" },
  "queue.changed": { from: ["queued", "retry_wait"] },
  "queue.released": { from: ["queued", "retry_wait"] },
  "run.completed": { from: ["running"], to: "succeeded" },
  "run.failed": { from: live, to: "failed" },
  "run.canceled": { from: open, to: "canceled" },
  "run.timed_out": { from: open, to: "timed_out" },
  "run.interrupted": { from: live, to: "interrupted" },
  "run.policy_denied": { from: ["queued"], to: "rejected" },
  "audit.cancel_requested": { from: open },
  "policy.applied": { from: open },
  "run.compatibility_warning": { from: open },
  "run.redacted": { from: open },
}

const maxFinalMessage = 64 * 1024
const cutMessage = (text: string): string => text.slice(0, wholeCut(text, maxFinalMessage))

const conflict = (message: string): Result.Result<never, RunyardError> =>
  Result.fail(runyardError("STORE_CONFLICT", { message }))

const lastAttempt = (run: Run, change: (attempt: Attempt) => Attempt): ReadonlyArray<Attempt> =>
  run.attempts.map((attempt, index) => (index === run.attempts.length - 1 ? change(attempt) : attempt))

/** The run after its first event, which must be `run.queued` with `seq` 1. */
export const begin = (event: RunEvent): Result.Result<Run, RunyardError> => {
  if (event.type !== "run.queued" || event.seq !== 1) return conflict("A run begins with run.queued")
  const { actor, scope, request, host, queue } = event.payload
  return Result.succeed({
    id: event.runId,
    scope,
    ...(actor === undefined ? {} : { actor }),
    request,
    state: "queued",
    createdAt: event.at,
    updatedAt: event.at,
    host,
    attempts: [],
    ...(queue === undefined ? {} : { queue }),
    lastSeq: 1,
    unknownLines: 0,
    redactionCount: event.redactions.reduce((sum, { count }) => sum + count, 0),
  })
}

/** The run after one more event. Fails with `STORE_CONFLICT` when its state forbids it; the run is then as before. */
export const apply = (run: Run, event: RunEvent): Result.Result<Run, RunyardError> => {
  if (event.seq !== run.lastSeq + 1) return conflict(`Event ${event.seq} cannot follow event ${run.lastSeq}`)
  if (isTerminal(run.state)) return conflict(`The run is ${run.state}; nothing can follow`)
  const arrow = arrows[event.type] ?? { from: live }
  if (event.type === "run.queued" || !arrow.from.includes(run.state)) {
    return conflict(`${event.type} cannot happen to a run that is ${run.state}`)
  }
  if (event.type === "queue.claimed" && run.queue?.held === true) return conflict("The run is held")
  // Whoever still sees the run in its queue, or an attempt that was taken over, has no say in the one that lives.
  if (live.some((state) => state === run.state) && event.attempt < run.attempts.length) {
    return conflict(`Attempt ${run.attempts.length} is under way; this is of attempt ${event.attempt}`)
  }
  const masked = event.redactions.reduce((sum, { count }) => sum + count, 0)
  const next: Run = {
    ...run,
    lastSeq: event.seq,
    updatedAt: event.at,
    state: arrow.to ?? run.state,
    redactionCount: run.redactionCount + masked,
  }
  return Result.succeed(
    absorb(arrow.to !== undefined && isTerminal(arrow.to) ? { ...next, endedAt: event.at } : next, event),
  )
}

/** The run after events that follow it. @param run undefined before the first one. */
export const replay = (run: Run | undefined, events: ReadonlyArray<RunEvent>): Result.Result<Run, RunyardError> => {
  let current = run
  for (const event of events) {
    const next: Result.Result<Run, RunyardError> = current === undefined ? begin(event) : apply(current, event)
    if (Result.isFailure(next)) return next
    current = next.success
  }
  return current === undefined ? conflict("A run begins with run.queued") : Result.succeed(current)
}

/** What the event says about the run beyond its state. */
const absorb = (run: Run, event: RunEvent): Run => {
  switch (event.type) {
    case "queue.claimed": {
      const { error: _, finalMessage, ...rest } = run
      // The last words of an attempt that was given up are not those of the next one.
      const kept = finalMessage === undefined || run.attempts.at(-1)?.retry !== undefined ? {} : { finalMessage }
      return {
        ...rest,
        ...kept,
        host: event.payload.host,
        attempts: [...run.attempts, { number: run.attempts.length + 1 }],
      }
    }
    case "queue.released":
      return { ...run, host: nobody }
    case "queue.changed": {
      const { by: _, reason: __, ...changed } = event.payload
      return { ...run, queue: { priority: "normal", ...run.queue, ...changed } }
    }
    case "run.started":
      return {
        ...run,
        attempts: lastAttempt(run, (attempt) => ({
          ...attempt,
          startedAt: event.at,
          executable: event.payload.executable,
          pid: event.payload.pid,
          sideEffects: noteSideEffects(noSideEffects, event, event.payload.showsTools === true),
          ...(event.payload.process === undefined ? {} : { process: event.payload.process }),
          ...(event.payload.version === undefined ? {} : { version: event.payload.version }),
        })),
      }
    case "run.progress": {
      if (event.payload.phase !== "process_ended") return run
      const { exit } = event.payload
      return { ...run, attempts: lastAttempt(run, (attempt) => ({ ...attempt, exit })) }
    }
    case "agent.session":
      return {
        ...run,
        sessionId: event.payload.sessionId,
        ...(event.payload.model === undefined ? {} : { model: event.payload.model }),
      }
    case "agent.message":
      return { ...run, finalMessage: cutMessage(event.payload.text) }
    case "run.usage": {
      const { usage, cost, interim } = event.payload
      // A run shows what is certain.
      if (interim === true) return run
      return { ...run, ...(usage === undefined ? {} : { usage }), ...(cost === undefined ? {} : { cost }) }
    }
    case "run.chunk.stdout": {
      const next = withSideEffects(run, event)
      return event.payload.reason === "unknown" ? { ...next, unknownLines: run.unknownLines + 1 } : next
    }
    case "agent.tool_started":
    case "agent.tool_output":
    case "agent.tool_completed":
      return withSideEffects(run, event)
    case "run.completed":
      return {
        ...settle(run, event),
        ...(event.payload.structured === undefined ? {} : { structured: event.payload.structured }),
      }
    case "run.timed_out":
    case "run.interrupted":
      return { ...settle(run, event), error: event.payload.error }
    case "run.failed":
    case "run.action_needed": {
      const { error, retry } = event.payload
      const next = { ...settle(run, event), error }
      if (retry === undefined) return next
      return { ...next, attempts: lastAttempt(next, (attempt) => ({ ...attempt, retry })) }
    }
    case "run.canceled":
      return settle(run, event)
    case "queue.requeued": {
      const { error } = event.payload
      if (error === undefined) return run
      return { ...run, attempts: lastAttempt(run, (attempt) => ({ ...attempt, endedAt: event.at, error })) }
    }
    case "run.retry_scheduled": {
      const { at, error, retry } = event.payload
      const next = settle(run, event)
      return {
        ...next,
        error,
        queue: waitingAgain(run, at),
        attempts: lastAttempt(next, (attempt) => ({
          ...attempt,
          error,
          ...(retry === undefined ? {} : { retry: { ...retry, at } }),
        })),
      }
    }
    case "run.policy_denied":
      return { ...run, error: event.payload.error }
    default:
      return run
  }
}

/** What the last attempt may have done, with one more of its events. */
const withSideEffects = (run: Run, event: RunEvent): Run => {
  const before = run.attempts.at(-1)?.sideEffects
  if (before === undefined) return run
  const sideEffects = noteSideEffects(before, event, true)
  return sideEffects === before
    ? run
    : { ...run, attempts: lastAttempt(run, (attempt) => ({ ...attempt, sideEffects })) }
}

/** Its place in the queue from `at` on; for as long as it might have waited the first time. */
const waitingAgain = ({ createdAt, queue }: Run, at: number): QueuePlace => {
  const { expiresAt, notBefore, ...place } = { priority: "normal", ...queue } as const
  const began = Math.max(createdAt, notBefore ?? createdAt)
  return { ...place, notBefore: at, ...(expiresAt === undefined ? {} : { expiresAt: at + (expiresAt - began) }) }
}

type Settling = Extract<
  RunEvent,
  {
    readonly type:
      | "run.completed"
      | "run.failed"
      | "run.timed_out"
      | "run.interrupted"
      | "run.action_needed"
      | "run.canceled"
      | "run.retry_scheduled"
  }
>

const settle = (run: Run, event: Settling): Run => {
  const { usage, cost, finalMessage } = event.payload
  return {
    ...run,
    attempts: lastAttempt(run, (attempt) => ({ ...attempt, endedAt: event.at })),
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
    ...(finalMessage === undefined ? {} : { finalMessage: cutMessage(finalMessage) }),
  }
}
