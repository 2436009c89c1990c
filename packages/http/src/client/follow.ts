/** Follows a stream of events over as many connections as it takes. */
import { ApiProblem } from "./ApiProblem.ts"
import { readSse, type SseFrame } from "./sseReader.ts"

export interface FollowOptions {
  /** The last place already seen. Default: from the start. */
  readonly after?: number
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal
  /** Told when frames come again, and when the connection is lost. */
  readonly onState?: (state: "open" | "reconnecting") => void
}

const firstDelayMillis = 250
const longestDelayMillis = 5_000

/** Until the time is over, or the signal comes. */
const pause = (millis: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal?.addEventListener("abort", done)
    if (signal?.aborted === true) done()
  })

/** Whether asking again later may help. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiProblem) || error.status === 429 || error.status >= 500

/** Half to all of a delay that doubles, or what the server asked for. */
const delayOf = (failures: number, error: unknown): number => {
  const asked = error instanceof ApiProblem ? (error.problem.retryAfterMillis ?? 0) : 0
  const doubled = Math.min(longestDelayMillis, firstDelayMillis * 2 ** Math.min(failures - 1, 10))
  return Math.max(asked, doubled * (0.5 + Math.random() / 2))
}

/**
 * Frames in order, each numbered one once, over connections that break: each next one begins behind the last number. Ends
 * with a frame that `isLast`. Throws `ApiProblem` for an answer that no later try would change.
 */
export async function* follow(
  connect: (after: number | undefined, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  isLast: (frame: SseFrame) => boolean,
  options: FollowOptions,
): AsyncGenerator<SseFrame, void, undefined> {
  const { onState, signal } = options
  const isOver = () => signal?.aborted === true
  let after = options.after
  for (let failures = 0; !isOver();) {
    const connection = new AbortController()
    const stop = () => connection.abort()
    signal?.addEventListener("abort", stop)
    let problem: unknown
    try {
      const body = await connect(after, connection.signal)
      onState?.("open")
      for await (const frame of readSse(body)) {
        failures = 0
        if (frame.id !== undefined) {
          // What is not new is of a server that did not hear where to begin.
          if (after !== undefined && Number(frame.id) <= after) continue
          after = Number(frame.id)
        }
        if (isLast(frame)) return
        yield frame
      }
    } catch (error) {
      if (isOver()) return
      if (!isPassing(error)) throw error
      problem = error
    } finally {
      signal?.removeEventListener("abort", stop)
      connection.abort()
    }
    failures += 1
    if (!isOver()) onState?.("reconnecting")
    await pause(delayOf(failures, problem), signal)
  }
}
