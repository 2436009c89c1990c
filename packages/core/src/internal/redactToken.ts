/** Finds where in a run a token begins, by the words and signs in front of what is random. */
import { words } from "./redactCredential.ts"
import { shownOf } from "./redactForm.ts"
import {
  digestBefore,
  harmless,
  hintOf,
  idBefore,
  isHarmless,
  isStage,
  mixedForm,
  prefixForm,
  random,
  scattered,
  signBefore,
  sure,
} from "./redactPrefix.ts"

/** A longer run is none. */
export const maximumToken = 512
/** What is shown of a run is decided by no more of it. */
const shownBound = 64
/** The separator that ends the prefix is among so many first characters; so many small letters may stay behind it. */
const maximumPrefix = 20
const maximumLead = 8
const lead = /^[a-z]*/
const nextWord = /^([a-z]{2,12})[_-]/
const saysMore = (body: string): boolean => {
  const word = nextWord.exec(body)?.[1]
  return word !== undefined && (harmless.has(word) || (word.length > 3 && /[aeiou]/.test(word)))
}
/** The lengths of 16, 20, 32, 64 and 65 bytes. */
const digests = new Set([22, 27, 43, 86, 87])
const rowBefore = /(?<![\w|.-])\d{1,9}\|$/

/** Whether the first part of what dots join says that it is a credential. */
const telling = (id: string): boolean => id.includes(".") && hintOf(id.slice(0, id.indexOf(".") + 1)) === "told"

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Where the part begins that is masked: behind the prefix, at the first character that is no small letter; -1 when there is none. */
export const tokenStart = (text: string, start: number, end: number, whole: boolean): number => {
  if (end - start > maximumToken) return -1
  // The name of a list, in an address; what an owner of a domain shows to everybody.
  if (text.startsWith("list=", start - 5) || text.startsWith("verification=", start - 13)) return -1
  const before = start === 0 ? 0 : text.charCodeAt(start - 1)
  let dotted = ""
  // `orb.tk.` before the run belongs to its prefix.
  if (before === 46 || before === 126 || before === 124 || before === 33 || before === 36 || before === 58) {
    const head = text.slice(Math.max(0, start - 24), start)
    dotted = signBefore.exec(head)?.[0] ?? ""
    // The name of a file in a path, or of an image and its tag.
    if (
      (before === 46 || before === 58) &&
      /[/\\]$/.test(head.slice(0, head.length - dotted.length)) &&
      !sure.test(dotted)
    )
      dotted = ""
    // A part of something, or the secret behind an id.
    if (dotted === "" || before === 58) {
      const id = idBefore.exec(text.slice(Math.max(0, start - 44), start))?.[1]
      if (
        id !== undefined &&
        (before === 46 ||
          (/\d.*\d|[a-z].*[A-Z].*\d/.test(id) &&
            !words(id) &&
            !harmless.has(id.toLowerCase()) &&
            !digestBefore.test(id)))
      ) {
        // Names stand behind dots as well, and need not be held back.
        const shown = before === 46 ? shownOf(text, start, Math.min(end, start + shownBound)) : 0
        const body = text.slice(start, end)
        if (
          shown >= 0 &&
          (whole
            ? body.length >= (before === 46 ? (telling(id) ? 24 : 40) : 29) && mixedForm(body, 4)
            : body.length > shown)
        )
          return start + shown
      }
      if (dotted === "" && before === 46) return -1
    }
    // Behind the number of its row.
    if (before === 124 && rowBefore.test(text.slice(Math.max(0, start - 12), start))) {
      const body = text.slice(start, end)
      if (whole ? body.length >= 40 && body.length <= 52 && mixedForm(body, 4) : body.length <= 52) return start
    }
    // Of a vault.
    if (dotted === "s." && (whole ? end - start === 24 && mixedForm(text.slice(start, end), 3.8) : end - start < 25))
      return start
  } else if (before === 35 || before === 64) return -1
  else if (isDigit(text.charCodeAt(start))) return -1
  let checked = false
  for (let at = dotted === "" ? 1 : 0; at < maximumPrefix && start + at < end; at++) {
    if (at > 0) {
      const code = text.charCodeAt(start + at - 1)
      if (code !== 45 && code !== 95) continue
    }
    // Behind a sign that may as well be a separator.
    const apart = before === 58 && at > 0
    const prefix = apart ? text.slice(start, start + at) : dotted + text.slice(start, start + at)
    if (!checked) {
      checked = true
      const first = at === 0 ? (dotted.split(/[.~|!$:]/, 1)[0] ?? "") : dotted === "" ? prefix.slice(0, -1) : ""
      if (
        harmless.has(first.toLowerCase()) &&
        !sure.test(prefix) &&
        !isStage(prefix, whole ? end - start : maximumToken)
      )
        return -1
    }
    if (!prefixForm.test(prefix)) continue
    const hint = hintOf(prefix)
    const hinted = hint === "told"
    // Of what tells nothing, the letters must be of one kind, or it is a part of something random.
    if (
      !hinted &&
      at > 0 &&
      !/^(?:[a-z][a-z\d.]*|[A-Z][A-Z\d]*|[A-Z][a-z]+)(?:[_.-](?:[a-z\d]+|[A-Z\d]+))*[_.-]$/.test(prefix)
    )
      continue
    if (
      at === 0 &&
      !hinted &&
      (before === 58 || (whole && !scattered.test(text.slice(start, end))) || /[A-Z]/.test(dotted.slice(1)))
    )
      continue
    const body = text.slice(start + at, end)
    // A digest, or the name of a key, as base64 for addresses.
    if (whole && !hinted && digests.has(end - start) && /[_-]/.test(body)) continue
    // What a server calls a version of a page.
    if (whole && body.length === 27 && /^[0-9a-f]{1,6}-$/.test(prefix) && before === 34) continue
    // The word goes on to say what it is.
    if (!hinted && saysMore(body)) continue
    let small = lead.exec(body)?.[0].length ?? 0
    if (small > maximumLead) {
      if (hint === "none") continue
      small = maximumLead
    }
    if (whole ? random(body, hint) : small < body.length)
      return whole && !hinted && isHarmless(prefix) ? -1 : start + at + small
  }
  return -1
}
