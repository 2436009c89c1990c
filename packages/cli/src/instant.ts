/** An instant as people give it on a command line. Pure. */

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90m` from now, or an instant such as `2026-03-01T08:00Z`, in milliseconds since the epoch; undefined for anything else. */
export const instantOf = (text: string, now: number): number | undefined => {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return now + Number(count) * (units[unit] ?? 0)
  if (!/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isFinite(at) && at >= 0 ? at : undefined
}
