/** How many requests a principal may send, and how many things it may have open at once. */

export interface RateOptions {
  /** Requests that may come at once after a pause. */
  readonly burst: number
  /** Requests a second in the long run. */
  readonly perSecond: number
}

export interface RateLimit {
  /** Takes one request's place; otherwise after how many milliseconds there is one again. */
  readonly take: (principal: string, now: number) => number | undefined
}

/** Principals that are kept in mind; of more, those that were quiet for longest start anew. */
const maxPrincipals = 1_024

/** A token bucket for each principal. */
export const rateLimit = ({ burst, perSecond }: RateOptions): RateLimit => {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return {
    take: (principal, now) => {
      const before = buckets.get(principal) ?? { tokens: burst, at: now }
      const gained = (Math.max(0, now - before.at) / 1000) * perSecond
      const tokens = Math.min(burst, before.tokens + gained)
      buckets.delete(principal)
      buckets.set(principal, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
      for (const key of buckets.keys()) {
        if (buckets.size <= maxPrincipals) break
        buckets.delete(key)
      }
      return tokens >= 1 ? undefined : Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
  }
}

export interface Places {
  /** Takes a place, and gives what lets go of it, once; undefined when all are taken. */
  readonly take: (principal: string) => (() => void) | undefined
  readonly taken: () => number
}

/** Places for each principal. Only those that have one taken are kept in mind. */
export const places = (each: number): Places => {
  const taken = new Map<string, number>()
  let all = 0
  return {
    take: (principal) => {
      const mine = taken.get(principal) ?? 0
      if (mine >= each) return undefined
      taken.set(principal, mine + 1)
      all++
      let held = true
      return () => {
        if (!held) return
        held = false
        all--
        const left = (taken.get(principal) ?? 1) - 1
        if (left > 0) taken.set(principal, left)
        else taken.delete(principal)
      }
    },
    taken: () => all,
  }
}
