/** Instants as clocks show them, here and in another time zone. Pure but for the zone of this browser. */

export const localZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone

const shape = {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
  timeZoneName: "short",
} as const

/** "Mon, 7 Dec, 3:00 GMT+1", with seconds where they say something. A zone that this browser does not know: as the clock here. */
export const zonedText = (at: number, timeZone: string = localZone): string => {
  const precise = at % 60_000 === 0 ? shape : ({ ...shape, second: "2-digit" } as const)
  try {
    return new Intl.DateTimeFormat(undefined, { ...precise, timeZone }).format(at)
  } catch {
    return new Intl.DateTimeFormat(undefined, precise).format(at)
  }
}

/** Whether clocks show the same there as here at this instant. */
export const isSameClock = (at: number, timeZone: string): boolean => zonedText(at, timeZone) === zonedText(at)
