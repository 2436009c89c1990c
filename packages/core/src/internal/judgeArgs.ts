/** The last look at a command line before it is used: whoever built it, nothing that is not allowed gets past. Pure. */
import * as Result from "effect/Result"
import type { Adapter } from "../Adapter.ts"
import { builtIn, type EffectivePolicy, ruleFlag } from "../EffectivePolicy.ts"
import { readCommandLine } from "../Policy.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import { notAllowed } from "./admitRequest.ts"

/**
 * The advanced flags that a command line uses, with their values. Fails with `POLICY_NOT_ALLOWED` for a flag, a value or a word that nobody has
 * allowed, and with `POLICY_DANGEROUS` for one that takes away a limit of the agent where that may not be.
 */
export const judgeArgs = (
  policy: EffectivePolicy,
  { flags, words }: Pick<Adapter, "flags" | "words">,
  args: ReadonlyArray<string>,
): Result.Result<ReadonlyArray<string>, RunyardError> => {
  if (flags === undefined) return Result.succeed([])
  const line = readCommandLine(flags, args)
  const advanced = new Set<string>()
  for (const used of line.flags) {
    const { decision, reason, source } = ruleFlag(policy, flags, used)
    const detail = { flag: used.flag.slice(0, 80), source }
    if (decision === "denied") {
      return Result.fail(
        source === builtIn
          ? runyardError("POLICY_NOT_ALLOWED", { message: `The policy denies ${detail.flag}: ${reason}`, detail })
          : notAllowed(source, detail.flag),
      )
    }
    if (decision === "advanced" && !policy.advanced.value) {
      return Result.fail(
        runyardError("POLICY_DANGEROUS", {
          message: `${detail.flag} takes away a limit of the agent, and ${source} does not allow that`,
          detail,
        }),
      )
    }
    if (decision === "advanced") advanced.add(used.value === undefined ? used.flag : `${used.flag}=${used.value}`)
  }
  if (words?.(line.words) === false) {
    return Result.fail(
      runyardError("POLICY_NOT_ALLOWED", {
        message: "The policy denies an argument that is no flag, where none may be",
      }),
    )
  }
  return Result.succeed([...advanced])
}
