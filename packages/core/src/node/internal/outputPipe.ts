/** One output pipe of a child as a stream of text: read when it is pulled and not before, so that a slow reader slows the child. */
import { StringDecoder } from "node:string_decoder"
import type { Readable } from "node:stream"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { runyardError, type RunyardError } from "../../RunyardError.ts"

/** What is still read from an abandoned pipe at most: more than the kernel holds, less than anybody would miss. */
const abandonedBytes = 1024 * 1024

/** How long an abandoned pipe may be silent before it counts as read to its end, in milliseconds. */
const abandonedIdleMillis = 50

export interface OutputPipe {
  readonly text: Stream.Stream<string, RunyardError>
  readonly isEnded: () => boolean
  /** Says that nobody of the run writes any more, though somebody holds the pipe: read what is there, then end. */
  readonly abandon: () => void
  readonly destroy: () => void
}

/** Takes the pipe over. Node buffers at most 64 KiB of it; nothing else is kept. */
export const outputPipe = (source: Readable): OutputPipe => {
  const decoder = new StringDecoder("utf8")
  const waiting = new Set<() => void>()
  // An empty pipe of a program that was quick has ended, and said so, before anybody could listen.
  let ended = source.readableEnded || source.destroyed
  let failure: NodeJS.ErrnoException | undefined
  let budget = Number.POSITIVE_INFINITY

  const wake = () => {
    // A copy: who is resumed may wait again before the loop is over.
    for (const resume of [...waiting]) resume()
  }
  const end = () => {
    ended = true
    wake()
  }
  // This listener stays: without one, Node drains and drops an unread pipe as soon as the child exits.
  source.on("readable", wake)
  source.on("end", end)
  source.on("close", end)
  source.on("error", (error) => {
    failure = error
    end()
  })

  const wait = Effect.callback<void>((resume) => {
    let timer: NodeJS.Timeout | undefined
    const proceed = () => {
      clearTimeout(timer)
      waiting.delete(proceed)
      resume(Effect.void)
    }
    waiting.add(proceed)
    // The fiber may have been paused since it looked.
    if (ended || source.readableLength > 0) return proceed()
    if (budget !== Number.POSITIVE_INFINITY) {
      const giveUp = () => {
        if (waiting.has(proceed)) source.destroy()
      }
      // A host that was busy gets its timers before its reads: let one round of reads go first.
      timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), abandonedIdleMillis)
    }
    return Effect.sync(() => {
      clearTimeout(timer)
      waiting.delete(proceed)
    })
  })

  const pull: Pull.Pull<readonly [string], RunyardError> = Effect.suspend(() => {
    const bytes = source.read() as Buffer | null
    if (bytes !== null) {
      budget -= bytes.length
      if (budget < 0) source.destroy()
      const text = decoder.write(bytes)
      return text === "" ? pull : Effect.succeed([text] as const)
    }
    if (!ended) return Effect.andThen(wait, pull)
    const rest = decoder.end()
    if (rest !== "") return Effect.succeed([rest] as const)
    return failure === undefined ? Cause.done() : Effect.fail(readFailed(failure))
  })

  return {
    text: Stream.fromPull(Effect.succeed(pull)),
    isEnded: () => ended,
    abandon: () => {
      if (budget !== Number.POSITIVE_INFINITY) return
      budget = abandonedBytes
      wake()
    },
    destroy: () => {
      source.destroy()
    },
  }
}

const readFailed = (error: NodeJS.ErrnoException) =>
  runyardError("CLI_OUTPUT_TRUNCATED", {
    message: "The agent CLI's output could not be read to its end",
    remedy: "Try again; if it stays, look at the system's log.",
    detail: { error: error.code ?? "unknown" },
    cause: error,
  })
