/** Strings of JSON that are parts of one text: arguments of a command, blocks of an output. */
import type { Engine } from "./redactEngine.ts"
import type { Tally } from "./redactTally.ts"
import { type Cover, TextRedaction } from "./redactText.ts"

/** A string, and what is shown of it so far. */
export interface Leaf {
  readonly text: string
  masked: string
}

/** More of them are taken for data, and longer ones are cut where they are. */
const maximumLeaves = 256
const maximumJoined = 64 * 1024

export const canJoin = (leaves: ReadonlyArray<Leaf>): boolean => {
  if (leaves.length < 2 || leaves.length > maximumLeaves) return false
  return leaves.reduce((size, { text }) => size + text.length, 0) <= maximumJoined
}

/** Masks what is told only by several leaves together; what one of them tells alone is masked already. */
export const joinLeaves = (
  engine: Engine,
  fingerprint: (secret: string) => string,
  leaves: ReadonlyArray<Leaf>,
  glue: "\n" | " " | "",
  counts: Tally,
): void => {
  const covers = new TextRedaction(engine, fingerprint).coversOf(leaves.map(({ text }) => text).join(glue))
  if (covers.length === 0) return
  let start = 0
  let goesOn = false
  for (const leaf of leaves) {
    const end = start + leaf.text.length
    const own = covers.filter((cover) => cover.start < end && cover.end > start)
    const first = own[0]
    // A piece without a mark of its own, or a mark for what was left alone.
    const news = own.length > 0 && (leaf.masked === leaf.text || goesOn || own.some(({ mark }) => mark === ""))
    goesOn = covers.some((cover) => cover.start < end && (cover.end > end || follows(covers, cover, end)))
    if (first !== undefined && (news || goesOn)) {
      const masked = shown(engine, leaf, start, own, counts)
      // What was found with other glue stays found.
      if (glue !== "" || marksIn(masked) >= marksIn(leaf.masked)) leaf.masked = masked
    }
    start = end + glue.length
  }
}

const marksIn = (text: string): number => text.split("[redacted:").length

/** Whether the cover is the first piece of one that goes on behind `end`. */
const follows = (covers: ReadonlyArray<Cover>, cover: Cover, end: number): boolean => {
  const next = covers[covers.indexOf(cover) + 1]
  return next !== undefined && next.mark === "" && next.start >= end
}

const shown = (engine: Engine, leaf: Leaf, start: number, own: ReadonlyArray<Cover>, counts: Tally): string => {
  let value = ""
  let at = 0
  for (const cover of own) {
    const from = Math.max(0, cover.start - start)
    const mark = cover.start < start ? "" : cover.mark
    value += leaf.text.slice(at, from) + mark
    at = Math.min(leaf.text.length, cover.end - start)
    if (mark !== "" && !leaf.masked.includes(mark)) counts.note(engine.categories, cover.rule, cover.told)
  }
  return value + leaf.text.slice(at)
}
