/** What a redactor offers one run: text, JSON and streams, over the same rules and known values. */
import type { RedactionCount } from "./RunEvent.ts"

export interface Redacted<A> {
  readonly value: A
  readonly redactions: ReadonlyArray<RedactionCount>
}

/**
 * One logical text that comes in pieces. The joined output does not depend on how the text was cut; what could still be
 * the start of a secret is held back, at most 64 KiB of it.
 */
export interface RedactionStream {
  readonly push: (chunk: string) => Redacted<string>
  /** Gives what was held back. The stream can be used for a new text afterwards. */
  readonly end: () => Redacted<string>
}

/** A line of JSON and its decoded value, redacted alike. */
export type RedactedLine = Redacted<string> & { readonly json: unknown }

/**
 * The lines of one source, in order. A text that comes in pieces over several lines, such as the output of one tool, is
 * masked as one: what could still be the start of a secret comes with its next piece, at most 64 KiB of it.
 */
export interface RedactionLines {
  /** `undefined` when the line is not JSON. */
  readonly line: (line: string) => RedactedLine | undefined
  /** What was held back of each such text that had no next piece. */
  readonly end: () => ReadonlyArray<Redacted<string>>
}

/** The rules and known values of one run. Pure and synchronous: it stands in the hot path. */
export interface RedactionSession {
  readonly text: (text: string) => Redacted<string>
  /** Redacts every string in a JSON value, keys included; a field whose name says credential is masked whole. */
  readonly json: (value: unknown) => Redacted<unknown>
  /**
   * A line of JSON and its decoded value, redacted alike on decoded strings; the line stays valid JSON, and where
   * nothing was found it is the same string. `undefined` when the line is not JSON.
   */
  readonly jsonLine: (line: string) => RedactedLine | undefined
  readonly lines: () => RedactionLines
  readonly stream: () => RedactionStream
}
