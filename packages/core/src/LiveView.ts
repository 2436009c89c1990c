/** Messages that a model is still writing: outside the log, never needed to rebuild anything, gone when finished. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { RunId } from "./Run.ts"

/** What was added to a message since the reader's last frame. A frame at offset 0 begins the message (again). */
export const LiveFrame = Schema.Struct({
  messageId: Schema.String,
  offset: Schema.Natural,
  text: Schema.String,
}).annotate({ identifier: "LiveFrame" })
export type LiveFrame = typeof LiveFrame.Type

/** Longer messages stop growing here; the log gets them whole. */
const maxMessage = 1024 * 1024
/** Messages of a run at once; the oldest is forgotten first. */
const maxMessages = 64

interface Board {
  readonly messages: Map<string, string>
  readonly latch: Latch.Latch
  readers: number
  ended: boolean
}

export class LiveView extends Context.Service<
  LiveView,
  {
    /** Adds redacted text to a message. Readers that are behind get it in one piece later. */
    readonly write: (runId: RunId, messageId: string, text: string) => Effect.Effect<void>
    /** Forgets a finished message and its parts (`id:0`, `id:1`), or all without an id: the log has it. */
    readonly finish: (runId: RunId, messageId?: string) => Effect.Effect<void>
    /** Ends the readers of a run. */
    readonly end: (runId: RunId) => Effect.Effect<void>
    /** First what is there, then what comes; ends with the run's last attempt. Readers of a run that is not live wait for it. */
    readonly frames: (runId: RunId) => Stream.Stream<LiveFrame>
  }
>()("@runyard/core/LiveView") {
  static readonly layer = Layer.sync(LiveView, () => {
    const boards = new Map<RunId, Board>()
    const boardOf = (runId: RunId): Board => {
      const found = boards.get(runId)
      if (found !== undefined) return found
      const made: Board = { messages: new Map(), latch: Latch.makeUnsafe(false), readers: 0, ended: false }
      boards.set(runId, made)
      return made
    }
    const wake = (board: Board) => board.latch.open

    return LiveView.of({
      write: (runId, messageId, text) =>
        Effect.suspend(() => {
          const board = boardOf(runId)
          const oldest = board.messages.size < maxMessages ? undefined : board.messages.keys().next().value
          if (oldest !== undefined && !board.messages.has(messageId)) board.messages.delete(oldest)
          const before = board.messages.get(messageId) ?? ""
          if (before.length < maxMessage) board.messages.set(messageId, before + text)
          return wake(board)
        }),
      finish: (runId, messageId) =>
        Effect.sync(() => {
          const messages = boards.get(runId)?.messages
          for (const id of messages?.keys() ?? []) {
            if (messageId === undefined || id === messageId || id.startsWith(`${messageId}:`)) messages?.delete(id)
          }
          // The next attempt may be one of another host.
          if (messageId === undefined && boards.get(runId)?.readers === 0) boards.delete(runId)
        }),
      end: (runId) =>
        Effect.suspend(() => {
          const board = boards.get(runId)
          boards.delete(runId)
          if (board === undefined) return Effect.void
          board.ended = true
          return wake(board)
        }),
      frames: (runId) =>
        Stream.suspend(() => {
          const board = boardOf(runId)
          board.readers++
          const seen = new Map<string, number>()
          const pull = Effect.gen(function* () {
            for (;;) {
              board.latch.closeUnsafe()
              const frames: Array<LiveFrame> = []
              for (const id of seen.keys()) if (!board.messages.has(id)) seen.delete(id)
              for (const [messageId, text] of board.messages) {
                const offset = seen.get(messageId) ?? 0
                if (text.length > offset) frames.push({ messageId, offset, text: text.slice(offset) })
                seen.set(messageId, text.length)
              }
              if (frames.length > 0 || board.ended) return [frames, board.ended] as const
              yield* board.latch.await
            }
          })
          return Stream.paginate(undefined, () =>
            Effect.map(pull, ([frames, ended]) => [frames, ended ? Option.none() : Option.some(undefined)] as const),
          ).pipe(
            Stream.ensuring(
              Effect.sync(() => {
                board.readers--
                // The run may have a new board by now.
                const unused = board.readers === 0 && board.messages.size === 0
                if (unused && boards.get(runId) === board) boards.delete(runId)
              }),
            ),
          )
        }),
    })
  })
}
