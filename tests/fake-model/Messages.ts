/** The Anthropic Messages API: a scripted turn as its content blocks and stream events. */
import type { ModelRequest } from "./ModelRequest.ts"
import { defaultUsage, type Failure, type Json, type Part, type Reply } from "./Script.ts"
import { pieces, type Turn, type WireEvent } from "./Wire.ts"

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: Json }

const blockOf = (part: Part, request: ModelRequest, id: (prefix: string) => string): Block => {
  const use = (name: string, input: Json): Block => ({ type: "tool_use", id: id("toolu"), name, input })
  if ("text" in part) return { type: "text", text: part.text }
  if ("thinking" in part) return { type: "thinking", thinking: part.thinking, signature: "ZmFrZQ==" }
  if ("shell" in part) return use("Bash", { command: part.shell, description: "A scripted command" })
  if ("write" in part) return use("Write", { file_path: part.write.path, content: part.write.content })
  if ("edit" in part) {
    const { path, before, after } = part.edit
    return use("Edit", { file_path: path, old_string: before, new_string: after })
  }
  if ("tool" in part) return use(part.tool.name, part.tool.input)
  return request.structured ? use("StructuredOutput", part.answer) : { type: "text", text: JSON.stringify(part.answer) }
}

const blockEvents = (block: Block, index: number): ReadonlyArray<WireEvent> => {
  const delta = (delta: Json): WireEvent => ({ type: "content_block_delta", index, delta })
  const between = (empty: Json, deltas: ReadonlyArray<Json>): ReadonlyArray<WireEvent> => [
    { type: "content_block_start", index, content_block: empty },
    ...deltas.map(delta),
    { type: "content_block_stop", index },
  ]
  if (block.type === "text") {
    return between(
      { type: "text", text: "" },
      pieces(block.text).map((text) => ({ type: "text_delta", text })),
    )
  }
  if (block.type === "thinking") {
    return between({ type: "thinking", thinking: "", signature: "" }, [
      ...pieces(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: block.signature },
    ])
  }
  return between(
    { ...block, input: {} },
    pieces(JSON.stringify(block.input), 40).map((partial_json) => ({ type: "input_json_delta", partial_json })),
  )
}

export const messagesTurn = (step: Reply, request: ModelRequest, id: (prefix: string) => string): Turn => {
  const counts = { ...defaultUsage, ...step.usage }
  const blocks = step.reply.map((part) => blockOf(part, request, id))
  const stop_reason = blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn"
  const usage = {
    input_tokens: counts.input,
    cache_creation_input_tokens: counts.cacheWrite,
    cache_read_input_tokens: counts.cached,
    output_tokens: counts.output,
    service_tier: "standard",
  }
  const message = { id: id("msg"), type: "message", role: "assistant", model: request.model, stop_sequence: null }
  return {
    whole: { ...message, content: blocks, stop_reason, usage },
    events: [
      {
        type: "message_start",
        // The service cannot know yet how much it will write.
        message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
      },
      ...blocks.flatMap(blockEvents),
      {
        type: "message_delta",
        delta: { stop_reason, stop_sequence: null },
        usage: { output_tokens: counts.output },
      },
      { type: "message_stop" },
    ],
  }
}

const kinds: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
}

/** As the service words it for clients that know no header. */
const limitReached = (resetsAt: number | undefined): string | undefined =>
  resetsAt === undefined ? undefined : `Claude AI usage limit reached|${resetsAt}`

export const messagesError = ({ resetsAt, status, message = limitReached(resetsAt) }: Failure): Json => ({
  type: "error",
  error: { type: kinds[status] ?? "api_error", message: message ?? `The fake model answers ${status}` },
})
