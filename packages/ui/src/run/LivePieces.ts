/**
 * Messages in the making, as the live view tells them, beside those that the log has told whole: the two come by
 * different ways, so that a piece may come after its message, and a message after the pieces of the next one.
 */
import type { RunEvent } from "../api/types.ts"
import { messageOf, type Piece, pieceOf } from "./messagePieces.ts"
import type { LiveFrame } from "./timeline.ts"

/** Messages in the making, finished ones, and texts of one of those that are remembered. */
const maxPieces = 64
const maxFinished = 256
const maxTexts = 16

/** Characters by which a piece is known to be of a finished message: what is masked may differ farther on. */
const telling = 48

const keepNewest = (values: Map<unknown, unknown>, most: number): void => {
  for (const oldest of values.keys()) {
    if (values.size <= most) return
    values.delete(oldest)
  }
}

/** Events after which nothing more is written of what was being written. */
const endsAttempt = ({ type }: RunEvent): boolean =>
  type === "queue.requeued" ||
  type === "run.retry_scheduled" ||
  type === "run.action_needed" ||
  type === "run.completed" ||
  type === "run.failed" ||
  type === "run.canceled" ||
  type === "run.timed_out" ||
  type === "run.interrupted"

export class LivePieces {
  readonly #pieces = new Map<string, Piece>()
  /** Pieces that were shown when their message was told. */
  readonly #done = new Map<string, true>()
  /** Texts of messages, by id and number of the event. */
  readonly #finished = new Map<string, Map<number, string>>()
  #lastSeq = 0

  /** Takes note of events, in their order; those that it knows already change nothing. */
  hear(events: ReadonlyArray<RunEvent>): void {
    for (const event of events) {
      if (event.seq <= this.#lastSeq) continue
      this.#lastSeq = event.seq
      if (event.type === "agent.message") this.#finish(event.seq, event.payload)
      else if (endsAttempt(event)) this.#clear()
    }
  }

  /** Adds what came, and gives back what of it is news: nothing that the log has told already. */
  add(frames: ReadonlyArray<LiveFrame>): ReadonlyArray<LiveFrame> {
    return frames.flatMap((frame) => {
      const { messageId, offset, text } = frame
      if (this.#done.has(messageId)) return []
      const known = this.#pieces.get(messageId)
      const joins = known !== undefined && offset > 0 && offset === known.from + known.text.length
      const piece = joins ? { from: known.from, text: known.text + text } : { from: offset, text }
      const wasTold = joins && this.#isTold(messageId, known)
      this.#pieces.delete(messageId)
      this.#pieces.set(messageId, piece)
      keepNewest(this.#pieces, maxPieces)
      if (this.#isTold(messageId, piece)) return []
      return [wasTold ? { messageId, offset: piece.from, text: piece.text } : frame]
    })
  }

  /** All that is being written. */
  frames(): ReadonlyArray<LiveFrame> {
    return [...this.#pieces]
      .filter(([id, piece]) => !this.#isTold(id, piece))
      .map(([messageId, { from, text }]) => ({ messageId, offset: from, text }))
  }

  #finish(seq: number, { messageId, text }: { readonly messageId?: string | undefined; readonly text: string }): void {
    if (messageId === undefined) return
    const piece = pieceOf(this.#pieces, messageId, text)
    if (piece !== undefined) {
      this.#pieces.delete(piece)
      this.#done.set(piece, true)
    }
    const texts = this.#finished.get(messageId) ?? new Map<number, string>()
    texts.set(seq, text)
    keepNewest(texts, maxTexts)
    this.#finished.delete(messageId)
    this.#finished.set(messageId, texts)
    keepNewest(this.#done, maxFinished)
    keepNewest(this.#finished, maxFinished)
  }

  /** Whether a finished message has this piece. It may be the beginning of the next part all the same, as more of it tells. */
  #isTold(id: string, { from, text }: Piece): boolean {
    if (this.#finished.has(id)) return true
    const known = text.slice(0, telling)
    return [...(this.#finished.get(messageOf(id))?.values() ?? [])].some((whole) => whole.startsWith(known, from))
  }

  #clear(): void {
    this.#pieces.clear()
    this.#done.clear()
    this.#finished.clear()
  }
}
