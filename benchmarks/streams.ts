/** Output in the shape of both CLIs, the same every time. */

/** Numbers from 0 to 1 that look random; of Lehmer, with the multiplier of Park and Miller. */
const numbers = (seed: number) => () => {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}

const phrases = [
  "I read the failing test and the module that it covers.",
  "The parser drops the last line when it has no line end, so the count is one short.",
  "const total = items.reduce((sum, item) => sum + item.count, 0)",
  "src/lexer/tokens.ts:118:23 - error TS2345: Argument of type 'string | undefined' is not assignable.",
  "PASS  test/lexer.test.ts (12 tests) 48ms",
  "@@ -41,7 +41,9 @@ export const readLine = (text: string): Line => {",
  "+    if (rest.length === 0) return { kind: 'end', at: position }",
  "-    return lines.slice(0, -1)",
  "drwxr-xr-x 4 builder builder 4096 Nov 12 09:31 packages",
  "commit 7d3f0a91c25be4486f1d09a7c8e35b2240916fde",
  "Run `npm test -- --watch=false` again after the change, then look at the coverage of the branch.",
  "| cache | 128 | 0.93 | 4.1 ms |",
  'import { tokenize } from "../src/lexer/tokens.ts"',
  "warning: 3 files are formatted differently; see docs/style.md#line-length",
] as const

/** A text of about this many characters, as agents and their tools write. */
const writer = (seed: number) => {
  const next = numbers(seed)
  return (length: number): string => {
    let text = ""
    while (text.length < length) text += `${phrases[Math.floor(next() * phrases.length)]}\n`
    return text.slice(0, length)
  }
}

const json = (value: unknown): string => JSON.stringify(value)

const threadStarted = json({ type: "thread.started", thread_id: "01a1fc4e-44b3-7430-a5bf-f2a4afef5bbf" })
const turnStarted = json({ type: "turn.started" })
const turnCompleted = json({
  type: "turn.completed",
  usage: { input_tokens: 36, cached_input_tokens: 0, output_tokens: 18, reasoning_output_tokens: 0 },
})

const codexItem = (index: number, text: string): string => {
  const item = { id: `item_${index}` }
  switch (index % 4) {
    case 0:
      return json({ type: "item.completed", item: { ...item, type: "agent_message", text } })
    case 1:
      return json({
        type: "item.completed",
        item: {
          ...item,
          type: "command_execution",
          command: "/bin/bash -lc 'npm test'",
          aggregated_output: text,
          exit_code: 0,
          status: "completed",
        },
      })
    case 2:
      return json({ type: "item.completed", item: { ...item, type: "reasoning", text } })
    default:
      return json({
        type: "item.completed",
        item: {
          ...item,
          type: "mcp_tool_call",
          server: "files",
          tool: "search",
          arguments: { pattern: "readLine", limit: 20 },
          result: { content: [{ type: "text", text }], structured_content: null },
          error: null,
          status: "completed",
        },
      })
  }
}

export interface CodexStream {
  readonly head: string
  /** May be repeated. */
  readonly body: string
  readonly bodyEvents: number
  readonly tail: string
}

/** Lines of this many bytes, line end included. */
export const codexStream = (lineBytes: number, bodyEvents: number): CodexStream => {
  const write = writer(20_261_121)
  let body = ""
  for (let index = 0; index < bodyEvents; index++) {
    const bare = codexItem(index, "").length + 1
    // Escapes make a text longer: cut it until it fits.
    let text = write(lineBytes - bare)
    let line = codexItem(index, text)
    while (line.length + 1 > lineBytes) {
      text = text.slice(0, lineBytes - line.length - 1)
      line = codexItem(index, text)
    }
    body += `${line}\n`
  }
  return { head: `${threadStarted}\n${turnStarted}\n`, body, bodyEvents, tail: `${turnCompleted}\n` }
}

/** A short run of Codex: 14 lines. */
export const codexRun = (): ReadonlyArray<string> => {
  const write = writer(7)
  const items = Array.from({ length: 11 }, (_, index) => codexItem(index, write(180)))
  return [threadStarted, turnStarted, ...items, turnCompleted]
}

export const claudeSession = "f014aa89-f489-4d90-8bd7-fed01587bcc8"

const claudeMessage = (index: number, content: ReadonlyArray<unknown>): string =>
  json({
    type: "assistant",
    message: {
      id: `msg_01fake${index}`,
      type: "message",
      role: "assistant",
      model: "claude-fake",
      content,
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
    },
    parent_tool_use_id: null,
    session_id: claudeSession,
    uuid: `ce2d4c3e-04bf-4918-a392-${String(index).padStart(12, "0")}`,
  })

const claudeTool = (index: number, text: string): ReadonlyArray<string> => {
  const id = `toolu_01fake${index}`
  return [
    claudeMessage(index, [{ type: "tool_use", id, name: "Bash", input: { command: "npm test" } }]),
    json({
      type: "user",
      message: { role: "user", content: [{ tool_use_id: id, type: "tool_result", content: text }] },
      parent_tool_use_id: null,
      session_id: claudeSession,
      uuid: `bec70d76-607b-4bad-823a-${String(index).padStart(12, "0")}`,
    }),
  ]
}

/** A short run of Claude Code: 12 lines. */
export const claudeRun = (): ReadonlyArray<string> => {
  const write = writer(11)
  const tools = Array.from({ length: 4 }, (_, index) => claudeTool(index, write(180))).flat()
  const answer = "The parser keeps its last line now."
  return [
    json({
      type: "system",
      subtype: "init",
      cwd: "/work",
      session_id: claudeSession,
      tools: ["Bash", "Edit", "Read", "Write"],
      mcp_servers: [],
      model: "claude-fake",
      permissionMode: "default",
      slash_commands: [],
      apiKeySource: "none",
      claude_code_version: "2.1.329",
      output_style: "default",
      agents: [],
      skills: [],
      plugins: [],
      uuid: "0e1b1d9e-1111-4000-8000-000000000001",
    }),
    ...tools,
    claudeMessage(4, [{ type: "thinking", thinking: write(180), signature: "fake" }]),
    claudeMessage(5, [{ type: "text", text: answer }]),
    json({
      type: "result",
      subtype: "success",
      is_error: false,
      duration_ms: 90,
      duration_api_ms: 82,
      num_turns: 5,
      result: answer,
      stop_reason: "end_turn",
      session_id: claudeSession,
      total_cost_usd: 0.0005,
      usage: { input_tokens: 36, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 18 },
      permission_denials: [],
      uuid: "0e1b1d9e-1111-4000-8000-000000000002",
    }),
  ]
}
