import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Protocol } from "../src/Adapter.ts"
import { lineCutter } from "../src/internal/lineCutter.ts"
import { outputReader } from "../src/OutputReader.ts"
import { Redactor } from "../src/Redactor.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import { joinSource } from "../src/SourceLine.ts"
import { splitSource } from "../src/VendorLine.ts"

const redaction = Effect.runSync(
  Redactor.useSync((redactor) => redactor.session([{ name: "FAKE_KEY", value: "hunter2-hunter2-hunter2" }])).pipe(
    Effect.provide(Redactor.layer({ key: new Uint8Array(32) })),
  ),
)
const reader = () => {
  const format = fakeAdapter.formats["lines"]
  assert.isDefined(format)
  return outputReader(format.protocol({}), format.framing, redaction)
}
const message = (text: string) => fakeLine({ event: { type: "agent.message", payload: { messageId: "m1", text } } })

/** Every way of cutting a text into two, and single characters. */
const cuts = (text: string): ReadonlyArray<ReadonlyArray<string>> => [
  ...Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]),
  text.split(""),
]

describe("OutputReader", () => {
  it("makes the same drafts however the output is cut", () => {
    const output = `${message("one")}not json\n${message("two with hunter2-hunter2-hunter2 in it")}${fakeLine({ done: { outcome: "succeeded" } })}`
    const read = (chunks: ReadonlyArray<string>) => {
      const made = reader()
      for (const chunk of chunks) made.push("stdout", chunk)
      made.end()
      return made.take().drafts
    }
    const whole = read([output])
    assert.deepStrictEqual(
      whole.map(({ type }) => type),
      ["agent.message", "run.chunk.stdout", "agent.message", "run.chunk.stdout"],
    )
    assert.isFalse(JSON.stringify(whole).includes("hunter2"))
    for (const chunks of cuts(output)) assert.deepStrictEqual(read(chunks), whole)
  })

  it("gives back every line of the vendor, byte for byte where nothing was masked", () => {
    const long = "a long answer ".repeat(20)
    const output = `${message(long)}plain words\n${message(`quoted "${long}"\n\t\u2028`)}`
    const made = reader()
    made.push("stdout", output)
    made.end()
    const { drafts } = made.take()
    const lines = drafts.map((item) =>
      item.source === undefined
        ? (item.payload as { readonly text: string }).text
        : joinSource(item.source, item.payload),
    )
    assert.strictEqual(`${lines.join("\n")}\n`, output)
    assert.isBelow(JSON.stringify(drafts[0]?.source).length, 150)
  })

  it("catches a secret that the deltas of a message cut in two, live and in the checkpoint", () => {
    const made = reader()
    for (const text of ["the key is hunter2-hun", "ter2-hun", "ter2, keep it"]) {
      made.push("stdout", fakeLine({ delta: { messageId: "m1", text } }))
    }
    made.checkpoint()
    made.end()
    const { live, drafts } = made.take()
    const shown = live.map(({ text }) => text).join("")
    assert.isFalse(shown.includes("hunter2"))
    assert.isTrue(shown.startsWith("the key is [redacted:"))
    assert.isFalse(JSON.stringify(drafts).includes("hunter2"))
    const saved = drafts.map((item) => (item.type === "agent.message_partial" ? item.payload.text : "")).join("")
    assert.match(saved, /^the key is \[redacted:[^\]]+\], keep it$/)
  })

  it("catches a secret that lines of stderr cut in chunks", () => {
    const made = reader()
    for (const chunk of ["warn: hunter2-", "hunter2-hunter2 was", " here\nnext\n"]) made.push("stderr", chunk)
    made.end()
    const { drafts } = made.take()
    assert.strictEqual(drafts.length, 1)
    assert.isFalse(JSON.stringify(drafts).includes("hunter2"))
    assert.deepStrictEqual(drafts[0]?.redactions.length, 1)
  })

  it("shows nothing of a message that is finished in the same moment", () => {
    const made = reader()
    made.push("stdout", fakeLine({ delta: { messageId: "m1:0", text: "one two three " } }))
    made.push("stdout", fakeLine({ delta: { messageId: "m2", text: "four five six " } }))
    made.push("stdout", message("one two three"))
    made.end()
    const { live, drafts } = made.take()
    assert.deepStrictEqual(
      live.map(({ messageId }) => messageId),
      ["m2"],
    )
    assert.deepStrictEqual(
      drafts.map(({ type }) => type),
      ["agent.message", "agent.message_partial"],
    )
  })

  it("keeps little of messages that never finish, and loses none of it", () => {
    const made = reader()
    const words = "some words ".repeat(1000)
    for (let n = 0; n < 20; n++) made.push("stdout", fakeLine({ delta: { messageId: "long", text: words } }))
    assert.isAtLeast(made.take().drafts.length, 3)
    for (let n = 0; n < 500; n++) made.push("stdout", fakeLine({ delta: { messageId: `m${n}`, text: `text ${n}. ` } }))
    const early = made.take().drafts
    assert.isAtLeast(early.length, 400)
    made.end()
    const saved = [...early, ...made.take().drafts].map((item) =>
      item.type === "agent.message_partial" ? item.payload.text : "",
    )
    for (let n = 0; n < 500; n++) assert.include(saved, `text ${n}. `)
  })

  it("counts what is masked in an endless line without a list that grows with it", () => {
    const made = reader()
    for (let n = 0; n < 200; n++) made.push("stderr", `${"no line end ".repeat(40)} hunter2-hunter2-hunter2 `)
    made.push("stderr", "\nnext\n")
    made.end()
    const { drafts } = made.take()
    assert.isBelow(Math.max(...drafts.map(({ redactions }) => redactions.length)), 3)
    assert.deepStrictEqual(
      made.redactions().map(({ count }) => count),
      [200],
    )
  })

  it("masks a key that runs over lines that are no JSON, whatever is printed between them", () => {
    const made = reader()
    const lines = Array.from({ length: 4 }, (_, index) => `FAKE${"a1B2c3D4e5F6g7H8".repeat(3)}${index}`)
    const [begin, end] = ["BEGIN", "END"].map((name) => ["-----", name, " RSA PRIV", "ATE KEY-----"].join(""))
    made.push("stdout", `before\n${begin}\n${lines[0]}\n`)
    made.push("stdout", message("in between"))
    made.push("stdout", `${lines.slice(1).join("\n")}\n${end}\nafter\n`)
    made.end()
    const text = JSON.stringify(made.take().drafts)
    for (const line of lines) assert.notInclude(text, line.slice(0, 20))
    for (const word of ["before", "in between", "after", "[redacted:private-key#"]) assert.include(text, word)
  })

  it("masks the id of a message that is being written, whose line nobody else looks at", () => {
    const made = reader()
    made.push("stdout", fakeLine({ delta: { messageId: "m-hunter2-hunter2-hunter2", text: "some words " } }))
    made.end()
    const { drafts, live } = made.take()
    assert.notInclude(JSON.stringify([drafts, live]), "hunter2")
    assert.deepStrictEqual(
      drafts.map(({ type }) => type),
      ["agent.message_partial"],
    )
  })

  it("puts slow prose lines together into one chunk until it is told to flush", () => {
    const made = reader()
    made.push("stderr", "one\n")
    made.push("stderr", "two\n")
    assert.strictEqual(made.take().drafts.length, 0)
    made.flush()
    assert.deepStrictEqual(
      made.take().drafts.map(({ payload }) => payload),
      [{ text: "one\ntwo", reason: "text" }],
    )
  })

  it("keeps the block that a later line finishes as the source of its event", () => {
    let block: Array<string> = []
    const protocol: Protocol = {
      decode: ({ text }) => {
        if (text !== "end") {
          block.push(text)
          return { events: [], name: "part", original: "hold" }
        }
        const event = { type: "agent.reasoning", payload: { text: block.join(" ") } } as const
        block = []
        return { events: [event], name: "block", original: "line" }
      },
      drain: () => (block.length === 0 ? [] : [{ type: "agent.reasoning", payload: { text: block.join(" ") } }]),
      end: () => ({ outcome: "succeeded" }),
    }
    const made = outputReader(protocol, "text", redaction)
    made.push("stdout", "a\nb\nend\nc")
    made.end()
    const { drafts } = made.take()
    assert.deepStrictEqual(
      drafts.map((item) => item.source && joinSource(item.source, item.payload)),
      ["a\nb\nend", "c"],
    )
  })
})

describe("lineCutter", () => {
  it("cuts a line over the bound into pieces and goes on with the next line", () => {
    const lines: Array<string> = []
    const pieces: Array<readonly [string, boolean]> = []
    const cutter = lineCutter(
      4,
      (line) => lines.push(line),
      (piece, last) => pieces.push([piece, last]),
    )
    for (const chunk of ["ab\ncdefg", "hijk\r\nlm", "\n"]) cutter.push(chunk)
    cutter.end()
    assert.deepStrictEqual(lines, ["ab", "lm"])
    assert.strictEqual(pieces.map(([piece]) => piece).join(""), "cdefghijk\r")
    assert.deepStrictEqual(
      pieces.map(([, last]) => last),
      [false, false, true],
    )
  })
})

describe("A cut", () => {
  it("never goes through a character", () => {
    for (const lead of ["", "a"]) {
      const made = reader()
      const line = lead + "\u{1f600}".repeat(200_000)
      made.push("stderr", `${line}\n`)
      made.end()
      const texts = made.take().drafts.map(({ payload }) => (payload as { readonly text: string }).text)
      assert.isAbove(texts.length, 3)
      assert.strictEqual(texts.join(""), line)
      assert.isTrue(texts.every((text) => text.isWellFormed()))
    }
  })
})

describe("LineSource", () => {
  it.effect.prop(
    "reproduces the line whatever the payload holds",
    { text: Schema.String, other: Schema.String },
    ({ text, other }) =>
      Effect.sync(() => {
        const line = JSON.stringify({ a: text.repeat(10), b: other })
        const payload = { text: text.repeat(10), list: [other.repeat(30)] }
        assert.strictEqual(joinSource(splitSource("stdout", line, payload), payload), line)
      }),
  )
})
