/** How long a grant may last. */
export const durations = [
  { value: "none", label: "Until it is revoked", millis: undefined },
  { value: "1h", label: "For 1 hour", millis: 3_600_000 },
  { value: "8h", label: "For 8 hours", millis: 8 * 3_600_000 },
  { value: "7d", label: "For 7 days", millis: 7 * 86_400_000 },
  { value: "30d", label: "For 30 days", millis: 30 * 86_400_000 },
] as const

export type DurationChoice = (typeof durations)[number]["value"]

/** When a grant that begins now ends; undefined when it does not. */
export const endOf = (choice: DurationChoice, now: number): number | undefined => {
  const millis = durations.find(({ value }) => value === choice)?.millis
  return millis === undefined ? undefined : now + millis
}
