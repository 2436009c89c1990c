/** What a store in trouble does to a run: its output waits within a bound, its end waits until it is stored. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { RunId } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { monotonicMillis } from "./monotonic.ts"

/** Trouble of the store itself: whoever lets go of a lock, frees space or mounts the disk again makes it pass. */
const ofTheStore: ReadonlySet<string> = new Set(["STORE_BUSY", "STORE_FULL", "STORE_UNAVAILABLE"])
/** Whether what was refused will be taken once the trouble has passed; else it may be the reason itself. */
export const isTakenLater = ({ code, detail }: RunyardError): boolean =>
  // This program has closed it itself.
  ofTheStore.has(code) && detail["closed"] !== true
const mayPass = (error: RunyardError): boolean => isTakenLater(error) || error.code === "STORE_FAILED"

const firstPauseMillis = 100
const longestPauseMillis = 2_000

type Store = Effect.Effect<void, RunyardError>

/**
 * Tries for `patienceMillis` to store output; the tries themselves may take longer. Gives the error that it was given up
 * with. @param hopeless called before each try but the first: whether it is of no more use.
 */
export const storeOutput = Effect.fnUntraced(function* (
  store: Store,
  patienceMillis: number,
  hopeless: (now: number) => boolean,
) {
  const begun = yield* monotonicMillis
  for (let pause = firstPauseMillis; ; pause = Math.min(pause * 2, longestPauseMillis)) {
    const stored = yield* Effect.result(store)
    if (Result.isSuccess(stored)) return undefined
    const now = yield* monotonicMillis
    if (!mayPass(stored.failure) || now + pause - begun > patienceMillis || hopeless(now)) return stored.failure
    yield* Effect.sleep(pause)
  }
})

/** The first tries are for a shutdown as well, which waits a little longer than they take: about six seconds. */
const certainTries = 6
/** Whoever follows a run is not told of trouble that is as short as this. */
const quietMillis = 5_000

export interface Recorder {
  /**
   * Stores what a run cannot be without, however long it takes: nobody else has it. Fails when trouble cannot pass.
   * Interruption gives it up after the first tries, with the error. Holds no more than one append for each run.
   * @param unwanted asked before each try but the first: whether it has become useless. Then it fails, too.
   */
  readonly record: (id: RunId, store: Store, unwanted?: Effect.Effect<boolean>) => Store
  /** Why the run's log cannot go on now, once that has been so for a while. */
  readonly trouble: (id: RunId) => RunyardError | undefined
}

export const makeRecorder = (): Recorder => {
  const troubles = new Map<RunId, RunyardError>()

  const record = Effect.fnUntraced(function* (
    id: RunId,
    store: Store,
    unwanted: Effect.Effect<boolean>,
  ): Effect.fn.Return<void, RunyardError> {
    const begun = yield* monotonicMillis
    for (let tries = 1, pause = firstPauseMillis; ; tries++, pause = Math.min(pause * 2, longestPauseMillis)) {
      const stored = yield* Effect.result(store)
      if (Result.isSuccess(stored)) return
      const { failure } = stored
      if (!mayPass(failure)) return yield* failure
      if ((yield* monotonicMillis) - begun >= quietMillis) {
        if (!troubles.has(id)) yield* said(id, failure)
        troubles.set(id, failure)
      }
      const waited = yield* Effect.exit(tries <= certainTries ? Effect.sleep(pause) : interruptiblePause(pause))
      if (Exit.isFailure(waited) || (yield* unwanted)) return yield* failure
    }
  })

  return {
    record: (id, store, unwanted = Effect.succeed(false)) =>
      Effect.ensuring(
        record(id, store, unwanted),
        Effect.sync(() => troubles.delete(id)),
      ),
    trouble: (id) => troubles.get(id),
  }
}

const interruptiblePause = (millis: number) => Effect.interruptible(Effect.sleep(millis))

const said = (runId: RunId, { code, message }: RunyardError) =>
  Effect.annotateLogs(Effect.logError("A run cannot be recorded now; it is tried again"), {
    runId,
    code,
    problem: message,
  })
