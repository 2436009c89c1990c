/** Instants and spans in words. */

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const

/** "2 h 5 min", in at most two units; below a second in milliseconds. */
export const spanText = (millis: number): string => {
  if (millis < 1_000) return `${Math.max(0, Math.round(millis))} ms`
  const first = units.findIndex(([, size]) => millis >= size)
  let rest = millis
  return units
    .slice(first, first + 2)
    .flatMap(([name, size]) => {
      const count = Math.floor(rest / size)
      rest -= count * size
      return count === 0 ? [] : [`${count} ${name}`]
    })
    .join(" ")
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" })
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })

export const dateTimeText = (at: number): string => dateTime.format(at)

/** "now", "just now", "3 min ago", "in 2 h"; from a week on, the day. */
export const relativeText = (at: number, now: number): string => {
  const distance = Math.abs(now - at)
  if (distance < 5_000) return at > now ? "now" : "just now"
  if (distance >= 7 * 86_400_000) {
    return new Date(at).getFullYear() === new Date(now).getFullYear() ? day.format(at) : dayAndYear.format(at)
  }
  const [name, size] = units.find(([, size]) => distance >= size) ?? units[3]
  const span = `${Math.floor(distance / size)} ${name}`
  return at > now ? `in ${span}` : `${span} ago`
}

/** As `relativeText`, of what is a guess: "in about 2 h"; "soon" for what comes within seconds or should be there already. */
export const aboutText = (at: number, now: number): string =>
  at - now < 5_000 ? "soon" : relativeText(at, now).replace(/^in /, "in about ")
