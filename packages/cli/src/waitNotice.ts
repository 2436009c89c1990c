/** Says why a run waits, once, and again when that has changed. */
import { type RunExplanation, type RunId, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"

/** Runs that start at once are none to speak of. */
const firstLook = "300 millis"
const nextLook = "1 second"

/** What must differ for the notice to be given again. How many are before a run changes all the time. */
const gist = ({ reasons }: RunExplanation): string => JSON.stringify(reasons)

/** Goes on for ever. A store that cannot tell now is asked again. */
export const noticeWaits = Effect.fnUntraced(function* (
  id: RunId,
  notice: (text: string) => void,
): Effect.fn.Return<never, never, Runyard> {
  const yard = yield* Runyard
  let told = ""
  yield* Effect.sleep(firstLook)
  for (;;) {
    const seen = yield* Effect.orElseSucceed(yard.explain(id, { place: false }), () => undefined)
    if (seen !== undefined && seen.reasons.length > 0 && gist(seen) !== told) {
      const explanation = yield* Effect.orElseSucceed(yard.explain(id), () => seen)
      told = gist(explanation)
      if (explanation.reasons.length > 0) notice(explanation.text)
    }
    yield* Effect.sleep(nextLook)
  }
})
