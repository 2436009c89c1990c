/**
 * Messages in the making, as the live view tells them, beside those that the log has told whole: the two come by
 * different ways, so that a piece may come after its message, and a message after the pieces of the next one.
 */
import type { RunEvent } from "../api/types.ts"
import { isOf, messageOf, type Piece } from "./messagePieces.ts"
import type { LiveFrame } from "./timeline.ts"

/** Messages in the making, finished ones, and texts of one of those that are remembered. */
const maxPieces = 64
const maxFinished = 256
const maxTexts = 16

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
  /** Texts of messages, by id and number of the event. */
  readonly #finished = new Map<string, Map<number, string>>()
  /** The end of the attempt before this one. */
  #endedAt = 0

  /** Takes note of events; those that it knows already, and those of earlier attempts, change nothing. */
  hear(events: ReadonlyArray<RunEvent>): void {
    for (const event of events) {
      if (event.seq <= this.#endedAt) continue
      if (event.type === "agent.message") this.#finish(event.seq, event.payload)
      else if (endsAttempt(event)) this.#clear(event.seq)
    }
  }

  /** Adds what came, and gives back what of it is news: nothing that the log has told already. */
  add(frames: ReadonlyArray<LiveFrame>): ReadonlyArray<LiveFrame> {
    return frames.flatMap((frame) => {
      const { messageId, offset, text } = frame
      const known = this.#pieces.get(messageId)
      const joins = known !== undefined && offset > 0 && offset === known.from + known.text.length
      const piece = joins ? { from: known.from, text: known.text + text } : { from: offset, text }
      const wasTold = joins && this.#isTold(messageId, known)
      this.#pieces.delete(messageId)
      this.#pieces.set(messageId, piece)
      keepNewest(this.#pieces, maxPieces)
      if (this.#isTold(messageId, piece)) return []
      // What was taken for a part of another message is the beginning of this one.
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
    const texts = this.#finished.get(messageId) ?? new Map<number, string>()
    texts.set(seq, text)
    keepNewest(texts, maxTexts)
    this.#finished.delete(messageId)
    this.#finished.set(messageId, texts)
    keepNewest(this.#finished, maxFinished)
  }

  /** Whether a finished message has this piece. It may be the beginning of the next part all the same, as more of it tells. */
  #isTold(id: string, piece: Piece): boolean {
    if (this.#finished.has(id)) return true
    return [...(this.#finished.get(messageOf(id))?.values() ?? [])].some((whole) => isOf(whole, piece))
  }

  #clear(seq: number): void {
    this.#endedAt = seq
    this.#pieces.clear()
    this.#finished.clear()
  }
}
