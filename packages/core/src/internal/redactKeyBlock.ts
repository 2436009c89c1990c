/** Masks private key blocks, also those that go on beyond the text at hand. */
import { pemRule } from "./redactEngine.ts"
import { joined, type Scan } from "./redactFound.ts"
import { continuePem, matchPem } from "./redactPem.ts"
import { windowAt } from "./redactWindow.ts"

export const pemAt = (result: Scan, text: string, hit: number, final: boolean): void => {
  const match = matchPem(text, hit, final)
  if (match === undefined) return
  // A streamed string may cut it: then the rest is in the next one.
  const window = match === "more" ? undefined : windowAt(text, hit, hit, "string", true, final)
  const wider =
    window === undefined || window === "more" ? window : matchPem(window.text, window.hit, final || window.closed)
  if (match === "more" || wider === "more") {
    result.hold = Math.min(result.hold, hit)
    return
  }
  if (window !== undefined && window !== "more" && wider !== undefined) {
    const found = joined(window, hit, window.hit, wider.end, pemRule, 1)
    if (found !== undefined) {
      const secret = pemSecret(window.text.slice(window.hit, wider.end))
      result.found.push(...found.map((piece) => ({ ...piece, secret })))
      return
    }
  }
  pushPem(result, text, hit, hit, match.end)
  if (match.over) pemFrom(result, text, hit, match.end, final)
}

/** A block beyond its bound is masked on, piece by piece. */
export const pemFrom = (result: Scan, text: string, hit: number, from: number, final: boolean): void => {
  let at = from
  for (;;) {
    const match = continuePem(text, at, final, false)
    if (match === "more") {
      result.hold = Math.min(result.hold, at)
      result.resume = { at, hit }
      return
    }
    if (match === undefined || match.end === at) return
    pushPem(result, text, hit, at, match.end)
    if (!match.over) return
    at = match.end
  }
}

const pemSecret = (block: string): string => block.replace(/\\[rn]|[^A-Za-z0-9+/=]/g, "")

const pushPem = (result: Scan, text: string, hit: number, start: number, end: number): void => {
  const secret = pemSecret(text.slice(start, end))
  result.found.push({ hit, start, end, rule: pemRule, order: 1, secret })
}
