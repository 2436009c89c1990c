/** Codes that open one session each, for links. */
import { type LinkCodeOf, makeLinkCode, maxCodeLife, readLinkCode } from "./linkCode.ts"

export interface OneTimeCodes {
  /** A new code. */
  readonly issue: (now: number) => string
  /** Whether it is one, made by whoever has the token, and not used nor too old; it is used then. */
  readonly redeem: (code: string, now: number) => boolean
}

/** Used codes that are remembered, which is as long as they would work. Of more at once none is taken. */
const maxUsed = 1_000

/** @param lifeMillis from 1 to 10 minutes. */
export const oneTimeCodes = (of: LinkCodeOf, lifeMillis: number): OneTimeCodes => {
  const life = Math.min(Math.max(lifeMillis, 60_000), maxCodeLife)
  const used = new Map<string, number>()
  return {
    issue: (now) => makeLinkCode(of, now, life),
    redeem: (code, now) => {
      const read = readLinkCode(of, code, now)
      if (read === undefined) return false
      for (const [id, until] of used) if (until <= now) used.delete(id)
      if (used.has(read.id) || used.size >= maxUsed) return false
      used.set(read.id, read.expiresAt)
      return true
    },
  }
}
