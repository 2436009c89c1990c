/** The blocks of Codex's human-readable output: how each begins, and what it means when it is whole. Pure. */
import type { AgentEvent, FileChange } from "@runyard/core"
import { millisIn } from "./CodexFailure.ts"

export type BlockName =
  | "banner"
  | "user"
  | "exec"
  | "thinking"
  | "patch_begin"
  | "patch_end"
  | "turn_diff"
  | "agent_message"
  | "mcp_tool"
  | "plan"
  | "tokens"

export interface Block {
  readonly name: BlockName
  /** The line that announced it. */
  readonly header: string
  /** What follows the header. */
  readonly lines: Array<string>
  /** Characters in `lines`. */
  size: number
  /** How a command ended, once its status line came; `lines` before `at` are the command. */
  status: CommandStatus | undefined
}

export interface CommandStatus {
  readonly command: string
  readonly exitCode: number
  readonly millis: number | undefined
  readonly at: number
}

/** Most characters that are kept of one block; what is longer is cut. */
const maxBlock = 1_048_576

/** `succeeded in 29ms:`, `exited 124 in 10.00s:`, `succeeded in 1m 05s:` at the end of a line. */
const statusEnd = /(?:^| )(succeeded|exited (-?\d{1,10})) in (\d[\d.]{0,12}(?:ms|s)|\d{1,6}m \d{1,2}s):$/
const patchEnd = /^apply_patch\(.{0,80}\) exited (-?\d{1,10})(?: in (\S.{0,20}))?:$/
/** `server.tool({...}) success in 5ms:`, announced by `tool server.tool({...})`. */
const mcpEnd = /^([\w-]{1,80})\.([\w-]{1,80})\((.{0,4000})\) (success|failed)(?: in (\S.{0,20}))?:$/
const planItem = /^ {2}([✓→•]) (.*)/
/** A command line begins with a shell, or ends with the directory it ran in (and, up to 0.98, with its status). */
const commandStart = /^\S{0,200}?(?:sh|bash|zsh|cmd|pwsh|powershell)(?:\.exe)?["']? \S| in (?:\/|[A-Za-z]:\\)/

/** What a second line must look like for the header to be one: output may hold any of these words. */
const second: ReadonlyMap<string, readonly [BlockName, (line: string) => boolean]> = new Map([
  ["user", ["user", () => true]],
  ["exec", ["exec", (line: string) => commandStart.test(line)]],
  ["thinking", ["thinking", (line: string) => line.startsWith("**")]],
  ["codex", ["agent_message", (line: string) => line !== ""]],
  ["file update", ["patch_begin", (line: string) => /^[AMDR] \S/.test(line)]],
  ["file update:", ["turn_diff", (line: string) => line.startsWith("diff --git ")]],
  ["Plan update", ["plan", (line: string) => planItem.test(line)]],
  ["tokens used", ["tokens", (line: string) => /^\d[\d,.]{0,20}$/.test(line)]],
])

const isBanner = (line: string): boolean => line.startsWith("OpenAI Codex v")

export const isRule = (line: string): boolean => /^-{8,}$/.test(line)

/** Whether the line may be the first of a block. */
export const mayBegin = (line: string): boolean =>
  second.has(line) || isBanner(line) || (line.startsWith("apply_patch(") && patchEnd.test(line))

const begun = (header: string, line: string): BlockName | undefined => {
  const known = second.get(header)
  if (known !== undefined) return known[1](line) ? known[0] : undefined
  if (isBanner(header)) return isRule(line) ? "banner" : undefined
  const code = patchEnd.exec(header)?.[1]
  return code !== undefined && (code !== "0" || line.startsWith("Success")) ? "patch_end" : undefined
}

/** The block that begins with these two lines; undefined when they begin none. */
export const beginBlock = (header: string, line: string): Block | undefined => {
  const name = begun(header, line)
  if (name === undefined) return undefined
  const block: Block = { name, header, lines: [], size: 0, status: undefined }
  addLine(block, line)
  return block
}

/** The block that this line begins by itself; its form is like nothing else. */
export const beginAlone = (line: string): Block | undefined =>
  mcpEnd.test(line) ? { name: "mcp_tool", header: line, lines: [], size: 0, status: undefined } : undefined

const readStatus = (block: Block, line: string): CommandStatus | undefined => {
  const found = statusEnd.exec(line)
  if (found === null) return undefined
  const asked = [...block.lines.slice(0, -1), line.slice(0, found.index)].join("\n").replace(/\n$/, "")
  const directory = asked.lastIndexOf(" in ")
  return {
    command: directory === -1 ? asked : asked.slice(0, directory),
    exitCode: found[2] === undefined ? 0 : Number(found[2]),
    millis: millisIn(found[3] ?? ""),
    at: block.lines.length,
  }
}

export const addLine = (block: Block, line: string): void => {
  if (block.size > maxBlock || block.name === "user") return
  block.size += line.length + 1
  block.lines.push(line.length > maxBlock ? line.slice(0, maxBlock) : line)
  if (block.name === "exec" && block.status === undefined) block.status = readStatus(block, line)
}

const textOf = (lines: ReadonlyArray<string>): string => lines.join("\n").replace(/\n+$/, "")

/** @param heading what a line looks like that names a file; the whole text of a new file follows its name unmarked. */
const changesOf = (
  lines: ReadonlyArray<string>,
  heading = /^([AMDR]) ((?:\/|[A-Za-z]:\\).+)/,
): ReadonlyArray<FileChange> => {
  const changes: Array<{ path: string; kind: FileChange["kind"]; diff: Array<string> }> = []
  for (const line of lines) {
    const found = heading.exec(line)
    if (found !== null) {
      const kind = found[1] === "A" ? "add" : found[1] === "D" ? "delete" : "update"
      changes.push({ path: found[2] ?? "", kind, diff: [] })
    } else {
      changes.at(-1)?.diff.push(line)
    }
  }
  return changes.map(({ path, kind, diff }) =>
    textOf(diff) === "" ? { path, kind } : { path, kind, diff: textOf(diff) },
  )
}

/** `key: value` lines of the banner. */
export const bannerFields = (block: Block): ReadonlyMap<string, string> =>
  new Map(
    block.lines.flatMap((line): ReadonlyArray<readonly [string, string]> => {
      const colon = line.indexOf(": ")
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 2)]]
    }),
  )

/** Sums are printed with separators: `68,853`. */
export const tokenCount = (block: Block): number => Number((block.lines[0] ?? "").replaceAll(/\D/g, ""))

const bannerEvents = (block: Block): ReadonlyArray<AgentEvent> => {
  const fields = bannerFields(block)
  const sessionId = fields.get("session id")
  if (sessionId === undefined) return []
  const model = fields.get("model")
  const sandbox = fields.get("sandbox")
  const version = /^OpenAI Codex v(\S+)/.exec(block.header)?.[1]
  return [
    {
      type: "agent.session",
      payload: {
        sessionId,
        ...(model === undefined ? {} : { model }),
        ...(version === undefined ? {} : { version }),
        ...(sandbox === undefined ? {} : { sandbox }),
      },
    },
  ]
}

const execEvents = (block: Block, toolId: string): ReadonlyArray<AgentEvent> => {
  const { status } = block
  const tool = { toolId, kind: "command", name: "exec" } as const
  if (status === undefined) {
    return [{ type: "agent.tool_completed", payload: { ...tool, status: "unfinished", command: textOf(block.lines) } }]
  }
  return [
    {
      type: "agent.tool_completed",
      payload: {
        ...tool,
        status: status.exitCode === 0 ? "completed" : "failed",
        command: status.command,
        output: textOf(block.lines.slice(status.at)),
        exitCode: status.exitCode,
        ...(status.millis === undefined ? {} : { durationMillis: status.millis }),
      },
    },
  ]
}

const patchEndEvents = (block: Block, toolId: string): ReadonlyArray<AgentEvent> => {
  const found = patchEnd.exec(block.header)
  const exitCode = Number(found?.[1] ?? 0)
  const millis = millisIn(found?.[2] ?? "")
  return [
    {
      type: "agent.tool_completed",
      payload: {
        toolId,
        kind: "file_change",
        name: "apply_patch",
        status: exitCode === 0 ? "completed" : "failed",
        output: textOf(block.lines),
        exitCode,
        changes: changesOf(
          block.lines.filter((line) => /^[AMDR] /.test(line)),
          /^([AMDR]) (.+)/,
        ),
        ...(millis === undefined ? {} : { durationMillis: millis }),
      },
    },
  ]
}

const mcpEvents = (block: Block, toolId: string): ReadonlyArray<AgentEvent> => {
  const [, server = "", tool = "", , status, duration = ""] = mcpEnd.exec(block.header) ?? []
  const millis = millisIn(duration)
  return [
    {
      type: "agent.tool_completed",
      payload: {
        toolId,
        kind: "mcp",
        name: `${server}/${tool}`,
        status: status === "success" ? "completed" : "failed",
        output: textOf(block.lines),
        ...(millis === undefined ? {} : { durationMillis: millis }),
      },
    },
  ]
}

const planStatus = { "✓": "completed", "→": "in_progress", "•": "pending" } as const

const planEvents = (block: Block): ReadonlyArray<AgentEvent> => [
  {
    type: "agent.plan",
    payload: {
      items: block.lines.flatMap((line) => {
        const [, mark, text = ""] = planItem.exec(line) ?? []
        return mark === "✓" || mark === "→" || mark === "•" ? [{ text, status: planStatus[mark] }] : []
      }),
    },
  },
]

/** What the whole block means. `ids` gives the id of the command or patch, of which Codex prints none. */
export const blockEvents = (
  block: Block,
  ids: Readonly<Record<"exec" | "patch" | "patchEnd" | "mcp", () => string>>,
): ReadonlyArray<AgentEvent> => {
  switch (block.name) {
    case "banner":
      return bannerEvents(block)
    case "exec":
      return execEvents(block, ids.exec())
    case "thinking":
      return [{ type: "agent.reasoning", payload: { text: textOf(block.lines) } }]
    case "patch_begin":
      return [
        {
          type: "agent.tool_started",
          payload: {
            toolId: ids.patch(),
            kind: "file_change",
            name: "apply_patch",
            input: changesOf(block.lines).map((change) => ({ ...change })),
          },
        },
      ]
    case "patch_end":
      return patchEndEvents(block, ids.patchEnd())
    case "turn_diff":
      return [{ type: "agent.diff", payload: { diff: textOf(block.lines) } }]
    case "mcp_tool":
      return mcpEvents(block, ids.mcp())
    case "plan":
      return planEvents(block)
    case "agent_message":
      return [{ type: "agent.message", payload: { text: textOf(block.lines) } }]
    case "tokens":
      return [{ type: "run.usage", payload: { totalTokens: tokenCount(block) } }]
    case "user":
    default:
      return []
  }
}
