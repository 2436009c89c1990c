/** `runyard redact`: masks secrets in any text, from stdin to stdout. Opens no store. */
import * as fs from "node:fs"
import { homedir } from "node:os"
import path from "node:path"
import { StringDecoder } from "node:string_decoder"
import { type RedactionCount, Redactor, type RedactionSession, runyardError } from "@runyard/core"
import { NodePaths, NodeProcessHost, NodeRuleFile } from "@runyard/core/node"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Command, Flag } from "effect/cli"
import { readerLeft, sayPart, settled, tell } from "../output.ts"
import { root } from "./root.ts"

/** What is masked so far, by mark: a secret keeps its fingerprint. */
const tally = () => {
  const rules = new Map<string, number>()
  const marks = new Map<string, number>()
  return {
    note: (redactions: ReadonlyArray<RedactionCount>, text: string): void => {
      if (redactions.length === 0) return
      for (const { count, rule } of redactions) rules.set(rule, (rules.get(rule) ?? 0) + count)
      for (const [, rule = "", fingerprint = ""] of text.matchAll(/\[redacted:([\w:.-]{1,80})#([0-9a-f]{8})\]/g)) {
        const mark = `${rule}#${fingerprint}`
        marks.set(mark, (marks.get(mark) ?? 0) + 1)
      }
    },
    summary: (categories: ReadonlyMap<string, string>) => ({
      type: "redaction",
      count: [...rules.values()].reduce((sum, count) => sum + count, 0),
      rules: [...rules].map(([rule, count]) => ({ rule, category: categories.get(rule) ?? "token", count })),
      secrets: [...marks].map(([mark, count]) => {
        const at = mark.lastIndexOf("#")
        return { rule: mark.slice(0, at), fingerprint: mark.slice(at + 1), count }
      }),
    }),
  }
}

/** A line of JSON that is longer than this is masked as text. */
const maximumLine = 16 * 1024 * 1024

interface Filter {
  readonly push: (text: string) => string
  readonly end: () => string
}

type Note = (redactions: ReadonlyArray<RedactionCount>, text: string) => void

const textFilter = (session: RedactionSession, note: Note): Filter => {
  const stream = session.stream()
  const give = ({ redactions, value }: ReturnType<typeof stream.push>): string => {
    note(redactions, value)
    return value
  }
  return { push: (text) => give(stream.push(text)), end: () => give(stream.end()) }
}

/** All lines as one text first, for what was cut between two of them, then each by its decoded strings. */
const linesFilter = (session: RedactionSession, note: Note): Filter => {
  const text = textFilter(session, note)
  let held = ""
  const line = (whole: string): string => {
    const masked = session.jsonLine(whole)
    if (masked !== undefined) note(masked.redactions, masked.value)
    return masked?.value ?? whole
  }
  const take = (more: string): string => {
    const looked = held.length
    held += more
    let value = ""
    let from = 0
    for (let at = held.indexOf("\n", looked); at >= 0; at = held.indexOf("\n", from)) {
      const whole = held.slice(from, at)
      value += whole.endsWith("\r") ? `${line(whole.slice(0, -1))}\r\n` : `${line(whole)}\n`
      from = at + 1
    }
    held = held.slice(from)
    if (held.length > maximumLine) {
      value += held
      held = ""
    }
    return value
  }
  return {
    push: (chunk) => take(text.push(chunk)),
    end: () => {
      const value = take(text.end())
      return value + (held === "" ? "" : line(held))
    },
  }
}

/** The key of this installation where there is one, so that fingerprints are those of its runs. Makes nothing. */
const existingKey = (directory: string) =>
  fs.existsSync(path.join(directory, "install.key")) ? NodePaths.installKey(directory) : Effect.succeed(undefined)

const input = Stream.fromAsyncIterable(process.stdin as AsyncIterable<Buffer>, (cause) =>
  runyardError("IO_FILE_UNREADABLE", { message: "The input cannot be read", cause }),
)

export const redact = Command.make(
  "redact",
  {
    format: Flag.Literals("format", ["text", "jsonl"]).pipe(
      Flag.withDescription("text, or jsonl: lines of JSON, masked by their decoded strings"),
      Flag.withDefault("text"),
    ),
    report: Flag.Boolean("report").pipe(
      Flag.withDescription("Print what was masked to stderr, as one JSON object"),
      Flag.withDefault(false),
    ),
    rules: Flag.String("rules").pipe(
      Flag.withDescription("A TOML file of more rules, as gitleaks writes them"),
      Flag.optional,
    ),
    personal: Flag.Boolean("pii").pipe(
      Flag.withDescription("Also mask payment cards, mail addresses and telephone numbers"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("redact")(function* (flags) {
    const { directory } = yield* root
    const env = NodeProcessHost.processEnv()
    const home = Option.getOrElse(directory, () =>
      NodePaths.dataDirectory({ env, platform: process.platform, home: homedir() }),
    )
    const key = yield* existingKey(home)
    const rules = Option.isSome(flags.rules) ? yield* NodeRuleFile.readRules(flags.rules.value) : []
    const masking = Effect.gen(function* () {
      const redactor = yield* Redactor
      const counts = tally()
      const filter = (flags.format === "jsonl" ? linesFilter : textFilter)(redactor.session(), counts.note)
      const decoder = new StringDecoder("utf8")
      const print = (text: string): Effect.Effect<void> => {
        if (text !== "") sayPart(text)
        return settled
      }
      const filtered = Stream.runForEach(input, (chunk) => print(filter.push(decoder.write(chunk)))).pipe(
        Effect.andThen(Effect.suspend(() => print(filter.push(decoder.end()) + filter.end()))),
      )
      yield* Effect.raceFirst(filtered, readerLeft)
      if (flags.report) tell(JSON.stringify(counts.summary(redactor.categories)))
    })
    yield* masking.pipe(
      Effect.provide(Redactor.layer({ ...(key === undefined ? {} : { key }), rules, personalData: flags.personal })),
    )
  }),
).pipe(Command.withDescription("Mask secrets in any text: stdin to stdout"))
