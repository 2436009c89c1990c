/** Codes that open one session each, for links. */
import { randomBytes } from "node:crypto"
import { digestOf } from "./compare.ts"

export interface OneTimeCodes {
  /** A new code, 256 bits. Of more than 16 that are open the oldest is forgotten. */
  readonly issue: (now: number) => string
  /** Whether it is one, and not used nor too old; it is used then. */
  readonly redeem: (code: string, now: number) => boolean
}

const maxOpen = 16

/** @param lifeMillis from 1 to 10 minutes. */
export const oneTimeCodes = (lifeMillis: number): OneTimeCodes => {
  const life = Math.min(Math.max(lifeMillis, 60_000), 600_000)
  /** By digest, so that a look-up tells nothing of a code by the time it takes. */
  const open = new Map<string, number>()
  const keyOf = (code: string): string => digestOf(code).toString("base64")
  return {
    issue: (now) => {
      const code = randomBytes(32).toString("base64url")
      open.set(keyOf(code), now + life)
      for (const key of open.keys()) if (open.size > maxOpen) open.delete(key)
      return code
    },
    redeem: (code, now) => {
      const key = keyOf(code)
      const until = open.get(key)
      open.delete(key)
      return until !== undefined && until > now
    },
  }
}
