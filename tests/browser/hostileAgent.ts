/** The source of a program that stands for an agent, speaks the stream of Claude Code and says hostile things. */

export interface HostilePlay {
  /** Each is said as a message, is the name of a tool, a path, a change, an output and an error. */
  readonly texts: ReadonlyArray<string>
  /** Written to stderr, character by character in one part and whole in another. */
  readonly noise: ReadonlyArray<string>
}

const play = `
const text = (value) => ({ type: "text", text: value })
const say = (line) => process.stdout.write(JSON.stringify({ ...line, session_id: session, uuid: "u" }) + "\\n")
const assistant = (id, content) =>
  say({ type: "assistant", message: { id, type: "message", role: "assistant", model: hostile, content: [content], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }, parent_tool_use_id: null })
const result = (id, content, detail, is_error) =>
  say({ type: "user", message: { role: "user", content: [{ tool_use_id: id, type: "tool_result", content, is_error }] }, parent_tool_use_id: null, tool_use_result: detail })
for await (const _ of process.stdin);
say({ type: "system", subtype: "init", cwd: hostile, tools: texts, mcp_servers: [{ name: hostile, status: hostile }], model: hostile, permissionMode: "default", slash_commands: texts, apiKeySource: hostile, claude_code_version: hostile, output_style: hostile, agents: texts, skills: [], plugins: [] })
let count = 0
for (const value of texts) {
  const id = "toolu_" + ++count
  say({ type: "stream_event", event: { type: "message_start", message: { id: "msg_" + count, type: "message", role: "assistant", model: hostile, content: [], usage: { input_tokens: 1, output_tokens: 1 } } }, parent_tool_use_id: null })
  say({ type: "stream_event", event: { type: "content_block_start", index: 0, content_block: text("") }, parent_tool_use_id: null })
  for (const piece of value.match(/[^]{1,3}/g) ?? []) {
    say({ type: "stream_event", event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } }, parent_tool_use_id: null })
  }
  assistant("msg_" + count, text(value))
  say({ type: "stream_event", event: { type: "message_stop" }, parent_tool_use_id: null })
  assistant("msg_" + count, { type: "thinking", thinking: value, signature: "s" })
  assistant("msg_" + count, { type: "tool_use", id, name: value, input: { command: value, ["x" + value]: value } })
  result(id, value, { stdout: value, stderr: value, interrupted: false, isImage: false }, count % 2 === 0)
  const edit = id + "e"
  assistant("msg_" + count, { type: "tool_use", id: edit, name: "Edit", input: { file_path: value, old_string: value, new_string: value + value } })
  result(edit, value, { filePath: value, oldString: value, newString: value + value, structuredPatch: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ["-" + value, "+" + value] }], userModified: false, replaceAll: false }, false)
}
// Keys that mean something to the language, and one that is not the wire's to decide.
process.stdout.write('{"type":"assistant","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"proto","name":"Bash","input":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"command":"x"}}],"usage":{"input_tokens":1,"output_tokens":1}},"__proto__":{"polluted":true},"session_id":"s","uuid":"u"}\\n')
assistant("long", text("wide".repeat(250_000)))
assistant("nested", text(">".repeat(50_000) + "[".repeat(20_000)))
for (const value of noise) process.stderr.write(value + "\\n")
for (const value of noise) { for (const unit of Buffer.from(value)) process.stderr.write(Buffer.of(unit)); process.stderr.write("\\n") }
say({ type: "result", subtype: "success", is_error: false, duration_ms: 1, duration_api_ms: 1, num_turns: 1, result: texts.join("\\n\\n"), stop_reason: "end_turn", total_cost_usd: 0, usage: { input_tokens: 1, output_tokens: 1 }, modelUsage: { [hostile]: { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, webSearchRequests: 0, costUSD: 0, contextWindow: 1 } }, permission_denials: [] })
`

export const hostileAgent = ({ noise, texts }: HostilePlay): string =>
  [
    `#!${process.execPath}`,
    `if (process.argv.includes("--version")) { console.log("2.1.329 (Claude Code)"); process.exit(0) }`,
    `if (process.argv[2] === "auth") { console.log(JSON.stringify({ loggedIn: true, authMethod: "oauth_token", email: "<img src=x onerror=alert(1)>" })); process.exit(0) }`,
    `const texts = ${JSON.stringify(texts)}`,
    `const noise = ${JSON.stringify(noise)}`,
    `const hostile = texts[0]`,
    `const session = texts[1] ?? "s"`,
    play,
  ].join("\n")
