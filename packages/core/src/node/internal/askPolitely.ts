/** The polite part of a ladder: asks a process to end, by one step after the other, until it has. */
import * as Effect from "effect/Effect"
import type { Ladder, LadderStep } from "../../Adapter.ts"

/** How long descendants get to follow a CLI that ended when it was asked to, in milliseconds. */
export const followMillis = 100

export interface Asking {
  readonly hasExited: () => boolean
  readonly exited: Effect.Effect<unknown>
  /** Completes when somebody wants the tree gone without further asking. */
  readonly hurry: Effect.Effect<void>
  readonly isHurried: () => boolean
  readonly closeStdin: Effect.Effect<void>
  readonly signal: (signal: NodeJS.Signals) => void
}

export type PoliteStep = Exclude<LadderStep, { readonly do: "kill-tree" }>

/** The name of a step in the evidence. */
export const stepName = (step: PoliteStep) => (step.do === "signal" ? step.signal : step.do)

/** Takes the steps until the process has exited; gives the one after which it had. */
export const askPolitely = Effect.fnUntraced(function* (
  asking: Asking,
  ladder: Ladder,
  interrupt: Effect.Effect<void> | undefined,
) {
  for (const step of ladder) {
    if (step.do === "kill-tree" || asking.isHurried()) return undefined
    if (step.do === "interrupt" && interrupt === undefined) continue
    const ask =
      step.do === "signal"
        ? Effect.sync(() => asking.signal(step.signal))
        : step.do === "close-stdin"
          ? asking.closeStdin
          : (interrupt ?? Effect.void)
    // A protocol that does not answer must not hold up the next step.
    yield* Effect.exit(ask).pipe(
      Effect.andThen(Effect.never),
      Effect.raceFirst(Effect.raceFirst(asking.exited, asking.hurry)),
      Effect.timeoutOption(step.waitMillis),
    )
    if (asking.hasExited()) return step
  }
  return undefined
})
