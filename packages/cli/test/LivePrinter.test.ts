import { RunId, type RunEvent } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { livePrinter } from "../src/LivePrinter.ts"
import { styleFor } from "../src/style.ts"
import { terminalText } from "@runyard/core/TerminalText"
import { active, corpus } from "../../core/test/fixtures/terminalCorpus.ts"

const plain = styleFor({ isTTY: false }, {})

const screen = () => {
  let answer = ""
  let notes = ""
  const printer = livePrinter({ answer: (text) => (answer += text), note: (text) => (notes += text) }, plain)
  return { ...printer, answer: () => answer, notes: () => notes }
}

const message = (messageId: string, text: string): RunEvent => ({
  v: 1,
  runId: RunId.make("run_0000000000000000"),
  seq: 1,
  attempt: 1,
  at: 0,
  mono: 0,
  type: "agent.message",
  channel: "transcript",
  severity: "info",
  correlation: {},
  redactions: [],
  payload: { messageId, text },
})

describe("LivePrinter", () => {
  it("prints a message once, whether its live text came before, in part, or not at all", () => {
    const whole = "Hello to all of you."
    for (let seen = 0; seen <= whole.length; seen++) {
      const { frame, event, answer } = screen()
      if (seen > 0) frame({ messageId: "m:0", offset: 0, text: whole.slice(0, seen) })
      event(message("m", whole))
      frame({ messageId: "m:0", offset: seen, text: "too late" })
      assert.strictEqual(answer(), `${whole}\n`)
    }
  })

  it("lets nothing active through that is cut by two frames, and still prints the message once", () => {
    for (const text of corpus.filter((each) => each.isWellFormed())) {
      for (let at = 0; at <= text.length; at++) {
        const { frame, event, answer } = screen()
        frame({ messageId: "m:0", offset: 0, text: text.slice(0, at) })
        assert.notMatch(answer(), active)
        frame({ messageId: "m:0", offset: at, text: text.slice(at) })
        assert.notMatch(answer(), active)
        event(message("m", text))
        assert.notMatch(answer(), active)
        assert.strictEqual(answer().replace(/\n$/, ""), terminalText(text), JSON.stringify([text, at]))
      }
    }
  })

  it("closes an open line before anything else is printed", () => {
    const { frame, event, answer } = screen()
    frame({ messageId: "a:0", offset: 0, text: "unfinished" })
    event(message("b", "Another."))
    assert.strictEqual(answer(), "unfinished\nAnother.\n")
  })

  it("prints the finished text where the live text was another", () => {
    const { frame, event, answer } = screen()
    frame({ messageId: "m:0", offset: 0, text: "Hellö" })
    event(message("m", "Goodbye."))
    assert.strictEqual(answer(), "Hellö\nGoodbye.\n")
  })
})
