/** Money and counts in figures. */

const cents = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" })
const fine = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumSignificantDigits: 2 })
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 })

/** "$1.20"; below a dime as many digits as say something. A dash when it is not known. */
export const usdText = (usd: number | undefined): string => {
  if (usd === undefined) return "–"
  return usd === 0 || usd >= 0.1 ? cents.format(usd) : fine.format(usd)
}

/** "12.4K". */
export const countText = (count: number): string =>
  count < 10_000 ? count.toLocaleString("en-US") : compact.format(count)

/** "1 attempt", "12.4K attempts". */
export const countOf = (count: number, one: string): string => `${countText(count)} ${one}${count === 1 ? "" : "s"}`
