/** Spans of time as people write them: `90m`, `2h 30m`, `45 s`. */

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** In milliseconds; undefined for what is no span. A bare number is minutes. */
export const readDuration = (text: string): number | undefined => {
  const trimmed = text.trim().toLowerCase()
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 60_000)
  if (!/^(?:\d+(?:\.\d+)?\s*(?:s|m|min|h|d)\s*)+$/.test(trimmed)) return undefined
  let sum = 0
  for (const [, count, unit = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(min|s|m|h|d)/g)) {
    sum += Number(count) * (units[unit] ?? 0)
  }
  return Math.round(sum)
}

/** The same span as it would be written: `2h 30m`. */
export const writeDuration = (millis: number): string => {
  let rest = millis
  const parts = (["d", "h", "m", "s"] as const).flatMap((unit) => {
    const size = units[unit] ?? 1
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count}${unit}`]
  })
  return parts.join(" ")
}
