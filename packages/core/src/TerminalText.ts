/** Makes text safe to show on a terminal: whoever wrote it must not move the cursor, set titles, touch the clipboard or hide words. Pure. */

/**
 * What a control string (OSC, DCS, APC, PM, SOS) may hold. It ends at the end of its line, whatever a terminal would do: an
 * unfinished one must not swallow what comes after it.
 */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const inString = /[^\x07\n\x18\x1a\x1b\x90\x98\x9c-\x9f]{0,4096}/.source
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const terminator = /(?:\x07|\x1b\\|\x9c)?/.source
const parameters = "[0-?]{0,64}[ -/]{0,16}"

/** ESC and what it begins, and the same with the single characters of C1: CSI, control strings, short sequences. */
const escapes = new RegExp(
  `\\x1b(?:\\[${parameters}[@-~]?|[\\]PX^_]${inString}${terminator}|[ -/]{0,16}[0-~]?)` +
    `|\\x9b${parameters}[@-~]?|[\\x90\\x98\\x9d-\\x9f]${inString}${terminator}`,
  "g",
)
/** The same without its end, at the end of what is there; and what only the next character makes clear. */
const unfinished = new RegExp(
  `(?:\\x1b(?:\\[${parameters}|[\\]PX^_]${inString}\\x1b?|[ -/]{0,16})` +
    `|\\x9b${parameters}|[\\x90\\x98\\x9d-\\x9f]${inString}\\x1b?` +
    // A row of joiners is looked through from its beginning alone: from each of them it would take the square of the time.
    `|\\r|(?:(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^\\x00-\\x7f\\u200c\\u200d])[\\u200c\\u200d]*|(?<![\\u200c\\u200d])[\\u200c\\u200d]+)?[\\ud800-\\udbff]?)$`,
)

/** Control characters but tab and newline; marks that turn the direction of text; what takes no place and can hide data. */
const invisible =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /[\u034f\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu
/** Joiners make emoji and letters of many scripts; alone, in rows or beside ASCII they only hide something. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const strayJoiners = /(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])/gu
const joinsOn = /[\u200c\u200d]$/
/** Nothing is left of two and more in a row, so that two stand for all of them. */
const rowOfJoiners = /([\u200c\u200d]{2})[\u200c\u200d]+/
const lineSeparators = /[\u2028\u2029]/g

/** Most text holds none of it. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const suspicious = /[^\t\n\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u2013-\u2027\u2190-\u27bf]/

export const terminalText = (text: string): string =>
  suspicious.test(text)
    ? text
        .toWellFormed()
        .replaceAll("\r\n", "\n")
        .replaceAll(escapes, "")
        .replaceAll(lineSeparators, "\n")
        .replaceAll(strayJoiners, "")
        .replaceAll(invisible, "")
    : text

export interface TerminalStream {
  readonly push: (piece: string) => string
  /** Gives what was held back; a sequence that was never finished is gone. */
  readonly end: () => string
}

/** Whatever makes a whole text safe, for a text in pieces: a sequence that is cut is held back until it is whole. */
const inPieces = (safe: (text: string) => string): TerminalStream => {
  let held = ""
  return {
    push: (piece) => {
      const text = held + piece
      const at = unfinished.exec(text)?.index ?? text.length
      held = text.slice(at).replace(rowOfJoiners, "$1")
      const ready = text.slice(0, at)
      // A joiner stays for what comes behind it, which is held back.
      return joinsOn.test(ready) && held !== "" ? safe(`${ready}\u00e9`).slice(0, -1) : safe(ready)
    },
    end: () => {
      const rest = safe(held)
      held = ""
      return rest
    },
  }
}

/** The same for a text in pieces: a sequence that is cut is held back until it is whole, so that nothing of it is shown. */
export const terminalStream = (): TerminalStream => inPieces(terminalText)

/** Colours and weights (SGR), with parameters of a sane length. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const colours = /(\x1b\[[0-9;:]{0,64}m)/

/** Without `8`, which hides what follows. The parameters of a colour after `38`, `48` and `58` are not looked at. */
const withoutConceal = (sequence: string): string => {
  const asked = sequence.slice(2, -1).split(";")
  const kept: Array<string> = []
  for (let at = 0; at < asked.length; at++) {
    const parameter = asked[at] ?? ""
    const long = /^0*(?:38|48|58)$/.test(parameter)
      ? Number(asked[at + 1]) === 5
        ? 3
        : Number(asked[at + 1]) === 2
          ? 5
          : 1
      : 1
    if (!/^0*8(?::|$)/.test(parameter)) kept.push(...asked.slice(at, at + long))
    at += long - 1
  }
  return kept.length === 0 ? "" : `\u001b[${kept.join(";")}m`
}

const colouredText = (text: string): string =>
  suspicious.test(text)
    ? text
        .split(colours)
        .map((part, index) => (index % 2 === 1 ? withoutConceal(part) : terminalText(part)))
        .join("")
    : text

/** What a program printed, in pieces, for a terminal panel: its colours pass, and nothing else that a terminal obeys. */
export const colourStream = (): TerminalStream => inPieces(colouredText)

/** What this program itself colours with. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const ownColours = /(\x1b\[(?:0|1|2|31|32|33|36)m)/

/** The last look at everything that is printed: colours of ours pass, and nothing else that a terminal obeys. */
export const terminalOutput = (text: string): string =>
  suspicious.test(text)
    ? text
        .split(ownColours)
        .map((part, index) => (index % 2 === 1 ? part : terminalText(part)))
        .join("")
    : text

const unescaped =
  /[\u034f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu

/** JSON of the same value in which a terminal finds nothing to obey; `JSON.stringify` escapes the characters up to 0x1f. */
export const terminalJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replaceAll(unescaped, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  )
