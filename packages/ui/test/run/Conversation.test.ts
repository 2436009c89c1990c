import { assert, describe, it } from "@effect/vitest"
import { Conversation } from "../../src/run/Conversation.ts"
import { EventWindow } from "../../src/run/EventWindow.ts"
import { event, message } from "./events.ts"

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => message(from + n))

const open = async (length: number) => {
  const state = { length, asked: 0 }
  const window = new EventWindow({
    fetch: (after, limit) => {
      state.asked++
      return Promise.resolve({ events: range(after + 1, Math.min(state.length, after + limit)), lastSeq: state.length })
    },
    lastSeq: length,
    schedule: (notice) => notice(),
  })
  const conversation = new Conversation(window, () => 0)
  await conversation.latest()
  return { conversation, state, window }
}

const shown = (conversation: Conversation) => {
  const texts = conversation.timeline.blocks.map((block) => (block.kind === "message" ? block.text : block.kind))
  return [texts[0], texts.at(-1), texts.length]
}

describe("Conversation", () => {
  it("begins with the last events, with few requests, of a log of any length", async () => {
    const { conversation, state } = await open(1_000_000)
    assert.deepStrictEqual(shown(conversation), ["m999001", "m1000000", 1_000])
    assert.strictEqual(state.asked, 2)
    assert.isTrue(conversation.atEnd)
    assert.deepStrictEqual(shown((await open(3)).conversation), ["m1", "m3", 3])
    assert.deepStrictEqual(shown((await open(0)).conversation), [undefined, undefined, 0])
  })

  it("goes on with the run, and holds a bounded part of it", async () => {
    const { conversation, window } = await open(10)
    window.append(range(11, 12))
    assert.deepStrictEqual(shown(conversation), ["m1", "m12", 12])
    for (let seq = 13; seq < 20_000; seq += 10) {
      window.append(range(seq, seq + 9))
      assert.isAtMost(conversation.timeline.blocks.length, 6_010)
    }
    assert.strictEqual(shown(conversation)[1], `m${window.lastSeq}`)
  })

  it("goes back to the beginning step by step, and to the end again, without one missing", async () => {
    const { conversation } = await open(15_000)
    while (conversation.from > 1) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await conversation.earlier()
      const { blocks } = conversation.timeline
      assert.isAtMost(blocks.length, 6_000)
      assert.isTrue(blocks.every(({ seq }, index) => index === 0 || seq === (blocks[index - 1]?.seq ?? 0) + 1))
    }
    assert.deepStrictEqual(shown(conversation), ["m1", "m6000", 6_000])
    assert.isFalse(conversation.atEnd)
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    while (!conversation.atEnd) await conversation.later()
    assert.strictEqual(shown(conversation)[1], "m15000")
    await conversation.around(7_000)
    assert.deepStrictEqual(shown(conversation), ["m6500", "m7499", 1_000])
    await conversation.latest()
    assert.deepStrictEqual(shown(conversation), ["m14001", "m15000", 1_000])
  })

  it("goes on with a run that went on while its beginning was fetched", async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const window = new EventWindow({
      fetch: async (after, limit) => {
        await promise
        return { events: range(after + 1, Math.min(12, after + limit)), lastSeq: 12 }
      },
      lastSeq: 10,
      schedule: (notice) => notice(),
    })
    const conversation = new Conversation(window, () => 0)
    const loaded = conversation.latest()
    window.append(range(11, 12))
    resolve()
    await loaded
    assert.isTrue(conversation.atEnd)
    window.append(range(13, 13))
    assert.deepStrictEqual(shown(conversation), ["m1", "m13", 13])
  })

  it("does not follow the run while it shows an earlier part", async () => {
    const { conversation, window } = await open(15_000)
    await conversation.around(100)
    window.append(range(15_001, 15_010))
    assert.isFalse(conversation.atEnd)
    assert.strictEqual(shown(conversation)[1], "m1000")
  })

  it("fetches what it has not seen when the log is longer than what came live", async () => {
    const { conversation, state, window } = await open(10)
    state.length = 40
    window.grow(40)
    await window.load(1, 40)
    await Promise.resolve()
    assert.deepStrictEqual(shown(conversation), ["m1", "m40", 40])
  })

  it("does not ask again and again where no answer comes, and goes on when the window is asked again", async () => {
    let [asked, reachable] = [0, false]
    const window = new EventWindow({
      fetch: () => {
        asked++
        return reachable ? Promise.resolve({ events: range(1, 10), lastSeq: 10 }) : Promise.reject(new TypeError("no"))
      },
      lastSeq: 10,
      schedule: (notice) => notice(),
    })
    const conversation = new Conversation(window, () => 0)
    await conversation.latest()
    assert.strictEqual(asked, 1)
    reachable = true
    window.retry()
    await window.load(1, 10)
    await Promise.resolve()
    await Promise.resolve()
    assert.deepStrictEqual(shown(conversation), ["m1", "m10", 10])
  })

  it("shows what is being written, also after an earlier part was added, until it is finished", async () => {
    const { conversation, window } = await open(3_000)
    conversation.addLive([{ messageId: "a", offset: 0, text: "Hel" }])
    conversation.addLive([{ messageId: "a", offset: 3, text: "lo" }])
    assert.strictEqual(shown(conversation)[1], "Hello")
    await conversation.earlier()
    assert.deepStrictEqual(shown(conversation), ["m1001", "Hello", 2_001])
    window.append([event(3_001, "agent.message", { messageId: "a", text: "Hello!" })])
    assert.deepStrictEqual(shown(conversation), ["m1001", "Hello!", 2_001])
    await conversation.earlier()
    assert.deepStrictEqual(shown(conversation), ["m1", "Hello!", 3_001])
  })

  it("shows nothing as being written once the attempt has ended, however the end came", async () => {
    const { conversation, state, window } = await open(10)
    const error = { code: "CLI_FAILED", class: "unknown", message: "m", remedy: "r", detail: {} } as never
    conversation.addLive([{ messageId: "a", offset: 0, text: "Half" }])
    const end = event(11, "run.interrupted", { error })
    window.append([end])
    conversation.addLive([{ messageId: "a", offset: 4, text: " of it" }])
    const states = () =>
      conversation.timeline.blocks.map((block) => (block.kind === "message" ? block.state : block.kind))
    assert.deepStrictEqual(states().slice(-2), ["cut", "end"])
    // The same, read again as a whole.
    state.length = 10
    await conversation.latest()
    assert.notInclude(states(), "writing")
  })
})
