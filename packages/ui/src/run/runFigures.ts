/** What a run has used, in figures. Pure. */
import type { Run } from "../api/types.ts"

type Usage = NonNullable<Run["usage"]>

/** All tokens that went in, cached or not. */
export const tokensIn = ({ cacheIncluded, cacheWriteTokens = 0, cachedInputTokens, inputTokens }: Usage): number =>
  cacheIncluded ? inputTokens : inputTokens + cachedInputTokens + cacheWriteTokens

/** How long it has been executed: from its first start to its end, or to now. Undefined: it has not begun. */
export const elapsedMillis = (
  { attempts, endedAt }: Pick<Run, "attempts" | "endedAt">,
  now: number,
): number | undefined => {
  const started = attempts[0]?.startedAt
  return started === undefined ? undefined : Math.max(0, (endedAt ?? now) - started)
}
