/**
 * Reads what `codex exec` prints for people since 0.72: progress on stderr and the answer on stdout, or both in one file.
 * Prose proves little: a tool may print anything, these words included. The answer on stdout and the exit decide.
 */
import type { AgentEvent, Decoded, OutputFormat, Protocol, ProtocolRequest, VendorLine } from "@runyard/core"
import { retryIn } from "./CodexEvent.ts"
import { readStderr } from "./CodexExec.ts"
import { turnFailure } from "./CodexFailure.ts"
import {
  addLine,
  bannerFields,
  beginAlone,
  beginBlock,
  type Block,
  blockEvents,
  isRule,
  mayBegin,
  tokenCount,
} from "./CodexHumanBlock.ts"
import { emptyOutcome, verdict } from "./CodexVerdict.ts"

/** Most characters of the answer that are kept; an answer that is longer is cut. */
const maxAnswer = 4_194_304

const firstOfProgress =
  /^(?:Reading (?:prompt|additional input) from stdin|OpenAI Codex v\d|WARNING: |\d{4}-\d\d-\d\dT\S+ +[A-Z]+ )/
const stdinNotice = /^Reading (?:prompt|additional input) from stdin\.\.\.$/
const mcpNotice = /^mcp: \S{1,80} (?:starting|ready|failed\b.*|cancelled)$|^mcp startup: /
const mcpCall = /^tool [\w-]{1,80}\.[\w-]{1,80}\(.{0,4000}\)$/
const webSearch = /^🌐 Search(?:ing the web\.\.\.|ed the web|ed: (.+))$/u
const logLine = /^\d{4}-\d\d-\d\dT\S{1,30} +(?:ERROR|WARN|INFO|DEBUG|TRACE) \S/

const text = (name: string): Decoded => ({ events: [], name, original: "text" })
const hold = (name: string): Decoded => ({ events: [], name, original: "hold" })

/** Blocks whose lines are the words of a tool, so that a notice among them is none. */
const holdsOutput = (block: Block | undefined): boolean =>
  block?.name === "exec" ||
  block?.name === "mcp_tool" ||
  block?.name === "patch_begin" ||
  block?.name === "patch_end" ||
  block?.name === "turn_diff"

/** Ids of commands and patches, by their order: Codex prints none. */
const counters = () => {
  let commands = 0
  let patches = 0
  let calls = 0
  let searches = 0
  return {
    exec: () => `exec_${++commands}`,
    patch: () => `patch_${++patches}`,
    patchEnd: () => `patch_${patches}`,
    mcp: () => `mcp_${++calls}`,
    web: () => `web_${++searches}`,
  }
}

export const humanProtocol = (request: ProtocolRequest): Protocol => {
  const outcome = emptyOutcome()
  outcome.turnEvents = false
  const ids = counters()
  const answer: Array<string> = []
  let answerSize = 0
  let current: Block | undefined
  /** A line that is a header if the next one says so. */
  let candidate: string | undefined
  /** What stdout holds: the answer alone, or the progress too. Known from its first line. */
  let stdoutIs: "answer" | "progress" | undefined
  let progressSeen = false
  let userDue = false

  const close = (): ReadonlyArray<AgentEvent> => {
    const block = current
    current = undefined
    if (block === undefined) return []
    if (block.name === "banner") {
      const fields = bannerFields(block)
      outcome.sessionId = fields.get("session id")
      outcome.model = fields.get("model")
      userDue = true
    }
    const events = blockEvents(block, ids)
    for (const event of events) if (event.type === "agent.message") outcome.lastMessage = event.payload.text
    return events
  }

  /** The turn's end: the sum of tokens is printed after a failure too. */
  const tokens = (block: Block): Decoded => {
    const before = close()
    outcome.totalTokens = tokenCount(block)
    const failed = outcome.errorText !== undefined
    if (!failed) outcome.terminal = { kind: "completed" }
    return {
      events: [
        ...before,
        ...blockEvents(block, ids),
        { type: "agent.turn_ended", payload: { status: failed ? "failed" : "completed" } },
      ],
      name: "tokens",
      original: "line",
    }
  }

  const error = (said: string): ReadonlyArray<AgentEvent> => {
    const retry = retryIn(said)
    if (retry !== undefined) {
      outcome.retryText = said
      return [retry]
    }
    // Codex prints the last error twice.
    if (outcome.errorText === said) return []
    outcome.errorText = said
    return [{ type: "agent.error", payload: { error: turnFailure(said) } }]
  }

  const search = (query: string): ReadonlyArray<AgentEvent> => [
    {
      type: "agent.tool_completed",
      payload: { toolId: ids.web(), kind: "web", name: "web_search", status: "completed", command: query },
    },
  ]

  const notice = (name: string, events: ReadonlyArray<AgentEvent> = []): Decoded => {
    const all = [...close(), ...events]
    return { events: all, name, original: all.length === 0 ? "text" : "line" }
  }

  /** A line that means something by itself. */
  const oneLine = (line: string): Decoded | undefined => {
    const inOutput = holdsOutput(current)
    if (line.startsWith("ERROR: ")) {
      const said = line.slice(7)
      // A tool prints such lines too: among its output only what Codex would say counts.
      if (inOutput && retryIn(said) === undefined && turnFailure(said).code === "CLI_FAILED") return undefined
      return notice("error", error(said))
    }
    // Some versions print a retry without its prefix.
    if (line.startsWith("Reconnecting... ")) return notice("error", error(line))
    if (mcpCall.test(line)) return notice("mcp_call")
    const searched = webSearch.exec(line)
    if (searched !== null) return notice("web_search", searched[1] === undefined ? [] : search(searched[1]))
    if (inOutput) return undefined
    if (stdinNotice.test(line)) return notice("stdin_notice")
    if (mcpNotice.test(line)) return notice("mcp")
    if (line.startsWith("warning: ") || line.startsWith("deprecated: ")) {
      const said = line.slice(line.indexOf(" ") + 1)
      return notice("warning", [{ type: "agent.warning", payload: { text: said } }])
    }
    if (logLine.test(line)) return notice("log")
    return undefined
  }

  const progress = (line: string): Decoded => {
    const header = candidate
    candidate = undefined
    if (header !== undefined) {
      const block = beginBlock(header, line)
      if (block?.name === "tokens") return tokens(block)
      if (block !== undefined) {
        const events = close()
        current = block
        if (block.name === "user") userDue = false
        return { events, name: block.name, original: "hold" }
      }
      if (current !== undefined) addLine(current, header)
    }
    const begun = beginAlone(line)
    if (begun !== undefined) {
      const events = close()
      current = begun
      return { events, name: begun.name, original: "hold" }
    }
    const inside = current === undefined ? "text" : `${current.name}/line`
    if (mayBegin(line) && (line !== "user" || userDue)) {
      candidate = line
      return hold(inside)
    }
    const alone = oneLine(line)
    if (alone !== undefined) return alone
    if (current === undefined) return text("text")
    if (current.name === "user") return text("user/line")
    addLine(current, line)
    return current.name === "banner" && isRule(line) ? notice("banner/line") : hold(inside)
  }

  const answerLine = (line: string): Decoded => {
    const first = answer.length === 0
    outcome.answered = true
    if (answerSize <= maxAnswer) {
      answerSize += line.length + 1
      answer.push(line.length > maxAnswer ? line.slice(0, maxAnswer) : line)
    }
    return text(first ? "final_message" : "final_message/line")
  }

  const decode = ({ stream, text: line }: VendorLine): Decoded => {
    if (stream === "stdout") {
      stdoutIs ??= !progressSeen && firstOfProgress.test(line) ? "progress" : "answer"
      if (stdoutIs === "answer" || outcome.totalTokens !== undefined) return answerLine(line)
      return progress(line)
    }
    if (firstOfProgress.test(line)) progressSeen = true
    if (outcome.sessionId === undefined) readStderr(outcome, line)
    return progress(line)
  }

  /** The answer repeats the last message of the progress; where there is no progress, it is the message. */
  const drain = (): ReadonlyArray<AgentEvent> => {
    if (candidate !== undefined && current !== undefined) addLine(current, candidate)
    candidate = undefined
    const events = close()
    const said = answer.join("\n").replace(/\n+$/, "")
    if (said === "" || said === outcome.lastMessage) return events
    outcome.lastMessage = said
    return [...events, { type: "agent.message", payload: { text: said } }]
  }

  return {
    decode,
    drain,
    end: (exit) => {
      const said = answer.join("\n")
      if (said !== "") {
        outcome.lastMessage = said
        // Codex prints an answer only for a turn that completed: what looked like an error was some tool's output.
        if (exit === undefined || (exit.signal === null && (exit.code ?? 0) === 0))
          outcome.terminal = { kind: "completed" }
      }
      return verdict(outcome, exit, request)
    },
  }
}

export const humanFormat: OutputFormat = { framing: "text", protocol: humanProtocol }
