/** What Claude Code's tools are in the common vocabulary: their kinds, their names, what they were asked, what they changed. */
import type { FileChange, ToolKind } from "@runyard/core/AgentEvent"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { FileResult, ToolResultMeta, type ToolResultBlock, type ToolUseBlock } from "./ClaudeLine.ts"

const kinds: ReadonlyMap<string, ToolKind> = new Map([
  ["Bash", "command"],
  ["PowerShell", "command"],
  ["Write", "file_change"],
  ["Edit", "file_change"],
  ["MultiEdit", "file_change"],
  ["NotebookEdit", "file_change"],
  ["WebFetch", "web"],
  ["WebSearch", "web"],
  ["Task", "task"],
  ["Agent", "task"],
])

const toolKind = (name: string): ToolKind => (name.startsWith("mcp__") ? "mcp" : (kinds.get(name) ?? "other"))

/** `mcp__server__tool` is `server/tool`; other names stay. */
export const toolName = (name: string): string => {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? []
  return server === undefined || tool === undefined ? name : `${server}/${tool}`
}

const inputText = Schema.Struct({
  command: Schema.optionalKey(Schema.String),
  file_path: Schema.optionalKey(Schema.String),
  notebook_path: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String),
  query: Schema.optionalKey(Schema.String),
  pattern: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
})
const isInputText = Schema.is(inputText)

/** The one argument that says what the tool was asked to do. */
const toolCommand = ({ input, name }: ToolUseBlock): string | undefined => {
  if (name.startsWith("mcp__") || !isInputText(input)) return undefined
  return (
    input.command ??
    input.file_path ??
    input.notebook_path ??
    input.url ??
    input.query ??
    input.pattern ??
    (toolKind(name) === "task" ? input.description : undefined)
  )
}

/** A tool that was started: what its end repeats. */
export interface OpenTool {
  readonly vendorName: string
  readonly fields: {
    readonly toolId: string
    readonly kind: ToolKind
    readonly name: string
    readonly parentToolId?: string
    readonly command?: string
  }
}

export const openTool = (use: ToolUseBlock, parent: string | undefined): OpenTool => {
  const command = toolCommand(use)
  return {
    vendorName: use.name,
    fields: {
      toolId: use.id,
      kind: toolKind(use.name),
      name: toolName(use.name),
      ...(parent === undefined ? {} : { parentToolId: parent }),
      ...(command === undefined ? {} : { command }),
    },
  }
}

const contentText = Schema.decodeUnknownOption(Schema.Array(Schema.Struct({ text: Schema.optionalKey(Schema.String) })))

/** The text of a result; images and the like are left out. */
export const resultText = ({ content }: ToolResultBlock): string | undefined => {
  if (typeof content === "string") return content
  const blocks = contentText(content)
  return Option.isNone(blocks)
    ? undefined
    : blocks.value.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n")
}

/** `Bash` tells the code only when it is not 0. */
export const resultExitCode = (text: string | undefined): number | undefined => {
  const code = text === undefined ? undefined : /^Exit code (\d{1,9})\b/.exec(text)?.[1]
  return code === undefined ? undefined : Number.parseInt(code, 10)
}

/** Up to 2.1.100 nothing but these texts says that a tool was denied: with nobody to ask, the question is the answer. */
const denials = [
  /^(?:This|sed) command requires approval/,
  /^(?:Answer questions|(?:Enter|Exit) plan mode)\?$/,
  /^Execute (?:skill: |slash command: \/)/,
  /^Claude requested permissions to /,
  /^Permission to use .{1,200} (?:has been|was) denied/,
  /^\S{1,100} in '.{1,4096}' (?:was blocked\. For security, Claude Code may only|needs approval\.) /,
  /^Tool permission request failed/,
]
/** Such a call failed in itself, or an interrupt ended it. */
const notDenied = /^(?:<tool_use_error>|The user doesn't want to|\[Request interrupted by user)/

const readMeta = Schema.decodeUnknownOption(ToolResultMeta)

/**
 * How a tool call went, from its result alone.
 * @param explains whether this version has `meta` for every tool that did not run.
 */
export const resultStatus = (
  block: ToolResultBlock,
  {
    explains,
    meta,
    name,
    text,
  }: { readonly name: string; readonly text: string | undefined; readonly meta: unknown; readonly explains: boolean },
): "completed" | "failed" | "denied" => {
  if (block.is_error !== true) return "completed"
  const facts = Option.getOrUndefined(readMeta(meta))?.find(({ id }) => id === block.tool_use_id)
  if (facts?.permission_decision?.decision === "reject" || facts?.non_execution_kind === "permission-rule") {
    return "denied"
  }
  if (text === undefined || notDenied.test(text)) return "failed"
  if (denials.some((pattern) => pattern.test(text))) return "denied"
  // What a command that ran says begins with its exit code; else these are words of whoever did not let it run.
  return name === "Bash" && !explains && resultExitCode(text) === undefined ? "denied" : "failed"
}

const isFileResult = Schema.is(FileResult)

/** The files that a finished file tool changed. */
export const resultChanges = (name: string, result: unknown): ReadonlyArray<FileChange> | undefined => {
  if (toolKind(name) !== "file_change" || !isFileResult(result)) return undefined
  const diff = (result.structuredPatch ?? [])
    .map((hunk) =>
      [`@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`, ...hunk.lines].join("\n"),
    )
    .join("\n")
  return [
    {
      path: result.filePath,
      kind: result.type === "create" ? "add" : "update",
      ...(diff === "" ? {} : { diff: `--- ${result.filePath}\n+++ ${result.filePath}\n${diff}\n` }),
    },
  ]
}
