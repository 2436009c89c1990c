/**
 * Money in whole nano-dollars (10⁻⁹ US dollars): a plain integer from 0 to 2⁵³ - 1, which is 9,007,199.254740991 $. Sums
 * never wrap or lose a digit: what is larger becomes the largest.
 */
import * as Schema from "effect/Schema"

export const NanoUsd = Schema.Natural.check(Schema.isLessThanOrEqualTo(Number.MAX_SAFE_INTEGER)).pipe(
  Schema.brand("NanoUsd"),
)
export type NanoUsd = typeof NanoUsd.Type

const perUsd = 1_000_000_000

export const maxMoney = NanoUsd.make(Number.MAX_SAFE_INTEGER)
export const noMoney = NanoUsd.make(0)

/** The nearest amount within the bounds. For integers, and for `Infinity`. */
export const clampMoney = (nano: number | bigint): NanoUsd => {
  if (nano <= 0) return noMoney
  return nano >= Number.MAX_SAFE_INTEGER ? maxMoney : NanoUsd.make(Math.round(Number(nano)))
}

/** The nearest nano-dollar. Undefined for what is no amount of money: negative, or not a finite number. */
export const fromUsd = (usd: number): NanoUsd | undefined =>
  Number.isFinite(usd) && usd >= 0 ? clampMoney(usd * perUsd) : undefined

/** For people and charts; a sum is made of nano-dollars. */
export const toUsd = (nano: NanoUsd): number => nano / perUsd

export const addMoney = (one: NanoUsd, other: NanoUsd): NanoUsd => clampMoney(one + other)

/** What is left of the first; never less than nothing. */
export const subtractMoney = (one: NanoUsd, other: NanoUsd): NanoUsd => clampMoney(one - other)

/** `0.01 $`, `12.50 $`, `0.000168 $`: at least two places, and as many as there are, up to nine. */
export const formatMoney = (nano: NanoUsd): string => {
  const whole = Math.floor(nano / perUsd)
  const rest = (nano % perUsd)
    .toString()
    .padStart(9, "0")
    .replace(/0{1,7}$/, "")
  return `${whole}.${rest} $`
}
