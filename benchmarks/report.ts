/** Numbers and how they are printed. */

export const quantile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** `0.47x`, of two numbers of one unit. */
export const ratio = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)}x`

export const millis = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

export const thousands = (value: number): string => `${(value / 1000).toFixed(0)} k`

export const heading = (text: string): void => console.log(`\n## ${text}\n`)

export const say = (text: string): void => console.log(text)

/** The first row is the head. All columns but the first are numbers, and end at one edge. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows) {
    const cells = widths.map((width, column) => {
      const cell = row[column] ?? ""
      return column === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    console.log(cells.join("   ").trimEnd())
  }
}

const missed: Array<string> = []

/** Prints a goal and whether it is met. */
export const goal = (what: string, value: string, limit: string, met: boolean): void => {
  const line = `${what}: ${value} (goal ${limit})`
  if (!met) missed.push(line)
  console.log(`${met ? "  met      " : "  SHORT OF "} ${line}`)
}

export const missedGoals = (): ReadonlyArray<string> => missed
