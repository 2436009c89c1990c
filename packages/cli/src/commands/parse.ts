/** `runyard parse`: sends a recorded output through an adapter without running anything. */
import { readFile } from "node:fs/promises"
import { AdapterRegistry, type ProcessExit, type Recording, readRecording, Redactor, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Argument, Command, Flag } from "effect/cli"
import { bundledAdapters } from "../AppLayer.ts"
import { livePrinter } from "../LivePrinter.ts"
import { say, sayPart, settled, tell } from "../output.ts"
import { styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"

const outputs = /\.(stdout|stderr)\.(jsonl|ndjson|txt|log)$/

/** What may lie beside a recorded output: how the process ended and how it was called. */
const Meta = Schema.Struct({
  argv: Schema.optionalKey(Schema.Array(Schema.String)),
  version: Schema.optionalKey(Schema.String),
  exit_code: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  exit_signal: Schema.optionalKey(Schema.NullOr(Schema.String)),
})

const tryRead = (path: string): Effect.Effect<string | undefined> =>
  Effect.promise(() => readFile(path, "utf8").catch(() => undefined))
const read = (path: string) =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => runyardError("IO_FILE_UNREADABLE", { message: `${path} cannot be read`, cause }),
  })

/** One recording: a file, or the `stdout`, `stderr` and `meta` files of one name. */
interface Source {
  readonly name: string
  readonly stdout: string | undefined
  readonly stderr: string | undefined
}

const group = (files: ReadonlyArray<string>): ReadonlyArray<Source> => {
  const sources = new Map<string, { stdout?: string; stderr?: string }>()
  for (const file of files) {
    const match = outputs.exec(file)
    const name = match === null ? file : file.slice(0, match.index)
    const kind = match?.[1] === "stderr" ? "stderr" : "stdout"
    sources.set(name, { ...sources.get(name), [kind]: file })
  }
  return [...sources].map(([name, found]) => ({ name, stdout: found.stdout, stderr: found.stderr }))
}

const valueAfter = (argv: ReadonlyArray<string>, ...names: ReadonlyArray<string>): string | undefined => {
  for (const [index, arg] of argv.entries()) {
    if (names.includes(arg)) return argv[index + 1]
    const name = names.find((candidate) => arg.startsWith(`${candidate}=`))
    if (name !== undefined) return arg.slice(name.length + 1)
  }
  return undefined
}

/** What the recorded command line says about how its output must be read. */
const requestOf = (argv: ReadonlyArray<string>, version: string | undefined): NonNullable<Recording["request"]> => {
  const forked = argv.includes("--fork-session") || argv.includes("fork")
  const last = argv.includes("--continue") || argv.includes("--last")
  const asked = valueAfter(argv, "--resume", "-r", "resume")
  const known = !forked && !last && asked !== undefined && !asked.startsWith("-")
  const schema = valueAfter(argv, "--json-schema", "--output-schema")
  return {
    ...(forked || last || asked !== undefined ? { resumed: true } : {}),
    ...(known ? { sessionId: asked } : {}),
    ...(schema === undefined ? {} : { outputSchema: {} }),
    version,
  }
}

export const parse = Command.make(
  "parse",
  {
    provider: Argument.String("provider").pipe(Argument.withDescription("codex, claude, …")),
    files: Argument.String("file").pipe(
      Argument.withDescription(
        "recorded output; NAME.stdout.* takes NAME.stderr.txt and NAME.meta.json with it when they are there",
      ),
      Argument.variadic({ min: 1 }),
    ),
    format: Flag.String("format").pipe(
      Flag.withDescription("One of the adapter's formats (default: found out)"),
      Flag.optional,
    ),
    exitCode: Flag.Int("exit-code").pipe(Flag.withDescription("How the process ended"), Flag.optional),
    signal: Flag.String("signal").pipe(Flag.withDescription("The signal that ended it"), Flag.optional),
    cliVersion: Flag.String("cli-version").pipe(Flag.withDescription("The version that wrote it"), Flag.optional),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the events and, last, one summary object"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("parse")(
    function* (input) {
      const registry = yield* AdapterRegistry
      const redactor = yield* Redactor
      const adapter = yield* registry.get(input.provider)
      const format = Option.getOrUndefined(input.format)
      if (format !== undefined && adapter.formats[format] === undefined) {
        return yield* runyardError("QUEUE_REQUEST_INVALID", {
          message: `${adapter.name} has no format "${format.slice(0, 40)}"; it has ${Object.keys(adapter.formats).join(", ")}`,
        })
      }
      const style = styleFor(process.stdout, process.env)
      for (const source of group(input.files)) {
        const stdout = source.stdout === undefined ? undefined : yield* read(source.stdout)
        const stderr =
          source.stderr === undefined ? yield* tryRead(`${source.name}.stderr.txt`) : yield* read(source.stderr)
        const metaText = yield* tryRead(`${source.name}.meta.json`)
        const meta = Option.getOrElse(
          Schema.decodeUnknownOption(Schema.fromJsonString(Meta))(metaText ?? "{}"),
          (): typeof Meta.Type => ({}),
        )
        const version = Option.getOrUndefined(input.cliVersion) ?? meta.version
        const code = Option.getOrUndefined(input.exitCode) ?? meta.exit_code
        const signal = Option.getOrUndefined(input.signal) ?? meta.exit_signal
        const exit: ProcessExit | undefined =
          code === undefined && signal === undefined ? undefined : { code: code ?? null, signal: signal ?? null }
        const report = readRecording(
          adapter,
          {
            stdout: stdout ?? "",
            stderr: stderr ?? "",
            exit,
            ...(format === undefined ? {} : { format }),
            request: requestOf(meta.argv ?? [], version),
          },
          redactor.session(),
        )
        const eventCounts: Record<string, number> = {}
        for (const { type } of report.drafts) eventCounts[type] = (eventCounts[type] ?? 0) + 1
        const { verdict } = report
        const summary = {
          type: "summary",
          file: source.stdout ?? source.stderr,
          provider: adapter.provider,
          format: report.format,
          outcome: verdict.outcome,
          errorCode: verdict.error?.code ?? null,
          error: verdict.error ?? null,
          usage: verdict.usage ?? null,
          totalTokens: verdict.totalTokens ?? null,
          cost: verdict.cost ?? null,
          turns: verdict.turns ?? null,
          sessionId: verdict.sessionId ?? null,
          model: verdict.model ?? null,
          finalMessage: verdict.finalMessage ?? null,
          structured: verdict.structured ?? null,
          events: eventCounts,
          lines: report.lineCounts,
          unknownLines: report.unknownLines,
          redactions: report.redactions,
          exit: exit ?? null,
        }
        const events = report.drafts.map((item, index) => ({ seq: index + 1, ...item }))
        if (input.json) {
          for (const event of events) {
            say(terminalJson(event))
            yield* settled
          }
          say(terminalJson(summary))
          continue
        }
        const printer = livePrinter({ answer: sayPart, note: sayPart }, style)
        for (const event of events) {
          printer.event(event as never)
          yield* settled
        }
        tell(
          `${style.dim("●")} ${verdict.outcome}${verdict.error === undefined ? "" : ` (${verdict.error.code}: ${terminalText(verdict.error.message)})`} · ${events.length} events · ${report.unknownLines} lines not understood`,
        )
      }
    },
    Effect.provide(Layer.mergeAll(AdapterRegistry.layer(bundledAdapters), Redactor.layer())),
  ),
).pipe(Command.withDescription("Read a recorded output through an adapter, without running anything"))
