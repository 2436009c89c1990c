/** Waits for a fact about other processes that nobody announces. */
import { setTimeout as pause } from "node:timers/promises"

/** Looks every 10 ms until there is an answer. Rejects after a minute. */
export const eventually = async <A>(look: () => A | undefined | Promise<A | undefined>): Promise<A> => {
  const deadline = performance.now() + 60_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error("it never happened")
    await pause(10)
  }
}
