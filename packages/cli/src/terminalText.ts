/** Makes text safe to show on a terminal: whoever wrote it must not move the cursor, set titles or touch the clipboard. Pure. */

/** ESC and what it begins: CSI, OSC and other strings up to their terminator, or a single-character sequence. */
const escapes =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|[ -/]*[0-~]?)|[\x9b][0-?]*[ -/]*[@-~]?|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?/g
/** Other control characters but tab and newline, and the marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

export const terminalText = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll(escapes, "").replaceAll(controls, "")

// oxlint-disable-next-line no-control-regex -- control characters are the subject
const unescaped = /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** JSON of the same value in which a terminal finds nothing to obey; `JSON.stringify` escapes the characters up to 0x1f. */
export const terminalJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replaceAll(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
