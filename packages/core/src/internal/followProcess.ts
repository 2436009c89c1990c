/** Follows one process from its first byte to the proof that nothing of it is alive, and says how that went. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Ladder, Protocol, Verdict } from "../Adapter.ts"
import type { LiveView } from "../LiveView.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { OutputReader } from "../OutputReader.ts"
import type { ProcessHandle } from "../ProcessHost.ts"
import type { ProcessExit, RunId } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import type { ErrorInfo, RunyardError } from "../RunyardError.ts"
import type { CancelRequest } from "../RunStore.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import { followRequests } from "./followRequests.ts"
import { wholeCut } from "./lineCutter.ts"
import { monotonicMillis } from "./monotonic.ts"
import { watchLimits } from "./watchLimits.ts"
import { isTakenLater, storeOutput } from "./storeTrouble.ts"
import type { OutputStream } from "../VendorLine.ts"
import * as RunEnd from "./runEnd.ts"

/** How long pipes may stay open after the process has ended, before their holders are ended. */
const drainGrace = "300 millis"
/** How often slow prose is written down, and how often unfinished messages are. */
const flushEvery = "100 millis"
const flushesPerCheckpoint = 20
/**
 * Output that may be read ahead of the store, in UTF-16 units and in events; also about what one commit holds in a rush.
 * With a hundred of a kind in hand, V8 may take the kind for one that lasts: from then on it makes all of them old at
 * birth, and what is old is not let go of for long. Larger commits take 5 to 10 % less time for lines of 313 bytes.
 */
const maxAhead = 64 * 1024
const maxWaiting = 64
/** What is parsed at a time, in UTF-16 units. */
const portion = 8 * 1024

export type Append = (...drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<void, RunyardError>

export interface Following {
  readonly runId: RunId
  readonly child: ProcessHandle
  readonly protocol: Protocol
  readonly reader: OutputReader
  readonly ladder: Ladder
  readonly limits: TimeLimits
  /** When the attempt was claimed, on the monotonic clock. */
  readonly claimedAt: number
  readonly live: LiveView["Service"]
  /** Stores what the reader has masked. */
  readonly append: Append
  /** What the store could not take of the start, masked. It goes before all output. */
  readonly opening: ReadonlyArray<TimelessDraft>
  /** How long output may wait for a store in trouble, in milliseconds. The child waits with it, on a full pipe. */
  readonly patienceMillis: number
  /** Stores everything else. */
  readonly note: Append
  /** Waits until somebody asks for the cancel of the run; gives the latest request. */
  readonly cancelAsked: Effect.Effect<CancelRequest>
  /** Completes when the host has no more time for polite steps. */
  readonly hurried: Effect.Effect<void>
  /** Why the attempt has to stop after these events, once it has used more than it may. They are stored by then. */
  readonly breach: (drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<ErrorInfo | undefined, RunyardError>
  /** Has that be asked without an event whenever it may be so. Runs until it is interrupted. */
  readonly watchBudgets: (ask: Effect.Effect<void>) => Effect.Effect<never>
  /** What the run came to. */
  readonly judge: (exit: ProcessExit | undefined) => Effect.Effect<Verdict, RunyardError>
}

/** Stores the output while it comes, and gives the run's last events. Uninterruptible but for the wait for the process. */
export const followProcess = Effect.fnUntraced(function* (
  following: Following,
): Effect.fn.Return<ReadonlyArray<TimelessDraft>> {
  const { runId, child, protocol, reader, ladder, limits, claimedAt, live } = following
  const { append, note, cancelAsked, hurried, breach, judge } = following
  /** What the store has not taken goes with the last events. Little: nothing more is read once there is some. */
  const unsaved: Array<TimelessDraft> = []
  let refused: RunyardError | undefined
  let ending = false
  const writing = Semaphore.makeUnsafe(1)
  const stop = yield* Deferred.make<RunEnd.Stop>()
  let { opening } = following
  let lastMessage: string | undefined

  /**
   * Stores what the reader has, then shows the live text; one writer at a time keeps the order. What was taken from
   * the reader exists nowhere else, so nothing may interrupt its way to the store.
   */
  const store = Effect.gen(function* () {
    const { drafts: read, live: texts, send } = reader.take()
    ahead = 0
    const drafts = opening.length === 0 ? read : [...opening, ...read]
    opening = []
    refused ??= yield* patiently(append(...drafts))
    if (refused !== undefined) {
      if (isTakenLater(refused)) unsaved.push(...drafts)
      return yield* refused
    }
    if (!isOver() && drafts.length > 0) yield* holdToBudgets(drafts)
    for (const item of drafts) {
      if (item.type !== "agent.message") continue
      lastMessage = item.payload.text
      yield* live.finish(runId, item.payload.messageId)
    }
    for (const { messageId, text } of texts) yield* live.write(runId, messageId, text)
    if (send.length > 0) yield* child.write(send.map((line) => `${line}\n`).join(""))
  }).pipe(writing.withPermits(1), Effect.uninterruptible)
  const isOver = () => ending || Deferred.isDoneUnsafe(stop)
  const patiently = (storing: Effect.Effect<void, RunyardError>) =>
    storeOutput(storing, following.patienceMillis, (now) => {
      // A child that has to wait for us is not silent.
      watch.heard(now)
      return isOver()
    })
  /** The agent does not get far while nobody can tell what it may use: its output waits, too. */
  const holdToBudgets = Effect.fnUntraced(function* (drafts: ReadonlyArray<TimelessDraft>) {
    // Events are shown once; whoever could not look at them then has kept in mind that there were some.
    let told = drafts
    const asking = Effect.suspend(() => {
      const shown = told
      told = []
      return Effect.asVoid(Effect.flatMap(breach(shown), holdToBudget))
    })
    const trouble = yield* patiently(asking)
    if (trouble !== undefined && !isOver()) return yield* trouble
  })
  let isOverdrawn = false
  const holdToBudget = (error: ErrorInfo | undefined) => {
    if (error === undefined) return Effect.void
    if (reader.activity.state() !== "done") return Deferred.succeed(stop, { kind: "budget", error })
    if (isOverdrawn) return Effect.void
    isOverdrawn = true
    return note(RunEnd.overdrawn(error))
  }
  const budgets = following.watchBudgets(
    Effect.suspend(() =>
      // There is nothing to stop then. Should it go on, it is asked again.
      isOver() || reader.activity.state() === "done"
        ? Effect.void
        : // A store that cannot tell now is asked again, too.
          Effect.ignore(Effect.flatMap(breach([]), holdToBudget)),
    ).pipe(writing.withPermits(1), Effect.uninterruptible),
  )
  /** A failure, or a defect, of what watches or reads ends the run. */
  const giveUp = (cause: Cause.Cause<RunyardError>) =>
    Effect.when(
      Deferred.succeed(stop, { kind: "defect", error: RunEnd.problemOf(cause) }),
      Effect.succeed(!Cause.hasInterruptsOnly(cause)),
    )
  /** Length of the output that was read and not stored yet, and the sign that there is some. */
  let ahead = 0
  const written = Latch.makeUnsafe(opening.length > 0)
  const watch = watchLimits(limits, reader.activity, { claimed: claimedAt, spawned: yield* monotonicMillis }, stop)
  const consume = (name: OutputStream, stream: ProcessHandle["stdout"]) =>
    Stream.runForEachArray(stream, (chunks) =>
      Effect.forEach(chunks, (chunk) => take(name, chunk, 0), { discard: true }),
    )
  const take = (name: OutputStream, chunk: string, from: number): Effect.Effect<void, RunyardError> =>
    Effect.flatMap(monotonicMillis, (now) => {
      let at = from
      while (at < chunk.length && !isFull()) {
        const end = wholeCut(chunk, at + portion)
        reader.push(name, chunk.slice(at, end))
        ahead += end - at
        at = end
      }
      watch.heard(now)
      written.openUnsafe()
      // The store is slower than the child, which has to wait then. The writer may have been faster by now, all the same.
      if (at < chunk.length) return Effect.andThen(store, () => take(name, chunk, at))
      return isFull() ? store : Effect.void
    })
  const isFull = () => ahead >= maxAhead || reader.waiting() >= maxWaiting
  const rushing = (seen: number) => ahead > seen && !isFull()
  /** Stores at once what comes alone, and what comes in a rush in few large commits. */
  const writer = Effect.gen(function* () {
    for (;;) {
      yield* written.await
      written.closeUnsafe()
      for (let seen = 0; rushing(seen); yield* Effect.yieldNow) seen = ahead
      yield* store
    }
  })
  const ticker = Effect.gen(function* () {
    for (let tick = 1; ; tick++) {
      yield* Effect.sleep(flushEvery)
      if (tick % flushesPerCheckpoint === 0) reader.checkpoint()
      else reader.flush()
      yield* store
    }
  })
  const requests = followRequests(
    cancelAsked,
    (asked) => Effect.ignore(note(RunEnd.cancelRequested(asked)).pipe(writing.withPermits(1))),
    (request) => Deferred.succeed(stop, { kind: "cancel", request }),
  )

  const interrupt = Effect.suspend(() => {
    const lines = protocol.encode?.({ kind: "interrupt" })
    return lines === undefined || Result.isFailure(lines)
      ? Effect.void
      : child.write(lines.success.map((line) => `${line}\n`).join(""))
  })
  const finish = Effect.fnUntraced(function* (why: RunEnd.Stop | undefined) {
    const steps = why?.kind === "cancel" && why.request.force ? [] : ladder
    const evidence: EndEvidence =
      why === undefined
        ? yield* child.end([])
        : yield* Effect.raceFirst(
            child.end(steps, interrupt),
            Effect.andThen(Effect.raceFirst(requests.forced, hurried), () => child.end([])),
          )
    // What nothing can end may never tell how it ended.
    const exit: ProcessExit =
      evidence.survivors.length === 0
        ? yield* child.exit
        : yield* Effect.raceFirst(child.exit, Effect.as(Effect.sleep(drainGrace), { code: null, signal: null }))
    return { evidence, exit }
  })

  const watchers = yield* Effect.forkChild(
    Effect.all([writer, ticker, budgets, ...watch.watchers, requests.follow], {
      concurrency: "unbounded",
      discard: true,
    }).pipe(Effect.onError(giveUp)),
  )
  const pipes = yield* Effect.forkChild(
    Effect.all([consume("stdout", child.stdout), consume("stderr", child.stderr)], {
      concurrency: "unbounded",
      discard: true,
    }).pipe(Effect.onError(giveUp)),
  )
  const waited = yield* Effect.suspend(() => {
    const opening = protocol.open?.() ?? []
    return opening.length === 0 ? Effect.void : child.write(opening.map((line) => `${line}\n`).join(""))
  }).pipe(
    Effect.andThen(child.exit),
    Effect.as(undefined),
    Effect.raceFirst(Deferred.await(stop)),
    Effect.interruptible,
    Effect.exit,
  )
  const asked = Exit.isSuccess(waited) ? waited.value : RunEnd.stopOf(waited.cause)
  // Neither a limit nor the end of the host takes a result away that has arrived.
  const over = reader.activity.state() === "done" && (asked?.kind === "timeout" || asked?.kind === "shutdown")
  const stopped: RunEnd.Stop | undefined = over ? { kind: "linger" } : asked
  ending = stopped !== undefined
  // What the agent says to the ladder, and its exit, are not its result.
  const result = stopped?.kind === "linger" ? yield* Effect.exit(Effect.suspend(() => judge(undefined))) : undefined
  if (stopped === undefined) {
    yield* Effect.raceFirst(Fiber.await(pipes), Effect.raceFirst(Effect.sleep(drainGrace), Deferred.await(stop)))
  }
  const { evidence, exit } = yield* finish(stopped)
  const read = yield* Fiber.await(pipes)
  yield* requests.noted
  yield* Fiber.interrupt(watchers)
  const rest = yield* Effect.exit(
    Effect.suspend(() => {
      reader.end()
      return store
    }),
  )
  const judged = result ?? (yield* Effect.exit(Effect.suspend(() => judge(exit))))
  // Output that was not understood or not stored may have held anything: then the run did not go well.
  const broken = [Exit.asVoid(read), rest, Exit.asVoid(judged)].find(Exit.isFailure)
  const late = Deferred.isDoneUnsafe(stop) ? yield* Deferred.await(stop) : undefined
  const trouble = late?.kind === "defect" ? late : broken === undefined ? undefined : RunEnd.stopOf(broken.cause)
  const why = stopped ?? trouble
  const masked = reader.redactions()
  const verdict: Verdict = Exit.isSuccess(judged) ? judged.value : { outcome: "failed" }
  // What the log holds already is not said again.
  const { finalMessage, ...others } = verdict
  const news = finalMessage === undefined || finalMessage === lastMessage ? {} : { finalMessage }
  return [
    ...unsaved,
    draft("run.progress", { phase: "process_ended", exit }),
    draft("run.progress", { phase: "tree_gone", evidence }),
    ...(masked.length === 0
      ? []
      : [draft("run.redacted", { total: masked.reduce((sum, { count }) => sum + count, 0), rules: masked })]),
    RunEnd.lastEvent({ ...others, ...news }, why, { exit, evidence }),
  ]
})
