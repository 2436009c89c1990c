#!/usr/bin/env node
/**
 * A scripted agent: plays a short, fixed turn in the stream-json format of Claude Code 2.1.329, so that Runyard can be
 * tried without an agent, an account or a network. No model is asked, nothing is written outside its own memory; the
 * one command that it runs is real. `RUNYARD_SCRIPT_DELAY_MS` is the pause between two events (45 by default).
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"

const version = "0.1.0"
const model = "scripted"

if (process.argv.includes("--version") || process.argv.includes("-v")) {
  process.stdout.write(`${version} (Runyard scripted agent)\n`)
  process.exit(0)
}

const wanted = Number(process.env.RUNYARD_SCRIPT_DELAY_MS ?? "45")
const delay = Number.isFinite(wanted) && wanted >= 0 ? Math.min(wanted, 10_000) : 45
const session = randomUUID()
const started = performance.now()
let counter = 0

const id = (kind) => `${kind}_scripted_${String(++counter).padStart(4, "0")}`
const now = () => new Date().toISOString()

// A reader that went away ends the play quietly.
process.stdout.on("error", () => process.exit(0))

/** One line; waits while the reader is slow. */
const emit = async (event) => {
  const line = { ...event, session_id: session, uuid: randomUUID() }
  if (!process.stdout.write(`${JSON.stringify(line)}\n`)) {
    await new Promise((resolve) => process.stdout.once("drain", resolve))
  }
}

const pause = (units = 1) => sleep(delay * units)

const usage = (output) => ({
  input_tokens: 120,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: output,
  service_tier: "standard",
})

const partial = (event) => emit({ type: "stream_event", event, parent_tool_use_id: null })

const assistant = (message, content) =>
  emit({
    type: "assistant",
    message: {
      id: message,
      type: "message",
      role: "assistant",
      model,
      content: [content],
      stop_reason: null,
      stop_sequence: null,
      usage: usage(1),
    },
    parent_tool_use_id: null,
    timestamp: now(),
  })

/** A message of the model: its blocks as they grow, each followed by the finished block. */
const message = async (blocks, stopReason) => {
  const name = id("msg")
  await partial({
    type: "message_start",
    message: {
      id: name,
      type: "message",
      role: "assistant",
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: usage(1),
    },
  })
  for (const [index, block] of blocks.entries()) {
    if (block.type === "text") {
      await partial({ type: "content_block_start", index, content_block: { type: "text", text: "" } })
      for (const text of block.text.match(/\S+\s*|\s+/g) ?? []) {
        await partial({ type: "content_block_delta", index, delta: { type: "text_delta", text } })
        await pause(0.5)
      }
    } else {
      await partial({ type: "content_block_start", index, content_block: { ...block, input: {} } })
      const json = JSON.stringify(block.input)
      await partial({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } })
    }
    await assistant(name, block)
    await partial({ type: "content_block_stop", index })
  }
  await partial({
    type: "message_delta",
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { output_tokens: 40 },
  })
  await partial({ type: "message_stop" })
}

const toolResult = (tool, content, detail, isError = false) =>
  emit({
    type: "user",
    message: {
      role: "user",
      content: [{ tool_use_id: tool, type: "tool_result", content, is_error: isError }],
    },
    parent_tool_use_id: null,
    timestamp: now(),
    tool_use_result: detail,
  })

let tool

/** Runs a command as agents do: in a session of its own, with the environment of the agent. */
const run = (args) =>
  new Promise((resolve) => {
    tool = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      detached: process.platform !== "win32",
    })
    let output = ""
    tool.stdout.setEncoding("utf8").on("data", (text) => (output += text))
    tool.on("error", () => resolve({ output, code: 127 }))
    tool.on("close", (code) => {
      tool = undefined
      resolve({ output, code: code ?? 1 })
    })
  })

const stop = (signal, code) =>
  process.on(signal, () => {
    try {
      if (tool?.pid !== undefined) process.kill(process.platform === "win32" ? tool.pid : -tool.pid, "SIGKILL")
    } catch {
      // It ended by itself.
    }
    process.exit(code)
  })
stop("SIGINT", 130)
stop("SIGTERM", 143)

/** Plainly fake, and put together only here: no file holds the whole of it. */
const fakeKey = ["sk", "ant", "api03", `${"FAKE".repeat(21)}0`, "0AAAAAAAA"].join("-")

// 108 characters, as the real ones: the redactor goes by shape. It is the command that puts the key together, so that the key is in its output alone.
const settings = [
  "const key = process.argv.slice(1).join('-')",
  "console.log('# .env of a project that does not exist')",
  "console.log('LOG_LEVEL=debug')",
  "console.log('ANTHROPIC_API_KEY=' + key)",
].join("; ")

/** The prompt: all of stdin; a prompt among the arguments is not looked at. Bounded, as only its size is used. */
const promptSize = async () => {
  if (process.stdin.isTTY) return 0
  let size = 0
  for await (const chunk of process.stdin) size += chunk.length
  return size
}

const play = async () => {
  const size = await promptSize()
  await emit({
    type: "system",
    subtype: "init",
    cwd: process.cwd(),
    tools: ["Bash", "Edit"],
    mcp_servers: [],
    model,
    permissionMode: "default",
    slash_commands: [],
    apiKeySource: "none",
    claude_code_version: version,
    output_style: "default",
    agents: [],
    skills: [],
    plugins: [],
  })
  await pause(2)
  await message(
    [{ type: "text", text: `I am a script, not a model. Your prompt has ${size} bytes. I will run one command now.` }],
    "end_turn",
  )
  const bash = id("toolu")
  const input = { command: "print the settings of an imaginary project", description: "Show settings" }
  await message([{ type: "tool_use", id: bash, name: "Bash", input }], "tool_use")
  await pause(3)
  const { code, output } = await run(["-e", settings, ...fakeKey.split("-")])
  const shown = code === 0 ? output.trimEnd() : `Exit code ${code}\n${output.trimEnd()}`
  await toolResult(bash, shown, { stdout: shown, stderr: "", interrupted: false, isImage: false }, code !== 0)
  await pause(3)
  const edit = id("toolu")
  const change = { file_path: "settings.txt", old_string: "LOG_LEVEL=debug", new_string: "LOG_LEVEL=info" }
  await message(
    [
      { type: "text", text: "That output held a key. Now an edit, of a file that does not exist." },
      { type: "tool_use", id: edit, name: "Edit", input: { replace_all: false, ...change } },
    ],
    "tool_use",
  )
  await pause(3)
  await toolResult(edit, "Nothing was written: this edit is part of the script.", {
    filePath: change.file_path,
    oldString: change.old_string,
    newString: change.new_string,
    structuredPatch: [
      { oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: [`-${change.old_string}`, `+${change.new_string}`] },
    ],
    userModified: false,
    replaceAll: false,
  })
  await pause(2)
  const last = [
    "That was a whole run: text as it was written, a command in a process of its own, a file change, and this answer.",
    "The command printed a made-up key; what Runyard shows and stores in its place is a mark.",
    "Every event is in the run's log and can be replayed.",
  ].join(" ")
  await message([{ type: "text", text: last }], "end_turn")
  const total = { ...usage(160), input_tokens: 480, server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 } }
  const duration = Math.round(performance.now() - started)
  await emit({
    duration_api_ms: duration,
    stop_reason: "end_turn",
    total_cost_usd: 0,
    usage: total,
    modelUsage: {
      [model]: {
        inputTokens: 480,
        outputTokens: 160,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        webSearchRequests: 0,
        costUSD: 0,
        contextWindow: 200_000,
      },
    },
    permission_denials: [],
    terminal_reason: "completed",
    is_error: false,
    num_turns: 4,
    subtype: "success",
    api_error_status: null,
    result: last,
    type: "result",
    duration_ms: duration,
  })
}

await play()
