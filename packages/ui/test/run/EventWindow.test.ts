import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { EventPages, pageSize } from "../../src/run/EventPages.ts"
import { EventWindow, type LogPage } from "../../src/run/EventWindow.ts"
import { message } from "./events.ts"

interface Ask {
  readonly after: number
  readonly limit: number
  readonly signal: AbortSignal
  readonly answer: (page: LogPage) => void
  readonly refuse: (error: unknown) => void
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => message(from + n))

/** A server that answers when the test says so. */
const heldServer = () => {
  const asks: Array<Ask> = []
  const fetch = (after: number, limit: number, signal: AbortSignal) =>
    new Promise<LogPage>((answer, refuse) => asks.push({ after, limit, signal, answer, refuse }))
  return { asks, fetch }
}

/** A server with a log of this length, which gives at most `most` events at once. */
const server = (length: number, most = Infinity) => {
  const asked: Array<readonly [after: number, limit: number]> = []
  const fetch = (after: number, limit: number): Promise<LogPage> => {
    asked.push([after, limit])
    return Promise.resolve({
      events: range(after + 1, Math.min(length, after + Math.min(limit, most))),
      lastSeq: length,
    })
  }
  return { asked, fetch }
}

const at = { schedule: (notice: () => void) => notice() }

describe("EventWindow", () => {
  it("fetches only the pages of what is on the screen, in a log of a million", async () => {
    const { asked, fetch } = server(1_000_000)
    const window = new EventWindow({ fetch, lastSeq: 1_000_000, ...at })
    await window.load(999_980, 1_000_000)
    assert.deepStrictEqual(asked, [[999_500, 500]])
    assert.strictEqual(window.at(1_000_000)?.seq, 1_000_000)
    assert.strictEqual(window.at(1), undefined)
    await window.load(400_400, 400_600)
    assert.deepStrictEqual(asked.slice(1), [
      [400_000, 500],
      [400_500, 500],
    ])
  })

  it("gives up what is fetched for a place that is left, and keeps what is awaited", () => {
    const { asks, fetch } = heldServer()
    const window = new EventWindow({ fetch, lastSeq: 1_000_000, ...at })
    void window.load(1, 10)
    window.look(5_001, 5_050)
    window.look(700_001, 700_050)
    assert.deepStrictEqual(
      asks.map(({ after, signal }) => [after, signal.aborted]),
      [
        [0, false],
        [5_000, true],
        [700_000, false],
      ],
    )
  })

  it("does not ask twice for a page that is on its way", () => {
    const { asks, fetch } = heldServer()
    const window = new EventWindow({ fetch, lastSeq: 2_000, ...at })
    window.look(1, 40)
    window.look(10, 50)
    assert.strictEqual(asks.length, 1)
  })

  it("asks on where a page comes in parts, and stops where nothing more comes", async () => {
    const parts = server(2_000, 120)
    const window = new EventWindow({ fetch: parts.fetch, lastSeq: 2_000, ...at })
    await window.load(501, 1_000)
    assert.strictEqual(window.slice(501, 1_000).length, 500)
    assert.strictEqual(parts.asked.length, 5)
    const empty = new EventWindow({ fetch: () => Promise.resolve({ events: [], lastSeq: 10 }), lastSeq: 10, ...at })
    await empty.load(1, 10)
    assert.strictEqual(empty.slice(1, 10).length, 0)
  })

  it("adds what comes live while its page is fetched, each event once", async () => {
    const { asks, fetch } = heldServer()
    const window = new EventWindow({ fetch, lastSeq: 5, ...at })
    const loaded = window.load(1, 5)
    window.append(range(6, 8))
    window.append(range(7, 9))
    asks[0]?.answer({ events: range(1, 7), lastSeq: 7 })
    await loaded
    assert.deepStrictEqual(
      window.slice(1, 9).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    assert.strictEqual(window.lastSeq, 9)
  })

  it("keeps why a fetch failed until one works", async () => {
    const { asks, fetch } = heldServer()
    const window = new EventWindow({ fetch, lastSeq: 5, ...at })
    const loaded = window.load(1, 5)
    asks[0]?.refuse(new TypeError("no answer"))
    await loaded
    assert.instanceOf(window.error, TypeError)
    const again = window.load(1, 5)
    asks[1]?.answer({ events: range(1, 5), lastSeq: 5 })
    await again
    assert.strictEqual(window.error, undefined)
    assert.strictEqual(window.slice(1, 5).length, 5)
  })

  it("notices its listeners once for many changes", () => {
    const notices: Array<() => void> = []
    const window = new EventWindow({
      fetch: heldServer().fetch,
      lastSeq: 0,
      schedule: (notice) => notices.push(notice),
    })
    let heard = 0
    window.subscribe(() => heard++)
    for (let seq = 1; seq <= 100; seq++) window.append([message(seq)])
    assert.strictEqual(notices.length, 1)
    notices[0]?.()
    assert.strictEqual(heard, 1)
  })

  it("stays within its bounds while a log of 200,000 is read from end to end, and while as many come live", async () => {
    const pages = new EventPages({ maxPages: 8 })
    const window = new EventWindow({ fetch: server(200_000).fetch, lastSeq: 200_000, pages, ...at })
    let most = 0
    for (let seq = 1; seq <= 200_000; seq += 300) {
      await window.load(seq, seq + 50)
      most = Math.max(most, pages.count)
    }
    assert.isAtMost(most, 10 * pageSize)
    window.look(1, 50)
    for (let seq = 200_001; seq < 300_000; seq += 100) window.append(range(seq, seq + 99))
    assert.isAtMost(pages.count, 9 * pageSize)
  })

  it("bounds pages of large events by their size", async () => {
    const pages = new EventPages({ maxSize: 1_000_000 })
    const large = (after: number, limit: number) =>
      Promise.resolve({
        events: Array.from({ length: limit }, (_, n) => message(after + n + 1, "x".repeat(1_000))),
        lastSeq: 100_000,
      })
    const window = new EventWindow({ fetch: large, lastSeq: 100_000, pages, ...at })
    for (let seq = 1; seq <= 10_000; seq += 500) await window.load(seq, seq + 20)
    assert.isAtMost(pages.count, 2 * pageSize)
  })

  it.effect.prop(
    "gives each event at its own number, however it came",
    {
      length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3_000 })),
      steps: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_200 }))).check(
        Schema.isMaxLength(20),
      ),
    },
    ({ length, steps }) =>
      Effect.promise(async () => {
        const window = new EventWindow({
          fetch: server(length, 333).fetch,
          lastSeq: length,
          pages: new EventPages({ maxPages: 3 }),
          ...at,
        })
        for (const step of steps) {
          if (step % 3 === 0) window.append(range(Math.max(1, length - 5), length))
          else await window.load(step, step + 40)
          for (let seq = 1; seq <= length; seq++) {
            const found = window.at(seq)
            assert.isTrue(found === undefined || found.seq === seq)
          }
          if (step % 3 !== 0 && step >= 1 && step <= length) assert.strictEqual(window.at(step)?.seq, step)
        }
      }),
  )
})
