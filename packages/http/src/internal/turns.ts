/**
 * Turns for those that have much to do, first come, first served: as many as take some milliseconds each time the event loop
 * comes round. So 500 clients that read a log from its start are served page by page, and a short request in between waits
 * for a page or some small ones, and not for all of them.
 */
import * as Effect from "effect/Effect"

/** What turns take of one round at most, but for the last one. */
const roundMillis = 4
/** In one round. */
export const maxTurns = 64

/** Waits for a turn. It lasts until the one who has it gives up the event loop. Interruption leaves the line. */
export type Turn = Effect.Effect<void>

export const makeTurns = (): Turn => {
  /** In the order in which they came. As many as there are readers. */
  const line = new Set<() => void>()
  let isCalled = false
  const call = (): void => {
    if (isCalled || line.size === 0) return
    isCalled = true
    setImmediate(next)
  }
  const next = (): void => {
    isCalled = false
    const until = performance.now() + roundMillis
    let turns = 0
    for (const first of line) {
      line.delete(first)
      first()
      if (++turns === maxTurns || performance.now() >= until) break
    }
    call()
  }
  return Effect.callback<void>((resume) => {
    const mine = () => resume(Effect.void)
    line.add(mine)
    call()
    return Effect.sync(() => void line.delete(mine))
  })
}
