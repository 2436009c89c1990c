/** The forms in which most rules are written down. */
import { passphrase } from "./redactPhrase.ts"
import type { RedactionRule, RedactionCategory } from "../RedactionRule.ts"

export const shape = (
  id: string,
  category: RedactionCategory,
  keywords: ReadonlyArray<string>,
  pattern: RegExp,
  more: Partial<RedactionRule> = {},
): RedactionRule => ({ id, category, keywords, pattern, ...more })

/** A public prefix and at least so many characters of an alphabet behind it. */
export const prefixed = (
  id: string,
  prefixes: ReadonlyArray<string>,
  alphabet: string,
  minimum: number,
  maximum = 256,
  more: Partial<RedactionRule> = {},
): RedactionRule => {
  const literal = prefixes.map((prefix) => prefix.replace(/[.$+]/g, "\\$&")).join("|")
  const pattern = new RegExp(`(?:${literal})[${alphabet}]{${minimum},${maximum}}`, "y")
  return shape(id, "token", prefixes, pattern, { word: true, ...more })
}

/** A reference to a value, or nothing. */
export const notAValue = /^(?:\$|<|\{|%[({A-Z]|\*{3}|x{3,}|\.{3}|-)|^[A-Z_]+$/

/**
 * What no machine and no generator of passwords made: it lacks digits or letters, or has neither a sign in it nor both
 * kinds of letters, or it is a path.
 */
export const notRandom =
  /^(?!(?=[^]*\d)(?=[^]*[A-Za-z])(?:[^]*[!#%*^~$?&]|(?=[^]*[a-z])(?=[^]*[A-Z])[^]{12,}|(?=[^]*[a-z])(?=[^]*[A-Z])[^]*[+=,.@_-]))|\/|^[$<{%]|^[\w.+-]+@[\w-]+\.|^v?\d+\.|:\d+$/

/** The same, but for words with a number behind them. */
export const unlikePassword = new RegExp(`(?!${passphrase.source})(?:${notRandom.source})`)
