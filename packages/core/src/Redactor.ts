/** Hides secrets in text, JSON and streams, before anything else sees them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { keyBytes, makeFingerprint } from "./internal/redactFingerprint.ts"
import { makeJson } from "./internal/redactJson.ts"
import { makeEngine, type Engine } from "./internal/redactScan.ts"
import { nothingFound, redactText, TextRedaction } from "./internal/redactText.ts"
import { defaultRules, type RedactionRule } from "./RedactionRule.ts"
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

/** The rules and known values of one run. Pure and synchronous: it stands in the hot path. */
export interface RedactionSession {
  readonly text: (text: string) => Redacted<string>
  /** Redacts every string in a JSON value, keys included; a field whose name says credential is masked whole. */
  readonly json: (value: unknown) => Redacted<unknown>
  /**
   * A line of JSON and its decoded value, redacted alike on decoded strings; the line stays valid JSON, and where
   * nothing was found it is the same string. `undefined` when the line is not JSON.
   */
  readonly jsonLine: (line: string) => (Redacted<string> & { readonly json: unknown }) | undefined
  readonly stream: () => RedactionStream
}

/** The key of the fingerprints, and the rules. */
export interface RedactorOptions {
  /** Sixteen secret bytes, the same for all runs of an installation. By default random, and gone with the process. */
  readonly key?: Uint8Array
  /** Rules beside the default ones. */
  readonly rules?: ReadonlyArray<RedactionRule>
}

export class Redactor extends Context.Service<
  Redactor,
  {
    /** @param known exact secrets of this run, by the name to show for them; matched in their escaped forms too. */
    readonly session: (known?: ReadonlyArray<{ readonly name: string; readonly value: string }>) => RedactionSession
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
        const fingerprint = makeFingerprint(options?.key ?? (yield* randomKey))
        const rules = [...defaultRules, ...(options?.rules ?? [])]
        const plain = makeSession(makeEngine(rules, []), fingerprint)
        return Redactor.of({
          session: (known = []) => (known.length === 0 ? plain : makeSession(makeEngine(rules, known), fingerprint)),
        })
      }),
    )

  /** Masks nothing, for tests of everything else. */
  static readonly layerNoop: Layer.Layer<Redactor> = Layer.succeed(Redactor, {
    session: () => noopSession,
  })
}

// Not the `Random` service: a fingerprint must not be guessable from a seed.
const randomKey = Effect.sync(() => globalThis.crypto.getRandomValues(new Uint8Array(keyBytes)))

const makeSession = (engine: Engine, fingerprint: (secret: string) => string): RedactionSession => ({
  text: (text) => redactText(engine, fingerprint, text),
  ...makeJson(engine, fingerprint),
  stream: () => new TextRedaction(engine, fingerprint),
})

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
  stream: () => ({ push: unchanged, end: () => unchanged("") }),
}
