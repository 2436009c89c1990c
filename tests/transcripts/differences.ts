/** Where an adapter's reading of a recording differs from what a reader expects, in words. */
import type { Adapter, RecordingReport, Usage, Verdict } from "@runyard/core"
import { isDeepStrictEqual } from "node:util"
import { type ExpectedRow, type ExpectedRun, type PackedRecording, read } from "./recordings.ts"

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 160 ? `${text.slice(0, 160)}... (${text.length})` : text
}

const usageOf = (usage: Usage | undefined): ExpectedRun["usage"] =>
  usage === undefined
    ? null
    : {
        in: usage.inputTokens,
        cached: usage.cachedInputTokens,
        ...(usage.cacheWriteTokens === undefined ? {} : { cacheWrite: usage.cacheWriteTokens }),
        out: usage.outputTokens,
        ...(usage.reasoningTokens === undefined ? {} : { reasoning: usage.reasoningTokens }),
      }

const sameMessage = (expected: ExpectedRun["finalMessage"], found: string | undefined): boolean =>
  expected === null || typeof expected === "string"
    ? (found ?? null) === expected
    : found?.length === expected.length && found.startsWith(expected.start)

/** Sums of cents differ in their last digits. */
const sameCost = (expected: number | null, found: number | null): boolean =>
  expected === null || found === null ? expected === found : Math.abs(expected - found) < 1e-9

interface FoundTool {
  readonly kind: string
  readonly name: string
  readonly command: string
  readonly status: string
}

/** A command may be told when the tool starts and not again when it ends. */
const toolsOf = ({ drafts }: RecordingReport): ReadonlyArray<FoundTool> => {
  const commands = new Map<string, string>()
  return drafts.flatMap((draft) => {
    if (draft.type === "agent.tool_started") commands.set(draft.payload.toolId, draft.payload.command ?? "")
    if (draft.type !== "agent.tool_completed") return []
    const { toolId, kind, name, status, command } = draft.payload
    return [{ kind, name, command: command ?? commands.get(toolId) ?? "", status }]
  })
}

const sameTool = ([kind, text, status]: ExpectedRun["tools"][number], found: FoundTool | undefined): boolean =>
  found?.kind === kind && found.status === status && (found.name.startsWith(text) || found.command.includes(text))

const sum = (counts: ReadonlyArray<readonly [string, number]>): number =>
  counts.reduce((total, [, count]) => total + count, 0)

/** `item.completed:agent_message` to `item.completed/agent_message`; `:None` is the recorder's word for a missing type. */
const nameOf = (name: string): string => {
  const plain = name.replace(":", "/").replace(/\/None$/, "")
  return plain === "delta" || plain.startsWith("stream_event") ? "stream_event" : plain
}

/**
 * The recorder counted events by name while it recorded; an adapter's names may go deeper than the recorder's.
 * Damaged lines are no events for either, so there the adapter may have fewer.
 */
const countDifferences = (adapter: Adapter, version: string, recording: PackedRecording): ReadonlyArray<string> => {
  const { eventCounts, truncated } = recording
  const lines = recording.stdout.split("\n").filter((line) => line !== "").length
  // A JSON array and prose are no event lines: the recorder has no names for them.
  if (eventCounts === null || (lines > 0 && Object.keys(eventCounts).length === 0)) return []
  const { format, lineCounts } = read(adapter, version, recording, "")
  if (adapter.formats[format]?.framing !== "json-lines") return []
  const found = Object.entries(lineCounts).map(([name, count]) => [nameOf(name), count] as const)
  const differences = sum(found) === lines ? [] : [`${lines} lines on stdout, ${sum(found)} were counted`]
  // These lines have no type of their own: the recorder made names of their keys.
  if (Object.keys(eventCounts).some((name) => name.startsWith("("))) return differences
  const expected = new Map<string, number>()
  for (const [name, count] of Object.entries(eventCounts)) {
    expected.set(nameOf(name), (expected.get(nameOf(name)) ?? 0) + count)
  }
  const covered = (name: string, by: string) => name === by || name.startsWith(`${by}/`)
  for (const [name, count] of expected) {
    const counted = sum(found.filter(([other]) => covered(other, name)))
    if (truncated === true ? counted > count : counted !== count) {
      differences.push(`${count} x ${name} recorded, ${counted} read`)
    }
  }
  const strange = found.filter(([name]) => [...expected.keys()].every((by) => !covered(name, by)))
  const damaged = truncated === true ? 3 : 0
  if (sum(strange) > damaged) differences.push(`lines with no recorded event: ${show(Object.fromEntries(strange))}`)
  return differences
}

/** The CLI's own value, or else its message read as JSON: what a run validates. */
const structuredOf = ({ structured, finalMessage }: Verdict): unknown => {
  if (structured !== undefined) return structured
  try {
    return JSON.parse(finalMessage ?? "") as unknown
  } catch {
    return undefined
  }
}

const structuredDifferences = (row: ExpectedRun, verdict: Verdict): ReadonlyArray<string> => {
  if (row.structured === undefined) return []
  const found = structuredOf(verdict)
  const same =
    row.structured === "violates"
      ? found === undefined || typeof found === "string"
      : isDeepStrictEqual(found, row.structured)
  return same ? [] : [`structured: ${show(row.structured)} expected, ${show(found)} read`]
}

const runDifferences = (
  row: ExpectedRun,
  recording: PackedRecording,
  report: RecordingReport,
): ReadonlyArray<string> => {
  const { verdict } = report
  const differences: Array<string> = []
  const hold = (what: string, same: boolean, expected: unknown, found: unknown): void => {
    if (!same) differences.push(`${what}: ${show(expected)} expected, ${show(found)} read`)
  }
  const error = verdict.error?.code ?? null
  const usage = usageOf(verdict.usage)
  const cost = verdict.cost?.usd ?? null
  const turns = verdict.turns ?? null
  const tools = toolsOf(report)
  hold("outcome", verdict.outcome === row.outcome, row.outcome, verdict.outcome)
  hold("error", error === row.error, row.error, error)
  hold("finalMessage", sameMessage(row.finalMessage, verdict.finalMessage), row.finalMessage, verdict.finalMessage)
  hold("usage", isDeepStrictEqual(usage, row.usage), row.usage, usage)
  hold("cost", sameCost(row.cost ?? null, cost), row.cost ?? null, cost)
  hold("turns", row.turns === undefined || turns === row.turns, row.turns, turns)
  hold("sessionId", (verdict.sessionId !== undefined) === row.sessionId, row.sessionId, verdict.sessionId)
  if (verdict.sessionId !== undefined && !`${recording.stdout}${recording.stderr}`.includes(verdict.sessionId)) {
    differences.push("sessionId: not in the recording")
  }
  hold(
    "tools",
    tools.length === row.tools.length && row.tools.every((tool, index) => sameTool(tool, tools[index])),
    row.tools,
    tools.map(({ kind, name, command, status }) => [kind, command === "" ? name : command, status]),
  )
  hold("unknownLines", report.unknownLines <= row.unknownLines, row.unknownLines, report.unknownLines)
  return [...differences, ...structuredDifferences(row, verdict)]
}

/** Empty when the adapter reads the recording as the row says. Of a probe it is only asked that it can be read. */
export const differencesOf = (
  adapter: Adapter,
  version: string,
  row: ExpectedRow,
  recording: PackedRecording,
): ReadonlyArray<string> => {
  const report = read(adapter, version, recording)
  if ("probe" in row) return []
  return [...runDifferences(row, recording, report), ...countDifferences(adapter, version, recording)]
}
