/** The OpenAI Responses API: a scripted turn as its output items and stream events. */
import type { ModelRequest } from "./ModelRequest.ts"
import { defaultUsage, type Failure, type Json, type Part, type Reply } from "./Script.ts"
import { pieces, type Turn, type WireEvent } from "./Wire.ts"

type Item = { readonly type: string; readonly id: string } & { readonly [key: string]: Json }

/** Turns parts into the calls that this very CLI understands: the names and shapes of its tools changed often. */
const itemMaker = (request: ModelRequest, id: (prefix: string) => string): ((part: Part) => Item) => {
  const message = (text: string): Item => ({
    type: "message",
    id: id("msg"),
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  })

  const call = (name: string, args: Json): Item => ({
    type: "function_call",
    id: id("fc"),
    call_id: id("call"),
    name,
    arguments: JSON.stringify(args),
    status: "completed",
  })

  const freeText = (name: string, input: string): Item => {
    const namespace = request.tools.get(name)?.namespace
    return {
      type: "custom_tool_call",
      id: id("ctc"),
      call_id: id("call"),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      input,
      status: "completed",
    }
  }

  // Models of the newest catalogs are offered `exec` instead: JavaScript that calls the real tools.
  const scripted = request.tools.get("exec")?.type === "custom"
  const program = (tool: string, argument: Json): Item =>
    freeText("exec", `text(await tools.${tool}(${JSON.stringify(argument)}))`)

  const shell = (command: string): Item => {
    if (request.tools.has("exec_command")) return call("exec_command", { cmd: command })
    if (scripted) return program("exec_command", { cmd: command })
    if (request.tools.has("shell_command")) return call("shell_command", { command })
    const argv = ["bash", "-lc", command]
    if (!request.tools.has("local_shell")) return call("shell", { command: argv })
    return {
      type: "local_shell_call",
      id: id("lsh"),
      call_id: id("call"),
      status: "completed",
      action: { type: "exec", command: argv, env: {} },
    }
  }

  const patch = (lines: ReadonlyArray<string>): Item => {
    const text = ["*** Begin Patch", ...lines, "*** End Patch"].join("\n")
    const tool = request.tools.get("apply_patch")
    if (tool?.type === "custom") return freeText("apply_patch", text)
    if (tool !== undefined) return call("apply_patch", { input: text })
    return scripted ? program("apply_patch", text) : shell(`apply_patch <<'END_OF_PATCH'\n${text}\nEND_OF_PATCH`)
  }

  return (part) => {
    if ("text" in part) return message(part.text)
    if ("answer" in part) return message(JSON.stringify(part.answer))
    if ("thinking" in part) {
      return { type: "reasoning", id: id("rs"), summary: [{ type: "summary_text", text: part.thinking }] }
    }
    if ("shell" in part) return shell(part.shell)
    if ("tool" in part) return call(part.tool.name, part.tool.input)
    if ("write" in part) {
      const content = part.write.content.replace(/\n$/, "").split("\n")
      return patch([`*** Add File: ${part.write.path}`, ...content.map((line) => `+${line}`)])
    }
    return patch([`*** Update File: ${part.edit.path}`, "@@", `-${part.edit.before}`, `+${part.edit.after}`])
  }
}

/** What comes between the first and the last event of an item. */
const innerEvents = (item: Item, output_index: number): ReadonlyArray<WireEvent> => {
  const at = { item_id: item.id, output_index }
  if (item.type === "message") {
    const [part] = item["content"] as ReadonlyArray<{ readonly text: string }>
    const text = part?.text ?? ""
    const place = { ...at, content_index: 0 }
    const whole = { type: "output_text", text, annotations: [] }
    return [
      { type: "response.content_part.added", ...place, part: { ...whole, text: "" } },
      ...pieces(text).map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
      { type: "response.output_text.done", ...place, text },
      { type: "response.content_part.done", ...place, part: whole },
    ]
  }
  if (item.type === "reasoning") {
    const [part] = item["summary"] as ReadonlyArray<{ readonly text: string }>
    const text = part?.text ?? ""
    const place = { ...at, summary_index: 0 }
    return [
      { type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } },
      ...pieces(text).map((delta) => ({ type: "response.reasoning_summary_text.delta", ...place, delta })),
      { type: "response.reasoning_summary_text.done", ...place, text },
      { type: "response.reasoning_summary_part.done", ...place, part: { type: "summary_text", text } },
    ]
  }
  const streamed = (name: string, field: string): ReadonlyArray<WireEvent> => {
    const whole = item[field] as string
    return [
      ...pieces(whole, 40).map((delta) => ({ type: `response.${name}.delta`, ...at, delta })),
      { type: `response.${name}.done`, ...at, [field]: whole },
    ]
  }
  if (item.type === "function_call") return streamed("function_call_arguments", "arguments")
  if (item.type === "custom_tool_call") return streamed("custom_tool_call_input", "input")
  return []
}

export const responsesTurn = (step: Reply, request: ModelRequest, id: (prefix: string) => string): Turn => {
  const counts = { ...defaultUsage, ...step.usage }
  const items = step.reply.map(itemMaker(request, id))
  const head = { id: id("resp"), object: "response", created_at: 0, model: request.model, error: null }
  const started = { ...head, status: "in_progress", output: [], usage: null }
  // This service counts cached tokens among those read.
  const input_tokens = counts.input + counts.cached + counts.cacheWrite
  const finished = {
    ...head,
    status: "completed",
    output: items,
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: counts.cached, cache_write_tokens: counts.cacheWrite },
      output_tokens: counts.output,
      output_tokens_details: { reasoning_tokens: counts.reasoning },
      total_tokens: input_tokens + counts.output,
    },
  }
  const events: ReadonlyArray<WireEvent> = [
    { type: "response.created", response: started },
    { type: "response.in_progress", response: started },
    ...items.flatMap((item, output_index) => [
      { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress" } },
      ...innerEvents(item, output_index),
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: "response.completed", response: finished },
  ]
  return { whole: finished, events: events.map((event, sequence_number) => ({ ...event, sequence_number })) }
}

const kinds: Readonly<Record<number, readonly [type: string, code: string]>> = {
  400: ["invalid_request_error", "invalid_request"],
  401: ["invalid_request_error", "invalid_api_key"],
  403: ["invalid_request_error", "forbidden"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["rate_limit_error", "rate_limit_exceeded"],
}

export const responsesError = ({ resetsAt, status, message }: Failure): Json => {
  if (resetsAt !== undefined) {
    const said = message ?? "The usage limit has been reached"
    return { error: { type: "usage_limit_reached", message: said, plan_type: "plus", resets_at: resetsAt } }
  }
  const [type, code] = kinds[status] ?? ["server_error", "internal_error"]
  return { error: { type, code, param: null, message: message ?? `The fake model answers ${status}` } }
}
