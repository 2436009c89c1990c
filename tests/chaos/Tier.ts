/** Which containments are tested here, and what each is known not to hold: the one place that says so. */
import { Containment } from "@runyard/core"
import { NodeProcessHost } from "@runyard/core/node"
import { type ContainmentReport, ProcessHost } from "@runyard/core/ProcessHost"
import type { EndEvidence } from "@runyard/core/RunEvent"
import * as Effect from "effect/Effect"
import { type TreeName } from "./Tree.ts"

export interface Tier {
  readonly containment: Containment
  /** How it proves that nothing is alive. */
  readonly proof: NonNullable<EndEvidence["proof"]>
  /** Trees that may get away from it, unseen or reported. All others must be gone. */
  readonly limits: ReadonlyArray<TreeName>
  /** The same after the death of the host, when there are no pipes any more whose holders could be found. */
  readonly limitsAfterCrash: ReadonlyArray<TreeName>
}

const proofs = {
  "pid-namespace": "namespace",
  cgroup: "cgroup",
  subreaper: "no-children",
  portable: "sweep",
} as const satisfies Record<Containment, Tier["proof"]>

const limits: Readonly<Record<Containment, Pick<Tier, "limits" | "limitsAfterCrash">>> = {
  "pid-namespace": { limits: [], limitsAfterCrash: [] },
  cgroup: { limits: [], limitsAfterCrash: [] },
  // It forks faster than anybody can read and signal.
  subreaper: { limits: ["refork1"], limitsAfterCrash: ["refork1"] },
  // Who gives up parent, session, environment and pipes shows no trace of its run. A process that is another one every
  // 10 ms can be between two of them in three sweeps: once in some thirty rounds.
  portable: {
    limits: ["detached", "refork1", "refork10"],
    limitsAfterCrash: ["detached", "nameless", "refork1", "refork10"],
  },
}

/** Given to a whole Runyard as its environment: which containment it has to use. */
export const hostEnv = (containment: Containment): Readonly<Record<string, string>> => ({
  PATH: process.env["PATH"] ?? "",
  RUNYARD_CONTAINMENT: containment,
})

const reportOf = (containment: Containment): Promise<ContainmentReport | undefined> =>
  Effect.runPromise(
    ProcessHost.use((host) => host.containment).pipe(
      Effect.provide(NodeProcessHost.layer(hostEnv(containment), { containment })),
      Effect.catchCause(() => Effect.succeed(undefined)),
    ),
  )

/** Those that this machine offers, strongest first. `RUNYARD_CHAOS_TIERS=portable,subreaper` chooses among them. */
export const availableTiers = async (): Promise<ReadonlyArray<Tier>> => {
  const wanted = (process.env["RUNYARD_CHAOS_TIERS"] ?? "").split(",").filter((name) => name !== "")
  const tiers: Array<Tier> = []
  for (const containment of Containment.literals) {
    if (wanted.length > 0 && !wanted.includes(containment)) continue
    // One that is not to be had here is an error, and never a weaker one.
    if ((await reportOf(containment))?.containment !== containment) continue
    tiers.push({ containment, proof: proofs[containment], ...limits[containment] })
  }
  const lacking = wanted.filter((name) => !tiers.some(({ containment }) => containment === name))
  if (lacking.length > 0) throw new Error(`RUNYARD_CHAOS_TIERS names what is not here: ${lacking.join(", ")}`)
  return tiers
}
