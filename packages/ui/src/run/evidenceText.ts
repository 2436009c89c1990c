/** How a process tree was ended, in a few words. Pure. */
import { spanText } from "../components/timeText.ts"
import type { Evidence } from "./Block.ts"

const proofs = {
  namespace: "the kernel has ended its namespace",
  cgroup: "its control group is empty",
  "no-children": "its supervisor has no child left",
  sweep: "repeated searches found nothing",
} as const

export const evidenceText = ({ descendants, durationMillis, proof, step, survivors }: Evidence): string => {
  const how = step === "exited" ? "ended by itself" : `${step} worked in ${spanText(durationMillis)}`
  const others = descendants === 0 ? "" : `, ${descendants} other ${descendants === 1 ? "process" : "processes"}`
  const left = survivors.length === 0 ? "no process is left" : `${survivors.length} STILL ALIVE`
  return `${how}${others}, ${left}${proof === undefined ? "" : ` (${proofs[proof]})`}`
}
