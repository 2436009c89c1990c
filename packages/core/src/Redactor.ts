/** Hides secrets in text, JSON and streams, before anything else sees them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeRequestFingerprint, type RequestFingerprint } from "./Idempotency.ts"
import { keyBytes, makeFingerprint } from "./internal/redactFingerprint.ts"
import { makeJson } from "./internal/redactJson.ts"
import { makeEngine, type Engine } from "./internal/redactEngine.ts"
import { nothingFound, redactText, TextRedaction } from "./internal/redactText.ts"
import { defaultRules } from "./DefaultRules.ts"
import { personalDataRules } from "./PersonalData.ts"
import type { RedactionCategory, RedactionRule } from "./RedactionRule.ts"
import type { Redacted, RedactionSession } from "./RedactionSession.ts"
import type { RunRequest } from "./Run.ts"

/** The key of the fingerprints, and the rules. */
export interface RedactorOptions {
  /** Sixteen secret bytes, the same for all runs of an installation. By default random, and gone with the process. */
  readonly key?: Uint8Array
  /** Rules beside the default ones. */
  readonly rules?: ReadonlyArray<RedactionRule>
  /** Whether payment cards, mail addresses and telephone numbers are masked as well. Default: no. */
  readonly personalData?: boolean
}

export class Redactor extends Context.Service<
  Redactor,
  {
    /** @param known exact secrets of this run, by the name to show for them; matched in their escaped forms too. */
    readonly session: (known?: ReadonlyArray<{ readonly name: string; readonly value: string }>) => RedactionSession
    /** What kind of thing each rule masks, by its id. */
    readonly categories: ReadonlyMap<string, RedactionCategory>
    /** The fingerprint of a request as it was made, under the key of the marks' fingerprints. */
    readonly requestFingerprint: (request: RunRequest) => RequestFingerprint
  }
>()("@runyard/core/Redactor") {
  /**
   * Masks by rules and by known values. A known value of fewer than four characters is not looked for. Marks are
   * `[redacted:<rule>#<fingerprint>]`, with `known:<name>` as the rule of a known value; text that holds them already
   * comes back unchanged.
   */
  static readonly layer = (options?: RedactorOptions): Layer.Layer<Redactor> =>
    Layer.effect(
      Redactor,
      Effect.gen(function* () {
        const key = options?.key ?? (yield* randomKey)
        const fingerprint = makeFingerprint(key)
        const rules = [
          ...defaultRules,
          ...(options?.rules ?? []),
          ...(options?.personalData === true ? personalDataRules : []),
        ]
        const plain = lazySession(() => makeSession(makeEngine(rules, []), fingerprint))
        return Redactor.of({
          requestFingerprint: makeRequestFingerprint(key),
          categories: new Map([
            ["private-key", "key" as const],
            ...rules.map(({ category, id }) => [id, category] as const),
          ]),
          session: (known = []) =>
            known.length === 0 ? plain : lazySession(() => makeSession(makeEngine(rules, known), fingerprint)),
        })
      }),
    )

  /** Masks nothing, for tests of everything else. */
  static readonly layerNoop: Layer.Layer<Redactor> = Layer.succeed(Redactor, {
    session: () => noopSession,
    categories: new Map(),
    requestFingerprint: makeRequestFingerprint(new Uint8Array(keyBytes)),
  })
}

// Not the `Random` service: a fingerprint must not be guessable from a seed.
const randomKey = Effect.sync(() => globalThis.crypto.getRandomValues(new Uint8Array(keyBytes)))

const makeSession = (engine: Engine, fingerprint: (secret: string) => string): RedactionSession => ({
  text: (text) => redactText(engine, fingerprint, text),
  ...makeJson(engine, fingerprint),
  stream: () => new TextRedaction(engine, fingerprint),
})

/** The automaton takes milliseconds to build, which a process need not spend before it has a text. */
const lazySession = (make: () => RedactionSession): RedactionSession => {
  let made: RedactionSession | undefined
  const session = (): RedactionSession => (made ??= make())
  return {
    text: (text) => session().text(text),
    json: (value) => session().json(value),
    jsonLine: (line) => session().jsonLine(line),
    lines: () => session().lines(),
    stream: () => session().stream(),
  }
}

const unchanged = <A>(value: A): Redacted<A> => ({ value, redactions: nothingFound })

const noopSession: RedactionSession = {
  text: unchanged,
  json: unchanged,
  jsonLine: (line) => {
    try {
      return { value: line, redactions: nothingFound, json: JSON.parse(line) as unknown }
    } catch {
      return undefined
    }
  },
  lines: () => ({ line: noopSession.jsonLine, end: () => [] }),
  stream: () => ({ push: unchanged, end: () => unchanged("") }),
}
