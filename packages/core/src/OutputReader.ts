/** Turns what a CLI writes into redacted drafts for the log and text for the live view. Synchronous; holds the state of one attempt. */
import type { OutputFormat, Protocol } from "./Adapter.ts"
import type { AgentEvent } from "./AgentEvent.ts"
import { activity, type Activity } from "./internal/activity.ts"
import { Tally } from "./internal/redactTally.ts"
import { correlationOf, draft, noRedactions, type TimelessDraft } from "./EventDraft.ts"
import { lineCutter, wholeCut } from "./internal/lineCutter.ts"
import type { RedactionSession, RedactionStream } from "./RedactionSession.ts"
import type { RedactionCount } from "./RunEvent.ts"
import { type OutputStream, splitSource } from "./VendorLine.ts"

/** The longest line that is parsed, in UTF-16 units; a longer one is kept in pieces and not understood. */
export const maxJsonLine = 16 * 1024 * 1024
/** Prose lines over this are kept in pieces. */
const maxTextLine = 64 * 1024
/** Prose lines are put together into chunks of at most this. */
const maxChunk = 16 * 1024
/** An unfinished message is written down when this much of it is not yet in the log. */
const maxUnsaved = 64 * 1024
/** Secrets that the sum of an attempt tells apart. */
const maxToldOfRun = 256
/** Unfinished messages at once; the oldest is written down and forgotten first. */
const maxMessages = 64

export interface LiveText {
  readonly messageId: string
  readonly text: string
}

export interface ReaderOutput {
  readonly drafts: ReadonlyArray<TimelessDraft>
  readonly live: ReadonlyArray<LiveText>
  /** Lines that the protocol wants written to the CLI. */
  readonly send: ReadonlyArray<string>
}

export interface OutputReader {
  readonly push: (stream: OutputStream, chunk: string) => void
  /** The end of both streams: gives everything that is held back. */
  readonly end: () => void
  /** What came since the last call. Prose stays behind until there is a chunk of it, or `flush` is called. */
  readonly take: () => ReaderOutput
  /** How many drafts there are to take. */
  readonly waiting: () => number
  /** Makes the prose that waits ready to be taken, so that a slow writer is seen in time. */
  readonly flush: () => void
  /** Writes down what is unfinished, so that a crash loses little: partial messages and blocks that are held. */
  readonly checkpoint: () => void
  /** How often each kind of vendor line came. */
  readonly lineCounts: () => Readonly<Record<string, number>>
  readonly unknownLines: () => number
  /** What the agent is at. Prose tells nothing for sure, so that there it is always `agent`. */
  readonly activity: Omit<Activity, "note">
  /** All that was masked so far. */
  readonly redactions: () => ReadonlyArray<RedactionCount>
}

export const outputReader = (
  protocol: Protocol,
  framing: OutputFormat["framing"],
  redaction: RedactionSession,
): OutputReader => {
  // These three are emptied, not replaced: V8 soon makes an array old at birth where such arrays tend to live for a while,
  // and an old one keeps what it held, all output, until the next collection of the old generation.
  const drafts: Array<TimelessDraft> = []
  const live: Array<LiveText> = []
  const send: Array<string> = []
  const counts = new Map<string, number>()
  const masked = new Tally(maxToldOfRun)
  let unknown = 0
  const doing = activity()

  const note = (redactions: ReadonlyArray<RedactionCount>): ReadonlyArray<RedactionCount> => {
    if (redactions.length > 0) masked.addAll(redactions)
    return redactions
  }

  const chunkType = { stdout: "run.chunk.stdout", stderr: "run.chunk.stderr" } as const

  /** Prose lines that wait to be put together, and vendor lines that wait for the end of their block. */
  const prose = { stdout: pending(), stderr: pending() }
  const held = { stdout: pending(), stderr: pending() }

  const flushProse = (stream: OutputStream): void => {
    const { text, redactions } = prose[stream].take()
    if (text !== undefined) drafts.push(draft(chunkType[stream], { text, reason: "text" }, { redactions }))
  }
  const flushHeld = (stream: OutputStream): void => {
    const { text, redactions } = held[stream].take()
    if (text === undefined) return
    prose[stream].add(text, redactions)
    flushProse(stream)
  }
  const addProse = (stream: OutputStream, text: string, redactions: ReadonlyArray<RedactionCount>): void => {
    if (prose[stream].size() + text.length > maxChunk) flushProse(stream)
    prose[stream].add(text, redactions)
  }

  /** @param original the vendor's text that the events were made of. */
  const addEvents = (
    events: ReadonlyArray<AgentEvent>,
    redactions: ReadonlyArray<RedactionCount>,
    stream?: OutputStream,
    original?: string,
  ): void => {
    let index = 0
    for (const event of events) {
      if (event.type === "agent.message") finishMessage(event.payload.messageId)
      const correlation = correlationOf(event)
      const extra =
        index++ > 0 || stream === undefined || original === undefined
          ? { correlation }
          : { correlation, redactions, source: splitSource(stream, original, event.payload) }
      if (framing === "json-lines") doing.note(event)
      drafts.push(draft(event.type, event.payload, extra))
    }
  }

  const decode = (
    stream: OutputStream,
    text: string,
    json: unknown,
    redactions: ReadonlyArray<RedactionCount>,
  ): void => {
    const decoded = protocol.decode({ stream, text, json })
    counts.set(decoded.name, (counts.get(decoded.name) ?? 0) + 1)
    if (decoded.send !== undefined) send.push(...decoded.send)
    if (decoded.original === "hold" && decoded.events.length === 0) {
      if (held[stream].size() > maxTextLine) flushHeld(stream)
      held[stream].add(text, redactions)
      return
    }
    if (decoded.original === "text" && decoded.events.length === 0) {
      flushHeld(stream)
      return addProse(stream, text, redactions)
    }
    flushProse(stream)
    if (decoded.events.length === 0) {
      const reason = decoded.original === "unknown" ? "unknown" : "quiet"
      if (reason === "unknown") unknown++
      drafts.push(
        draft(
          chunkType[stream],
          { text, reason },
          { redactions, channel: reason === "unknown" ? "diagnostic" : "debug" },
        ),
      )
      return
    }
    const before = held[stream].take()
    // A block's last line belongs to it when it is held; otherwise it begins the next one.
    if (before.text === undefined) return addEvents(decoded.events, redactions, stream, text)
    if (decoded.original === "line") {
      addEvents(decoded.events, sum(before.redactions, redactions), stream, `${before.text}\n${text}`)
    } else {
      addEvents(decoded.events, before.redactions, stream, before.text)
      held[stream].add(text, redactions)
    }
  }

  const longLine = (stream: OutputStream) => {
    let redactor: RedactionStream | undefined
    return (piece: string, last: boolean): void => {
      redactor ??= redaction.stream()
      const pushed = redactor.push(piece)
      const rest = last ? redactor.end() : undefined
      const text = pushed.value + (rest?.value ?? "")
      if (last) {
        redactor = undefined
        unknown++
      }
      if (text === "") return
      flushProse(stream)
      for (let start = 0, end = 0; start < text.length; start = end) {
        end = wholeCut(text, start + maxTextLine)
        drafts.push(
          draft(
            chunkType[stream],
            { text: text.slice(start, end), reason: "long" },
            start > 0 ? {} : { redactions: note(sum(pushed.redactions, rest?.redactions ?? noRedactions)) },
          ),
        )
      }
    }
  }

  /** Prose is redacted as one text, then cut; what was masked is noted with the next line. */
  const proseInput = (stream: OutputStream) => {
    const redactor = redaction.stream()
    let waiting: ReadonlyArray<RedactionCount> = noRedactions
    const lines = lineCutter(
      maxTextLine,
      (line) => {
        const redactions = waiting
        waiting = noRedactions
        decode(stream, line, undefined, redactions)
      },
      longLine(stream),
    )
    const feed = ({
      value,
      redactions,
    }: {
      readonly value: string
      readonly redactions: ReadonlyArray<RedactionCount>
    }) => {
      if (redactions.length > 0) waiting = sum(waiting, note(redactions))
      if (value !== "") lines.push(value)
    }
    return {
      push: (chunk: string) => feed(redactor.push(chunk)),
      end: () => {
        feed(redactor.end())
        lines.end()
      },
    }
  }

  const jsonInput = (stream: OutputStream) => {
    // Lines that are no JSON are one text of their own: a secret may run over several of them, and over what is between.
    const stray = proseInput(stream)
    // What comes in pieces over several lines is one text as well.
    const jsonLines = redaction.lines()
    const lines = lineCutter(
      maxJsonLine,
      (line) => {
        if (line === "") return
        const deltas = protocol.delta?.(line)
        if (deltas !== undefined) {
          counts.set("delta", (counts.get("delta") ?? 0) + 1)
          // The line itself was not looked at.
          for (const { messageId, text } of deltas) addDelta(redaction.text(messageId).value, text)
          return
        }
        const redacted = jsonLines.line(line)
        if (redacted !== undefined) return decode(stream, redacted.value, redacted.json, note(redacted.redactions))
        stray.push(`${line}\n`)
      },
      longLine(stream),
    )
    return {
      push: lines.push,
      end: () => {
        lines.end()
        for (const { redactions, value } of jsonLines.end()) decode(stream, value, undefined, note(redactions))
        stray.end()
      },
    }
  }

  const messages = new Map<string, Message>()
  const addDelta = (messageId: string, text: string): void => {
    let message = messages.get(messageId)
    if (message === undefined) {
      for (const [id, oldest] of messages) {
        if (messages.size < maxMessages) break
        oldest.unsaved += oldest.redactor.end().value
        savePartial(id, oldest)
        messages.delete(id)
      }
      message = { redactor: redaction.stream(), offset: 0, unsaved: "" }
      messages.set(messageId, message)
    }
    const { value } = message.redactor.push(text)
    if (value === "") return
    message.unsaved += value
    if (message.unsaved.length > maxUnsaved) savePartial(messageId, message)
    live.push({ messageId, text: value })
  }
  const finishMessage = (messageId: string | undefined): void => {
    const finished = (id: string) => messageId === undefined || id === messageId || id.startsWith(`${messageId}:`)
    for (const id of messages.keys()) if (finished(id)) messages.delete(id)
    // What was not yet shown of it would come after its end.
    if (live.length > 0) live.splice(0, live.length, ...live.filter((text) => !finished(text.messageId)))
  }
  const savePartial = (messageId: string, message: Message): void => {
    if (message.unsaved === "") return
    const { offset, unsaved: text } = message
    drafts.push(draft("agent.message_partial", { messageId, offset, text }))
    message.offset += text.length
    message.unsaved = ""
  }

  const inputs = {
    stdout: framing === "text" ? proseInput("stdout") : jsonInput("stdout"),
    stderr: proseInput("stderr"),
  }
  const savePartials = (): void => messages.forEach((message, id) => savePartial(id, message))

  return {
    push: (stream, chunk) => inputs[stream].push(chunk),
    end: () => {
      inputs.stdout.end()
      inputs.stderr.end()
      flushProse("stdout")
      flushProse("stderr")
      const drained = protocol.drain?.() ?? []
      const from = held.stdout.size() > 0 ? "stdout" : "stderr"
      const { text, redactions } = held[from].take()
      if (text === undefined || drained.length === 0) {
        addEvents(drained, noRedactions)
        if (text !== undefined) drafts.push(draft(chunkType[from], { text, reason: "text" }, { redactions }))
      } else addEvents(drained, redactions, from, text)
      flushHeld("stdout")
      flushHeld("stderr")
      for (const message of messages.values()) message.unsaved += message.redactor.end().value
      savePartials()
    },
    flush: () => {
      flushProse("stdout")
      flushProse("stderr")
    },
    waiting: () => drafts.length,
    take: () => {
      const output = { drafts: drafts.slice(), live: live.slice(), send: send.slice() }
      drafts.length = 0
      live.length = 0
      send.length = 0
      return output
    },
    checkpoint: () => {
      savePartials()
      flushHeld("stdout")
      flushHeld("stderr")
    },
    lineCounts: () => Object.fromEntries(counts),
    unknownLines: () => unknown,
    activity: doing,
    redactions: () => masked.all(),
  }
}

/** What a model is still writing: the text that is in the log so far ends at `offset`. */
interface Message {
  readonly redactor: RedactionStream
  offset: number
  unsaved: string
}

/** Bounded, however much is masked. */
const sum = (
  some: ReadonlyArray<RedactionCount>,
  more: ReadonlyArray<RedactionCount>,
): ReadonlyArray<RedactionCount> => {
  if (more.length === 0) return some
  if (some.length === 0) return more
  const counts = new Tally()
  counts.addAll(some)
  counts.addAll(more)
  return counts.all()
}

/** Lines that wait, with what was masked in them. */
const pending = () => {
  let lines: Array<string> = []
  let redactions: ReadonlyArray<RedactionCount> = noRedactions
  let size = 0
  return {
    size: () => size,
    add: (line: string, more: ReadonlyArray<RedactionCount>): void => {
      lines.push(line)
      size += line.length + 1
      redactions = sum(redactions, more)
    },
    take: () => {
      const taken = { text: lines.length === 0 ? undefined : lines.join("\n"), redactions }
      lines = []
      redactions = noRedactions
      size = 0
      return taken
    },
  }
}
