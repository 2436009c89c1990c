/** Judges a line of JSON before it is taken apart. */
import { matchAssignment } from "./redactAssignment.ts"
import { decide, endsPiece } from "./redactCandidate.ts"
import { isSpelled, type Engine, type Keyword } from "./redactEngine.ts"
import { atRun } from "./redactRun.ts"
import { insideOf } from "./redactScan.ts"
import { minimumRun } from "./redactShape.ts"

/**
 * Whether the decoded strings of a line of JSON might hold something, judged by the line itself: never false when they
 * do. A line with an escaped ASCII character is always suspected.
 */
export const suspects = (engine: Engine, line: string): boolean => {
  const { matcher } = engine
  const { places } = engine
  places.begin(line, 0, 0)
  for (let at = places.next(); at >= 0; at = places.next()) {
    if (places.longRun && atRun(insideOf(engine), line, 0, at, minimumRun - 1, true, undefined) !== undefined)
      return true
    if (places.state < matcher.accepting) continue
    for (const index of matcher.outputs[places.state - matcher.accepting] ?? []) {
      const keyword = engine.keywords[index]
      if (keyword !== undefined && suspectsAt(engine, keyword, line, at + 1 - keyword.length)) return true
    }
  }
  return false
}

const suspectsAt = (engine: Engine, keyword: Keyword, line: string, hit: number): boolean =>
  keyword.candidates.some((candidate) => {
    if (candidate.kind === "field") {
      if (!isSpelled(keyword, line, hit)) return false
      const end = hit + keyword.length
      return matchAssignment(line, hit, end, candidate.value, true, true) !== undefined || endsPiece(line, end)
    }
    // Lines of JSON inside a string of the line.
    if (candidate.kind === "told") return line.charCodeAt(hit + keyword.length - 1) === 92 && line.includes('{\\"')
    if (
      candidate.kind === "mark" ||
      candidate.kind === "pem" ||
      candidate.kind === "escape" ||
      candidate.kind === "spelled"
    )
      return true
    if (candidate.kind === "pattern" && (candidate.rule.reach === "line" || candidate.rule.reach === "lines")) {
      if (candidate.rule.open === undefined) return true
      const { open, pattern } = candidate.rule
      open.lastIndex = hit
      if (open.test(line)) return true
      if (pattern === undefined) return false
      pattern.lastIndex = hit
      if (pattern.test(line)) return true
    }
    return decide(engine, candidate, keyword, line, hit, true) !== undefined
  })
