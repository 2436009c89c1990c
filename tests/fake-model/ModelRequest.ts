/** What a CLI asked of the model, read from the body of either API. Headers, and so keys, are never looked at. */

export type Api = "messages" | "responses"

/** A tool that the CLI offers to the model. */
export interface OfferedTool {
  readonly name: string
  /** `function`, `custom` (free text), `local_shell`, ...; Anthropic's tools count as `function`. */
  readonly type: string
  /** The group it is called through, where the CLI groups its tools. */
  readonly namespace?: string
}

export interface ModelRequest {
  /** From 1, in order of arrival, the auxiliary ones included. */
  readonly index: number
  readonly api: Api
  /** Whether the CLI asked on its own behalf: a title, a warm-up. Such a request takes no step. */
  readonly auxiliary: boolean
  readonly model: string
  readonly streaming: boolean
  /** The newest text of the user. */
  readonly prompt: string
  readonly tools: ReadonlyMap<string, OfferedTool>
  /** Whether the answer is to follow a schema. */
  readonly structured: boolean
  /** As it came. */
  readonly body: Fields
}

export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of an object; none of anything else. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : {})

const list = (value: unknown): ReadonlyArray<Fields> => (Array.isArray(value) ? value.filter(isFields) : [])

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** The texts of a message's content, which is a string or a list of blocks. */
const texts = (content: unknown): ReadonlyArray<string> =>
  typeof content === "string" ? [content] : list(content).map((block) => text(block["text"]))

/** Claude Code puts notes to the model between the words of the user. */
const withoutReminders = (words: string): string =>
  words.replace(/<system-reminder>.*?<\/system-reminder>/gs, "").trim()

/** Codex opens a conversation with user messages that describe the machine: `<environment_context>`, `# AGENTS.md`. */
const isContext = (words: string): boolean => /^(<[a-z_]+>|# AGENTS\.md)/.test(words)

const newestOf = (messages: ReadonlyArray<Fields>, clean: (words: string) => string): string =>
  messages
    .filter((message) => message["role"] === "user")
    .flatMap((message) => texts(message["content"]))
    .map(clean)
    .findLast((words) => words !== "") ?? ""

const collectTools = (offered: unknown, into: Map<string, OfferedTool>, namespace?: string): void => {
  for (const tool of list(offered)) {
    const type = text(tool["type"])
    const name = text(tool["name"]) || type
    if (type === "namespace") collectTools(tool["tools"], into, name)
    else into.set(name, { name, type: type || "function", ...(namespace === undefined ? {} : { namespace }) })
  }
}

/** Titles and quota checks come without tools; warm-ups and the study of the git history are known by their words. */
const isAuxiliary = (body: Fields, tools: ReadonlyMap<string, OfferedTool>, prompt: string): boolean =>
  tools.size === 0 ||
  prompt === "Warmup" ||
  texts(body["system"]).some((words) => words.includes("expert at analyzing git history"))

const readMessages = (index: number, body: Fields): ModelRequest => {
  const tools = new Map<string, OfferedTool>()
  collectTools(body["tools"], tools)
  const prompt = newestOf(list(body["messages"]), withoutReminders)
  return {
    index,
    api: "messages",
    auxiliary: isAuxiliary(body, tools, prompt),
    model: text(body["model"]),
    streaming: body["stream"] === true,
    prompt,
    tools,
    structured: tools.has("StructuredOutput"),
    body,
  }
}

const readResponses = (index: number, body: Fields): ModelRequest => {
  const input = typeof body["input"] === "string" ? [{ role: "user", content: body["input"] }] : list(body["input"])
  const tools = new Map<string, OfferedTool>()
  collectTools(body["tools"], tools)
  // The newest models get their tools as an item of the conversation.
  for (const item of input) if (fields(item)["type"] === "additional_tools") collectTools(fields(item)["tools"], tools)
  return {
    index,
    api: "responses",
    auxiliary: false,
    model: text(body["model"]),
    streaming: body["stream"] === true,
    prompt: newestOf(input, (words) => (isContext(words.trim()) ? "" : words.trim())),
    tools,
    structured: fields(fields(body["text"])["format"])["type"] === "json_schema",
    body,
  }
}

export const readRequest = (api: Api, index: number, body: unknown): ModelRequest =>
  api === "messages" ? readMessages(index, fields(body)) : readResponses(index, fields(body))
