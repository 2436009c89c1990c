/** Texts that a text tells in pieces, one a line of JSON: masked as if each were there as a whole. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RedactionSession } from "../src/RedactionSession.ts"
import { Redactor } from "../src/Redactor.ts"
import { decoys, kinds, makeFrom, makeRandom, type Random } from "./fixtures/secretTexts.ts"

const key = Uint8Array.from({ length: 16 }, (_, index) => index)
const open = (known?: ReadonlyArray<{ readonly name: string; readonly value: string }>): RedactionSession =>
  Effect.runSync(
    Effect.map(Redactor, (redactor) => redactor.session(known)).pipe(Effect.provide(Redactor.layer({ key }))),
  )
const session = open()

/** A record with a piece, of the text with this id; `index` counts the pieces and `last` is the last one. */
type Shape = (piece: string, id: string, index: number, last: boolean) => unknown

const told: ReadonlyArray<readonly [name: string, shape: Shape, prefix?: string]> = [
  [
    "message delta",
    (text, session_id, index) => ({
      type: "stream_event",
      event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
      session_id,
      uuid: `u-${index}`,
    }),
  ],
  [
    "thinking delta",
    (thinking, id) => ({ type: "content_block_delta", message_id: id, delta: { type: "thinking_delta", thinking } }),
  ],
  [
    "arguments",
    (partial_json, id) => ({
      type: "content_block_delta",
      item_id: id,
      delta: { type: "input_json_delta", partial_json },
    }),
  ],
  [
    "call with a method",
    (delta, itemId) => ({
      jsonrpc: "2.0",
      method: "item/agentMessage/delta",
      params: { threadId: "t1", itemId, delta },
    }),
  ],
  [
    "choices",
    (content, id, index, last) => ({
      id,
      object: "chat.completion.chunk",
      created: 17 + index,
      choices: [
        {
          index: 0,
          delta: { ...(index === 0 ? { role: "assistant" } : {}), content },
          finish_reason: last ? "stop" : null,
        },
      ],
    }),
    "data: ",
  ],
  [
    "call of a tool",
    (text, id, index) => ({
      object: "chat.completion.chunk",
      response_id: id,
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [
              {
                index: 0,
                ...(index === 0 ? { id: `call_${id}`, type: "function" } : {}),
                function: { ...(index === 0 ? { name: "bash" } : {}), arguments: text },
              },
            ],
          },
        },
      ],
    }),
  ],
  [
    "response",
    (delta, item_id, index) => ({
      type: "response.output_text.delta",
      sequence_number: index,
      item_id,
      content_index: 0,
      delta,
      logprobs: [],
    }),
  ],
  [
    "session update",
    (text, sessionId) => ({
      jsonrpc: "2.0",
      method: "session/update",
      params: { sessionId, update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } } },
    }),
  ],
  ["event", (delta, id) => ({ id, msg: { type: "agent_message_delta", delta } })],
  ["output of a process", (chunk, process_id) => ({ type: "exec_output_delta", process_id, stream: "stdout", chunk })],
  ["one field", (textDelta, id) => ({ id, textDelta })],
  ["behind a time", (text, id) => ({ kind: "chunk", name: id, text }), "app-1  | 2026-11-20T10:00:01Z "],
]
const cut = (text: string, random: Random, most: number): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let at = 0; at < text.length;) {
    const size = 1 + random(most)
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}

const others = [
  JSON.stringify({ type: "system", subtype: "status", text: "reading the file" }),
  "plain words between the records",
  JSON.stringify({ type: "rate_limit_event", info: { resetsAt: 17 } }),
  "event: ping",
  "",
]

interface Stream {
  readonly lines: ReadonlyArray<string>
  /** Which text each line has a piece of. */
  readonly owners: ReadonlyArray<number>
}

/** The texts in their pieces, between each other and other lines. */
const interleave = (
  texts: ReadonlyArray<string>,
  [, shape, prefix = ""]: readonly [string, Shape, string?],
  random: Random,
  most: number,
): Stream => {
  const queues = texts.map((text, owner) => {
    const pieces = cut(text, random, most)
    return pieces.map(
      (piece, index) => prefix + JSON.stringify(shape(piece, `id${owner}`, index, index === pieces.length - 1)),
    )
  })
  const lines: Array<string> = []
  const owners: Array<number> = []
  while (queues.some((queue) => queue.length > 0)) {
    const owner = random(queues.length)
    const line = queues[owner]?.shift()
    if (line !== undefined) {
      lines.push(line)
      owners.push(owner)
    }
    if (random(4) === 0) {
      lines.push(others[random(others.length)] ?? "")
      owners.push(-1)
    }
  }
  return { lines, owners }
}

/** The strings of a record in which the pieces are told apart from all else by what they were. */
const strings = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(strings)
      : []
const parse = (line: string): unknown => JSON.parse(line.slice(line.search(/[{[]/)))

/** The text of an owner as the masked lines tell it. Checks that nothing else of any line is changed. */
const tell = (before: Stream, after: ReadonlyArray<string>, owner: number): string =>
  before.lines
    .map((line, index) => {
      if (before.owners[index] === -1) assert.strictEqual(after[index], line)
      if (before.owners[index] !== owner) return ""
      const was = strings(parse(line))
      const is = strings(parse(after[index] ?? ""))
      assert.strictEqual(is.length, was.length)
      const changed = was.map((_, at) => at).filter((at) => was[at] !== is[at])
      assert.isAtMost(changed.length, 1, `${line}\n${after[index]}`)
      return changed.length === 0 ? "" : (is[changed[0] ?? 0] ?? "")
    })
    .join("")

const push = (redaction: RedactionSession, chunks: Iterable<string>): string => {
  const stream = redaction.stream()
  let value = ""
  for (const chunk of chunks) value += stream.push(chunk).value
  return value + stream.end().value
}

const windows = (body: string): ReadonlyArray<string> => {
  const size = body.length >= 24 ? 12 : Math.max(4, Math.ceil(body.length / 2))
  return Array.from({ length: Math.max(1, body.length - size + 1) }, (_, at) => body.slice(at, at + size))
}

/** All strings of a text's records, each path of fields as one. */
const joined = (lines: ReadonlyArray<string>, owners: ReadonlyArray<number>, owner: number): string => {
  const paths = new Map<string, string>()
  const walk = (value: unknown, path: string): void => {
    if (typeof value === "string") paths.set(path, (paths.get(path) ?? "") + value)
    else if (typeof value === "object" && value !== null)
      for (const [name, item] of Object.entries(value)) walk(item, `${path}.${name}`)
  }
  lines.forEach((line, index) => {
    if (owners[index] === owner) walk(parse(line), "")
  })
  return [...paths.values()].join("\n")
}

describe("Texts in pieces of JSON, inside a text", () => {
  it("are masked as if each were whole, however small the pieces, between others", { timeout: 300_000 }, () => {
    const random = makeRandom(31)
    const make = makeFrom(makeRandom(32))
    let seen = 0
    let missed = 0
    for (const most of [1, 3, 9, 40]) {
      for (const [index, kind] of kinds.entries()) {
        const shape = told[(index + most) % told.length]
        if (shape === undefined || (most !== 9 && index % 8 !== most % 8)) continue
        const line = kind.line(make)
        const text = line.join("")
        const body = line[2]
        const whole = session.text(`see ${text}\nand go on\n`).value
        if (body.includes("\n") || windows(body).some((part) => whole.includes(part))) continue
        const stream = interleave(
          [`see ${text}\nand go on\n`, "nothing to be seen in this one, whatever is between\n"],
          shape,
          random,
          most,
        )
        const input = `${stream.lines.join("\n")}\n`
        const output = push(session, [input])
        const lines = output.slice(0, -1).split("\n")
        tell(stream, lines, 0)
        assert.strictEqual(tell(stream, lines, 1), "")
        seen++
        const left = joined(lines, stream.owners, 0)
        if (windows(body).some((part) => left.includes(part))) missed++
        assert.strictEqual(push(session, [output]), output, `again: ${input}`)
        assert.strictEqual(push(session, cut(input, random, 60)), output, input)
        if (index % 9 === 0) assert.strictEqual(push(session, input), output, input)
      }
    }
    assert.isAbove(seen, 100)
    assert.isAtMost(missed, 0)
  })

  it("are given when a record says that they are complete, or others come without end", () => {
    const line = (text: string) => `${JSON.stringify({ type: "text_delta", index: 0, text })}\n`
    const other = `${JSON.stringify({ type: "status", note: "nothing" })}\n`
    const ends = [
      `${JSON.stringify({ type: "content_block_stop", index: 0 })}\n`,
      "data: [DONE]\n",
      other.repeat(80),
      `${JSON.stringify({ type: "log", note: "words ".repeat(1000) })}\n`.repeat(12),
    ]
    for (const end of ends) {
      const stream = session.stream()
      assert.strictEqual(
        stream.push(line("I read the tok")).value + stream.push(end).value,
        line("I read the tok") + end,
      )
      assert.strictEqual(stream.push(other).value, other)
    }
    const endless = session.stream()
    const given =
      endless.push(line("I read the tok")).value +
      "a b ".repeat(20_000).replace(/[^]{1000}/g, (part) => endless.push(part).value)
    assert.isAbove(given.length, 20_000)
    const another = session.stream()
    another.push(line("I read the tok"))
    const before = JSON.stringify({ type: "content_block_stop", index: 1 })
    assert.notInclude(another.push(`${before}\n${other}`).value, "status")
  })

  it("are masked to the end of a word that is longer than what is held", () => {
    const random = makeRandom(33)
    const value = `sk-ant-api03-${Array.from({ length: 900 }, () => "Ab3dE5gH7j"[random(10)]).join("")}`
    const line = (text: string) => `${JSON.stringify({ type: "text_delta", text, note: "words ".repeat(30) })}\n`
    const input = cut(`the key ${value} and plain words`, random, 1).map(line).join("")
    const output = push(session, [input])
    const told = output
      .trimEnd()
      .split("\n")
      .map((record) => (JSON.parse(record) as { readonly text: string }).text)
      .join("")
    assert.match(told, /^the key \[redacted:anthropic-key#[0-9a-f]{8}\] and plain words$/)
    assert.strictEqual(push(session, cut(input, random, 5000)), output)
  })

  it("leave alone what only looks like a secret", () => {
    const random = makeRandom(34)
    const make = makeFrom(makeRandom(35))
    let kept = 0
    for (const [index, [, line]] of decoys.entries()) {
      const shape = told[index % told.length]
      if (shape === undefined) continue
      const text = line(make)
      if (session.text(text).value !== text) continue
      const input = `${interleave([text, "and other words"], shape, random, 9).lines.join("\n")}\n`
      assert.strictEqual(push(session, [input]), input, text)
      kept++
    }
    assert.isAbove(kept, 50)
  })
})
