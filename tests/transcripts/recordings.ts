/** The packed recordings of the real CLIs, and the tables of what a careful reader makes of them. */
import type { Adapter, ProtocolRequest, RedactionSession, RecordingReport } from "@runyard/core"
import { ErrorCode, readRecording } from "@runyard/core"
import * as Schema from "effect/Schema"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"

/** One run of a CLI as it was recorded; `pack.mjs` says where each field comes from. */
export const PackedRecording = Schema.Struct({
  argv: Schema.Array(Schema.String),
  stdin: Schema.String,
  exitCode: Schema.NullOr(Schema.Int),
  exitSignal: Schema.NullOr(Schema.String),
  harnessTimedOut: Schema.Boolean,
  /** The recorder's own count of events by name; null where stdout is prose. */
  eventCounts: Schema.NullOr(Schema.Record(Schema.String, Schema.Natural)),
  lastEvent: Schema.NullOr(Schema.String),
  unparseable: Schema.NullOr(Schema.Natural),
  /** Only head and tail of stdout were kept, so a line in the middle is damaged. */
  truncated: Schema.optionalKey(Schema.Boolean),
  stdout: Schema.String,
  stderr: Schema.String,
})
export type PackedRecording = typeof PackedRecording.Type

/** All recordings of one version of a CLI, by scenario. */
export interface RecordedVersion {
  readonly cli: string
  readonly version: string
  readonly recordings: Readonly<Record<string, PackedRecording>>
}

const tool = Schema.Tuple([
  Schema.Literals(["command", "file_change", "mcp", "web", "task", "other"]),
  /** The tool's name, or a part of its command line. */
  Schema.String,
  Schema.Literals(["completed", "failed", "denied", "unfinished"]),
])

/** What a reader expects of a run: the judgement that an adapter's reading is held against. */
export const ExpectedRun = Schema.Struct({
  scenario: Schema.String,
  versions: Schema.NonEmptyArray(Schema.String),
  outcome: Schema.Literals(["succeeded", "failed"]),
  error: Schema.NullOr(ErrorCode),
  finalMessage: Schema.NullOr(
    Schema.Union([Schema.String, Schema.Struct({ length: Schema.Natural, start: Schema.String })]),
  ),
  usage: Schema.NullOr(
    Schema.Struct({
      in: Schema.Natural,
      cached: Schema.Natural,
      cacheWrite: Schema.optionalKey(Schema.Natural),
      out: Schema.Natural,
      reasoning: Schema.optionalKey(Schema.Natural),
    }),
  ),
  /** Whether the CLI says the id of its conversation. */
  sessionId: Schema.Boolean,
  /** In the order in which they ended; those that did not end come last. */
  tools: Schema.Array(tool),
  unknownLines: Schema.Natural,
  /** In dollars, and turns, as the CLI reports them; missing where the CLI never does. */
  cost: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  turns: Schema.optionalKey(Schema.NullOr(Schema.Natural)),
  /** All tokens as human output shows them; they cannot be told apart, so `usage` is null. */
  tokens: Schema.optionalKey(Schema.Natural),
  /** `violates`: there is no value that could fit the schema. Otherwise the value. */
  structured: Schema.optionalKey(Schema.Json),
  why: Schema.NonEmptyString,
})
export type ExpectedRun = typeof ExpectedRun.Type

/** A recording that is no run, such as `--version`: it must be read without a crash, whatever comes out. */
export const ExpectedProbe = Schema.Struct({
  scenario: Schema.String,
  versions: Schema.NonEmptyArray(Schema.String),
  probe: Schema.Literal(true),
  why: Schema.NonEmptyString,
})

const ExpectedRow = Schema.Union([ExpectedProbe, ExpectedRun])
export type ExpectedRow = typeof ExpectedRow.Type

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const decodeRow = Schema.decodeUnknownSync(Schema.fromJsonString(ExpectedRow), { onExcessProperty: "error" })
const decodeRecordings = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Record(Schema.String, PackedRecording)),
  {
    onExcessProperty: "error",
  },
)

/** Every packed version of a CLI, oldest first. */
export const loadRecordings = (cli: string): ReadonlyArray<RecordedVersion> =>
  readdirSync(here("recordings"))
    .filter((name) => name.startsWith(`${cli}-`) && name.endsWith(".json.gz"))
    .toSorted(new Intl.Collator("en", { numeric: true }).compare)
    .map((name) => ({
      cli,
      version: name.slice(cli.length + 1, -".json.gz".length),
      recordings: decodeRecordings(gunzipSync(readFileSync(here(`recordings/${name}`))).toString("utf8")),
    }))

/** The rows of `<cli>.table.jsonl`. Throws with the line number when one is not as described above. */
export const loadTable = (cli: string): ReadonlyArray<ExpectedRow> => {
  const path = here(`${cli}.table.jsonl`)
  if (!existsSync(path)) throw new Error(`tests/transcripts/${cli}.table.jsonl is missing`)
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line === "") return []
      try {
        return [decodeRow(line)]
      } catch (cause) {
        throw new Error(`tests/transcripts/${cli}.table.jsonl:${index + 1} is no row`, { cause })
      }
    })
}

/** Masks nothing, so that what is read can be compared with what was recorded. */
const parsed: RedactionSession["jsonLine"] = (value) => {
  try {
    return { value, json: JSON.parse(value) as unknown, redactions: [] }
  } catch {
    return undefined
  }
}
const unredacted: RedactionSession = {
  text: (value) => ({ value, redactions: [] }),
  json: (value) => ({ value, redactions: [] }),
  jsonLine: parsed,
  lines: () => ({ line: parsed, end: () => [] }),
  stream: () => ({
    push: (value) => ({ value, redactions: [] }),
    end: () => ({ value: "", redactions: [] }),
  }),
}

const after = (argv: ReadonlyArray<string>, ...names: ReadonlyArray<string>): string | undefined => {
  const at = argv.findIndex((argument) => names.includes(argument))
  return at === -1 ? undefined : argv[at + 1]
}

/** What of the request the command line tells. The schemas of Codex were files; any schema stands for them. */
const requestOf = ({ argv }: PackedRecording, version: string): ProtocolRequest => {
  const forked = argv.includes("fork") || argv.includes("--fork-session")
  const last = argv.includes("--last") || argv.includes("--continue")
  const asked = after(argv, "resume", "--resume")
  const sessionId = asked === undefined ? after(argv, "--session-id") : last || forked ? undefined : asked
  return {
    version,
    ...(forked || last || asked !== undefined ? { resumed: true } : {}),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(argv.includes("--output-schema") || argv.includes("--json-schema") ? { outputSchema: { type: "object" } } : {}),
  }
}

const firstLines = {
  codex: '{"type":"thread.started","thread_id":"00000000-0000-7000-8000-000000000000"}\n',
  claude: '{"type":"system","subtype":"init","session_id":"00000000-0000-4000-8000-000000000000"}\n',
}

/** A run knows its format from its arguments; where a recording printed nothing, they tell it here. */
const formatOf = (adapter: Adapter, recording: PackedRecording): string | undefined => {
  if (recording.stdout !== "") return adapter.detectFormat(recording.stdout.slice(0, 4096))
  const argv = recording.argv.join(" ")
  if (/ --(experimental-)?json /.test(`${argv} `)) return adapter.detectFormat(firstLines.codex)
  if (argv.includes("--output-format stream-json")) return adapter.detectFormat(firstLines.claude)
  return undefined
}

/** Reads a recording as a run would. @param stderr left out to count the lines of stdout alone. */
export const read = (
  adapter: Adapter,
  version: string,
  recording: PackedRecording,
  stderr: string = recording.stderr,
): RecordingReport => {
  const format = formatOf(adapter, recording)
  return readRecording(
    adapter,
    {
      stdout: recording.stdout,
      stderr,
      exit: { code: recording.exitCode, signal: recording.exitSignal },
      request: requestOf(recording, version),
      ...(format === undefined ? {} : { format }),
    },
    unredacted,
  )
}
