/** Sums of the ledger as they are shown. Pure. */
import type { UsageSum } from "../api/types.ts"

const nanoPerUsd = 1_000_000_000

/** In US dollars: what vendors said and what was computed. Undefined when nothing of it is known. */
export const usdOf = ({ attempts, computed, costUnknown, vendor }: UsageSum): number | undefined =>
  attempts > 0 && costUnknown === attempts ? undefined : (vendor + computed) / nanoPerUsd

export const tokensOf = ({ tokens }: UsageSum): number =>
  tokens.input + tokens.cacheRead + tokens.cacheWrite + tokens.output + tokens.unsplit

const none: Omit<UsageSum, "key"> = {
  attempts: 0,
  tokens: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, unsplit: 0 },
  tokensUncertain: 0,
  vendor: 0,
  computed: 0,
  costUnknown: 0,
}

export const totalOf = (sums: ReadonlyArray<UsageSum>): UsageSum =>
  sums.reduce<UsageSum>(
    (all, each) => ({
      key: all.key,
      attempts: all.attempts + each.attempts,
      tokens: {
        input: all.tokens.input + each.tokens.input,
        cacheRead: all.tokens.cacheRead + each.tokens.cacheRead,
        cacheWrite: all.tokens.cacheWrite + each.tokens.cacheWrite,
        output: all.tokens.output + each.tokens.output,
        unsplit: all.tokens.unsplit + each.tokens.unsplit,
      },
      tokensUncertain: all.tokensUncertain + each.tokensUncertain,
      vendor: all.vendor + each.vendor,
      computed: all.computed + each.computed,
      costUnknown: all.costUnknown + each.costUnknown,
    }),
    { key: "total", ...none },
  )

const keyOf = (day: Date): string =>
  [day.getFullYear(), String(day.getMonth() + 1).padStart(2, "0"), String(day.getDate()).padStart(2, "0")].join("-")

/** One sum for each of the last days, today last; those on which nothing ran are empty. By the calendar of this browser. */
export const byDay = (sums: ReadonlyArray<UsageSum>, days: number, now: number): ReadonlyArray<UsageSum> => {
  const known = new Map(sums.map((sum) => [sum.key, sum]))
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(now)
    day.setDate(day.getDate() - (days - 1 - index))
    const key = keyOf(day)
    return known.get(key) ?? { key, ...none }
  })
}

/** The beginning of the first of so many days, today being the last. */
export const startOf = (days: number, now: number): number => {
  const day = new Date(now)
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() - (days - 1))
  return day.getTime()
}
