/** What counts as a secret when its value is not known. */

export type RedactionCategory = "credential" | "token" | "key" | "password" | "header" | "url" | "personal"

/**
 * One kind of secret. A rule is tried only where one of its keywords stands, and its pattern is matched from the first
 * character of the keyword on.
 */
export interface RedactionRule {
  /** Shown in the mark and in counts. */
  readonly id: string
  readonly category: RedactionCategory
  /** Literal text in any case, at least two characters; ASCII, but for names of fields. */
  readonly keywords: ReadonlyArray<string>
  /**
   * Matched at the keyword, case included unless it says otherwise. It stays on one line and is no longer than
   * `maximumMatch`. Without a pattern the keyword is a word in the name of a field, and the value that is assigned to
   * the field is the secret if it looks like one.
   */
  readonly pattern?: RegExp
  /** The group that is masked: 1 where the pattern has one, else the whole match. */
  readonly group?: 0 | 1
  /** Masks each match of this in the group, instead of the group. */
  readonly each?: RegExp
  /** What the field holds; for a pattern, the condition on what is masked is that of a field of this kind. */
  readonly value?: "password" | "token"
  /** What is masked stands in a sentence: it must be no word, version or id. */
  readonly said?: boolean
  /**
   * A rule of a user: the pattern is searched for from a little before the keyword on, in a bounded piece of the line, and
   * this group of it is masked from the keyword on unless it matches one of `allow`.
   */
  readonly search?: { readonly group: number; readonly allow: ReadonlyArray<RegExp> }
  /** What is masked has the check digit of a card, or as many digits as a telephone number. */
  readonly check?: "luhn" | "phone"
  /** What is masked begins before the keyword, where this matches: at the end of a piece of forty characters. */
  readonly before?: RegExp
  /** Bits per character that the masked text has at least. */
  readonly entropy?: number
  /** A masked text that matches is no secret. */
  readonly allow?: RegExp
  /** The keyword must begin a word. */
  readonly word?: boolean
  /** How far the pattern looks: up to the next white space, which is the default, to the end of the line, or over some lines. */
  readonly reach?: "word" | "line" | "lines"
  /** With reach `line` or `lines`: while this matches at the keyword up to the end of what is there, more may make it a match. */
  readonly open?: RegExp
}

/** No pattern matches more characters than this. */
export const maximumMatch = 8192
