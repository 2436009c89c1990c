/** What one run has to hide: the secrets of the host, and those that stand in its own request. Pure. */
import type { Adapter } from "../Adapter.ts"
import { knownSecrets } from "../ChildEnvironment.ts"
import type { Redacted, RedactionSession } from "../RedactionSession.ts"
import type { Redactor } from "../Redactor.ts"
import type { RunRequest } from "../Run.ts"
import type { RedactionCount } from "../RunEvent.ts"
import { nameOf } from "../SecretReference.ts"
import { Tally } from "./redactTally.ts"

/** Shorter ones would mask ordinary words where nothing says that they are secrets. */
const minimumKnown = 8
/** Secrets of one request that are followed. */
const maxHidden = 64

const mark = /\[redacted:[\w:.-]{1,80}#[0-9a-f]{8}\]/
const marks = new RegExp(mark, "g")

/** What stands in the exact text where the masked one has its marks. */
const behindMarks = (exact: string, masked: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const literals = masked.split(marks)
  let at = literals[0]?.length ?? 0
  literals.slice(1).forEach((literal, index) => {
    const last = index === literals.length - 2
    const end = last ? exact.length - literal.length : exact.indexOf(literal, at)
    if (end < at) return
    found.push(exact.slice(at, end))
    at = end + literal.length
  })
  return found
}

/** The texts that were masked in a value: all strings of both, side by side. */
export const hiddenTexts = (exact: unknown, masked: unknown): ReadonlyArray<string> => {
  if (exact === masked) return []
  if (typeof exact === "string" && typeof masked === "string") {
    return behindMarks(exact, masked).filter((text) => text.trim() !== "" && !mark.test(text))
  }
  if (typeof exact !== "object" || typeof masked !== "object" || exact === null || masked === null) return []
  const others = Object.entries(masked)
  return Object.entries(exact).flatMap(([name, value], index): ReadonlyArray<string> => {
    const [otherName, other] = others[index] ?? [name, value]
    return [...hiddenTexts(name, otherName), ...hiddenTexts(value, other)]
  })
}

export interface RunSession {
  /** Looks also for the secrets of the request, by value. */
  readonly redaction: RedactionSession
  /** The request as it may be stored; what its rules find keeps their names. References to secrets stay as they are. */
  readonly maskRequest: (request: RunRequest) => Redacted<RunRequest>
  /** What is masked in the names that the request refers to: such a reference would be of no use. */
  readonly maskReferences: (request: RunRequest) => ReadonlyArray<RedactionCount>
  /** Whether a text holds a secret that the request or the host has, as it is or escaped for JSON. */
  readonly quotes: (text: string) => boolean
}

/** A field that is named like a credential is masked whole, and a reference is none. */
const withoutReferences = (request: RunRequest): RunRequest => {
  const { secrets: _, ...rest } = request
  return rest
}

/** Engines that are kept: one for each set of variables that requests ask for. The oldest goes first. */
const maxKept = 16

type Known = ReturnType<typeof knownSecrets>

/**
 * What masks everything of a run. A secret of the request is looked for wherever it turns up, also where nothing around it
 * says that it is one: an agent repeats what it was told. Making an engine takes milliseconds, so that those of the host's
 * secrets are kept; that of a request with secrets is not.
 */
export const runSessions = (
  redactor: Redactor["Service"],
  host: Readonly<Record<string, string>>,
  adapters: ReadonlyArray<Pick<Adapter, "env" | "secretEnv">>,
): ((request: RunRequest, own?: Known) => RunSession) => {
  const kept = new Map<string, { readonly known: Known; readonly plain: RedactionSession }>()
  const ofHost = (request: RunRequest) => {
    const names = (request.env ?? []).toSorted().join(" ")
    const found = kept.get(names)
    if (found !== undefined) return found
    const known = knownSecrets(host, adapters, request)
    const made = { known, plain: redactor.session(known) }
    kept.set(names, made)
    const [oldest] = kept.keys()
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
    return made
  }
  /** @param own values of the secrets that the request refers to. */
  return (request, own = []) => {
    const hosts = ofHost(request)
    const known = own.length === 0 ? hosts.known : [...own, ...hosts.known]
    const plain = own.length === 0 ? hosts.plain : redactor.session(known)
    const asked = withoutReferences(request)
    const hidden = [...new Set(hiddenTexts(asked, plain.json(asked).value))].slice(0, maxHidden)
    const followed = hidden.filter(({ length }) => length >= minimumKnown).map((value) => ({ name: "request", value }))
    const secrets = [...hidden, ...known.map(({ value }) => value)]
    const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    const redaction = followed.length === 0 ? plain : redactor.session([...known, ...followed])
    return {
      redaction,
      maskRequest: (exact) => {
        const first = plain.json(withoutReferences(exact))
        if (first.redactions.length === 0) return { value: exact, redactions: first.redactions }
        // What is a secret in one place is one where nothing says so.
        const { value, redactions } = redaction.json(first.value)
        const all = new Tally()
        all.addAll(first.redactions)
        all.addAll(redactions)
        // Masking changes texts, not the shape.
        const masked = value as RunRequest
        const { secrets: references } = exact
        return {
          value: references === undefined ? masked : { ...masked, secrets: references },
          redactions: all.all(),
        }
      },
      maskReferences: ({ secrets: references = {} }) =>
        plain.json(Object.entries(references).flatMap(([name, reference]) => [name, nameOf(reference)])).redactions,
      quotes: (text) => forms.some((form) => text.includes(form)),
    }
  }
}
