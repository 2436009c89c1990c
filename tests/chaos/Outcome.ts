/** What a round came to: nothing is left and the evidence says so, or a limit of its tier that is written down. Else it throws. */
import { assert } from "@effect/vitest"
import type { EndEvidence } from "@runyard/core/RunEvent"
import type { Aftermath } from "./Aftermath.ts"
import type { Round } from "./Round.ts"
import { isSteadfast, standing } from "./Tree.ts"

/** `reported`: survivors, and the evidence names them. `limit`: a tree that this tier is known to miss got away. */
export type Verdict = "proven" | "reported" | "limit"

export interface Outcome {
  readonly round: Round
  readonly verdict: Verdict
  /** How long the ending took; missing where nobody was told. */
  readonly millis?: number
}

const afterCrash = (round: Round): boolean => round.ending === "host killed"

/** @param evidence missing where the end of a scope, or a host that died, leaves nobody to get it. */
export const judge = (
  round: Round,
  directory: string,
  { alive, beating, zombies }: Aftermath,
  evidence: EndEvidence | undefined,
): Outcome => {
  const { tier, trees } = round
  const known = afterCrash(round) ? tier.limitsAfterCrash : tier.limits
  const isKnown = (name: string) => trees.some((tree) => tree === name && known.includes(tree))
  const told = `the evidence is ${JSON.stringify(evidence)}`
  const left = [...alive.filter(({ tree }) => !isKnown(tree)), ...beating.filter((name) => !isKnown(name))]
  assert.lengthOf(left, 0, `alive: ${JSON.stringify(left)}; ${told}`)
  assert.lengthOf(zombies, 0, `zombies: ${zombies.join(", ")}; ${told}`)
  const outcome = { round, ...(evidence === undefined ? {} : { millis: evidence.durationMillis }) }
  const survivors = evidence?.survivors ?? []
  if (survivors.length > 0) {
    assert.isTrue(trees.some(isKnown), `survivors of trees that must be ended: ${told}`)
    return { ...outcome, verdict: "reported" }
  }
  if (evidence !== undefined) {
    assert.include([undefined, tier.containment], evidence.containment, `another containment: ${told}`)
    // The next host was not there when the kernel took a namespace away: it can only look.
    const proofs = afterCrash(round) ? [tier.proof, "sweep"] : [tier.proof]
    assert.include(proofs, evidence.proof ?? "sweep", `another proof: ${told}`)
    const found = standing(directory, trees).filter((tree) => isSteadfast(tree) && !isKnown(tree)).length
    // A supervisor may have ended all of it before the next host looks.
    if (!afterCrash(round)) assert.isAtLeast(evidence.descendants, found, `fewer than stood were found: ${told}`)
  }
  return { ...outcome, verdict: alive.length > 0 || beating.length > 0 ? "limit" : "proven" }
}

const count = (outcomes: ReadonlyArray<Outcome>, verdict: Verdict): number =>
  outcomes.filter((outcome) => outcome.verdict === verdict).length

const longest = (outcomes: ReadonlyArray<Outcome>): string => {
  const times = outcomes.flatMap(({ millis }) => (millis === undefined ? [] : [millis]))
  return times.length === 0 ? "" : `${Math.max(...times).toFixed(0)} ms`
}

/** A row for each tier and kind of end; the first row is the head. */
export const summary = (outcomes: ReadonlyArray<Outcome>): ReadonlyArray<ReadonlyArray<string>> => {
  const ordered = outcomes.toSorted((a, b) => a.round.number - b.round.number)
  const groups = Map.groupBy(ordered, ({ round }) => `${round.tier.containment}, ${round.level}: ${round.ending}`)
  return [
    ["", "rounds", "proven", "reported", "known limit", "longest end"],
    ...[...groups].map(([name, members]) => [
      name,
      String(members.length),
      ...(["proven", "reported", "limit"] as const).map((verdict) => String(count(members, verdict))),
      longest(members),
    ]),
  ]
}
