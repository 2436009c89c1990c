/** `runyard ls`, `show`, `logs`, `cancel`: find runs, look at them, end them. */
import { joinSource, type Run, RunId, type RunEvent, Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Argument, Command, Flag } from "effect/cli"
import { endingText } from "../ending.ts"
import { livePrinter } from "../LivePrinter.ts"
import { readerLeft, say, sayPart, sayRaw, settled, tell } from "../output.ts"
import { figures, localTime, maskedText, notRetried, stateText } from "../render.ts"
import { styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"

export const json = Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false))

/** An id, or the start of one that only one recent run has, or `last`. */
export const runArgument = Argument.String("run").pipe(
  Argument.withDescription("a run's id, the end of one, or `last`"),
)
export const findRun = Effect.fnUntraced(function* (text: string) {
  const yard = yield* Runyard
  const id = Schema.decodeUnknownOption(RunId)(text)
  if (Option.isSome(id)) return yield* yard.get(id.value)
  const recent = yield* yard.list({ limit: text === "last" ? 1 : 1000 })
  const found = text === "last" ? recent : recent.filter((run) => text.length >= 4 && run.id.endsWith(text))
  const [only, ...others] = found
  if (only === undefined || others.length > 0) {
    return yield* runyardError("STORE_RUN_NOT_FOUND", {
      message:
        others.length > 0 ? `${found.length} runs end in "${text}"` : `No run "${text.slice(0, 60)}" in this store`,
    })
  }
  return only
})

/** The last event of a run, which tells how it ended. */
const lastEvent = Effect.fnUntraced(function* ({ id, lastSeq }: Run) {
  const yard = yield* Runyard
  return yield* Stream.runHead(yard.events(id, { after: lastSeq - 1, follow: false }))
})

const age = (millis: number): string => {
  const minutes = Math.floor(millis / 60_000)
  if (minutes < 1) return "now"
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / 60 / 24)} d`
}

export const ls = Command.make(
  "ls",
  {
    json,
    provider: Flag.String("provider").pipe(Flag.withDescription("Only this provider"), Flag.optional),
    limit: Flag.Int("limit").pipe(Flag.withAlias("n"), Flag.withDescription("At most so many"), Flag.withDefault(20)),
  },
  Effect.fn("ls")(function* ({ json, provider, limit }) {
    if (limit < 1 || limit > 1000) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "--limit takes a number from 1 to 1000" })
    }
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const runs = yield* yard.list({
          limit,
          ...(Option.isSome(provider) ? { provider: provider.value } : {}),
        })
        if (json) return runs.forEach((run) => say(terminalJson(run)))
        if (runs.length === 0) return tell('No runs yet. Start one: runyard exec scripted "hello"')
        const style = styleFor(process.stdout, process.env)
        for (const run of runs) {
          const title = terminalText(run.request.title ?? run.request.prompt)
            .replaceAll(/\s+/g, " ")
            .slice(0, 60)
          const when = age(Date.now() - run.createdAt).padStart(6)
          say(
            `${run.id}  ${stateText(run.state, style).padEnd(style.dim("") === "" ? 13 : 22)} ${run.request.provider.padEnd(9)} ${style.dim(when)}  ${title}`,
          )
        }
      }),
    )
  }),
).pipe(Command.withDescription("List runs, newest first"))

export const show = Command.make(
  "show",
  { run: runArgument, json },
  Effect.fn("show")(function* ({ run, json }) {
    yield* withYard(
      Effect.gen(function* () {
        const found = yield* findRun(run)
        const masked = yield* (yield* Runyard).redactions(found.id)
        if (json) return say(terminalJson({ ...found, redactions: masked }, 2))
        const style = styleFor(process.stdout, process.env)
        const row = (name: string, value: string | undefined) => {
          if (value !== undefined && value !== "") say(`${style.dim(name.padEnd(10))} ${terminalText(value)}`)
        }
        row("run", found.id)
        say(`${style.dim("state".padEnd(10))} ${stateText(found.state, style)}`)
        row("provider", `${found.request.provider}${found.model === undefined ? "" : ` (${found.model})`}`)
        row("directory", found.request.cwd)
        row("created", new Date(found.createdAt).toISOString())
        row("session", found.sessionId)
        if (found.attempts.length > 1) row("attempts", String(found.attempts.length))
        row("ended", Option.match(yield* lastEvent(found), { onNone: () => "", onSome: endingText }))
        row("figures", figures(found))
        row(
          "events",
          `${found.lastSeq}${found.unknownLines > 0 ? `, ${found.unknownLines} lines not understood` : ""}${found.redactionCount > 0 ? `, ${found.redactionCount} secrets masked` : ""}`,
        )
        row("masked", maskedText(masked))
        if (found.error !== undefined) {
          row("error", `${found.error.code}: ${found.error.message}`)
          row("remedy", found.error.remedy)
          const retry = found.attempts.at(-1)?.retry
          if (retry?.at === undefined) row("retry", notRetried(retry).trim())
          else row("retry", `at ${localTime(retry.at)}. ${retry.sentence}`)
        }
        row("prompt", found.request.prompt)
        row("answer", found.finalMessage)
      }),
    )
  }),
).pipe(Command.withDescription("Show a run"))

/** The vendor's own lines, redacted, as the log kept them. */
const originals = (event: RunEvent): ReadonlyArray<string> => {
  if (event.type === "run.chunk.stdout") return [event.payload.text]
  return event.source?.stream === "stdout" ? [joinSource(event.source, event.payload)] : []
}

export const logs = Command.make(
  "logs",
  {
    run: runArgument,
    json,
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Go on until the run has stopped"),
      Flag.withDefault(false),
    ),
    after: Flag.Int("after").pipe(Flag.withDescription("Only events after this number"), Flag.withDefault(0)),
    raw: Flag.Boolean("raw").pipe(
      Flag.withDescription("The CLI's own output, redacted but not interpreted"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("logs")(function* ({ run, json, follow, after, raw }) {
    if (after < 0) return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "--after takes a number from 0" })
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const found = yield* findRun(run)
        const printer = livePrinter({ answer: sayPart, note: sayPart }, styleFor(process.stdout, process.env))
        const printed = Stream.runForEach(yard.events(found.id, { after, follow }), (event) => {
          if (raw) for (const line of originals(event)) sayOriginal(line)
          else if (json) say(terminalJson(event))
          else printer.event(event)
          return settled
        })
        yield* Effect.raceFirst(printed, readerLeft)
      }),
    )
  }),
).pipe(Command.withDescription("Print a run's log, from the start or after an event"))

/** A terminal must not obey the agent's output; a pipe gets every byte of it. */
const sayOriginal = (line: string): void => (process.stdout.isTTY ? say(terminalText(line)) : sayRaw(line))

export const cancel = Command.make(
  "cancel",
  {
    run: runArgument,
    json,
    force: Flag.Boolean("force").pipe(Flag.withDescription("Kill at once"), Flag.withDefault(false)),
    reason: Flag.String("reason").pipe(Flag.withDescription("Why, for the log"), Flag.optional),
  },
  Effect.fn("cancel")(function* ({ run, json, force, reason }) {
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const { id } = yield* findRun(run)
        const ended = yield* Effect.onInterrupt(
          yard.cancel(id, {
            by: "runyard cancel",
            force,
            ...(Option.isSome(reason) ? { reason: reason.value } : {}),
          }),
          () => Effect.sync(() => tell("No longer waiting; the program that executes the run still ends it.")),
        )
        const last = yield* lastEvent(ended)
        if (Option.isNone(last)) return say(`${ended.id} ${ended.state}`)
        if (json) return say(terminalJson(last.value))
        const ending = endingText(last.value)
        // A run that had ended before stays as it is.
        const told = [...(ended.state === "canceled" ? [] : [ended.state]), ...(ending === "" ? [] : [ending])].join(
          ": ",
        )
        say(`${ended.id} ${told}`)
      }),
    )
  }),
).pipe(Command.withDescription("End a run and everything it started, wherever it is executed"))
