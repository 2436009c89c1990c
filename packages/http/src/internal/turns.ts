/**
 * Turns for those that have much to do: one each time the event loop comes round, first come, first served. So 500 clients
 * that read a log from its start are served page by page, and a short request in between waits for one page and not for
 * all of them.
 */
import * as Effect from "effect/Effect"

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
    const [first] = line
    if (first === undefined) return
    line.delete(first)
    // Before the work is done, so that a failure of it holds up nobody.
    call()
    first()
  }
  return Effect.callback<void>((resume) => {
    const mine = () => resume(Effect.void)
    line.add(mine)
    call()
    return Effect.sync(() => void line.delete(mine))
  })
}
