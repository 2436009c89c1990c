import { assert, describe, it } from "@effect/vitest"
import { RunId, type RunEvent, runyardError, type StoredEvent } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { readSse, type SseFrame } from "../src/client/sseReader.ts"
import { allFrames, runFrames } from "../src/sse.ts"

const runId = RunId.make("run_0000000000000000")
const eventOf = (seq: number, text = "x"): RunEvent => ({ v: 1, runId, seq, ...EventDrafts.message(text) })

const textOf = (chunk: Uint8Array) => new TextDecoder().decode(chunk)

/** Lets everything that is ready happen. */
const settled = async () => {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe("runFrames", () => {
  it.effect("numbers events, leaves live frames without a number, and says when it is over", () =>
    Effect.gen(function* () {
      const log = yield* Queue.unbounded<RunEvent, Error>()
      const events = Stream.fromQueue(log).pipe(Stream.catch(() => Stream.empty))
      const live = Stream.concat(Stream.make({ messageId: "m", offset: 0, text: "He" }), Stream.never)
      const seen: Array<string> = []
      const reading = yield* Effect.forkChild(
        Stream.runForEach(runFrames(events, live), (chunk) => Effect.sync(() => seen.push(textOf(chunk)))),
      )
      yield* TestClock.adjust(1)
      yield* Queue.offer(log, eventOf(1, "a\r\nb"))
      yield* TestClock.adjust(1)
      yield* Queue.fail(log, new Error("over"))
      yield* Fiber.join(reading)
      assert.strictEqual(seen[0], ":\n\n")
      assert.include(seen, 'event: live\ndata: {"messageId":"m","offset":0,"text":"He"}\n\n')
      const numbered = seen.find((text) => text.startsWith("id: 1\nevent: run\ndata: {")) ?? ""
      assert.strictEqual(numbered.split("\n").length, 5, "the line end of a text is no line end of the frame")
      assert.strictEqual(seen.at(-1), "event: end\ndata: {}\n\n")
    }),
  )

  it.effect("sends a comment each 15 seconds while nothing happens", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const reading = yield* Effect.forkChild(
        Stream.runForEach(runFrames(Stream.never), (chunk) => Effect.sync(() => seen.push(textOf(chunk)))),
      )
      yield* TestClock.adjust("14 seconds")
      const before = seen.length
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.interrupt(reading)
      assert.isTrue(seen.every((text) => text === ":\n\n"))
      assert.strictEqual(seen.length - before, 8)
    }),
  )

  it.effect("fails where the log does, so that the reader comes again, and says no end", () =>
    Effect.gen(function* () {
      const log = Stream.concat(Stream.make(eventOf(1)), Stream.fail(runyardError("STORE_FAILED")))
      const seen: Array<string> = []
      const frames = Stream.tap(runFrames(log), (chunk) => Effect.sync(() => seen.push(textOf(chunk))))
      const error = yield* Effect.flip(Stream.runDrain(frames))
      assert.strictEqual(error.code, "STORE_FAILED")
      assert.isFalse(seen.some((text) => text.includes("event: end")))
    }),
  )

  it("reads no further for a reader that stalls, and goes on where it was without a gap", async () => {
    const perPage = 100
    let pages = 0
    const log = Stream.flattenIterable(
      Stream.fromEffectRepeat(
        Effect.sync(() => {
          const from = pages++ * perPage
          return Array.from({ length: perPage }, (_, index) => eventOf(from + index + 1, "y".repeat(1_000)))
        }),
      ),
    )
    const body = Stream.toReadableStream(runFrames(Stream.rechunk(log, perPage)))
    const frames = readSse(body)
    const read = async (count: number) => {
      const ids: Array<number> = []
      while (ids.length < count) {
        const next = await frames.next()
        if (next.done === true) assert.fail("It ended")
        ids.push(Number(next.value.id))
      }
      return ids
    }
    const first = await read(10)
    await settled()
    const stalled = pages
    await settled()
    assert.strictEqual(pages, stalled, "it reads on although nobody takes what it has")
    assert.isAtMost(stalled, 6)
    const rest = await read(2_000)
    await frames.return()
    assert.deepStrictEqual(
      [...first, ...rest],
      Array.from({ length: 2_010 }, (_, index) => index + 1),
    )
    await settled()
    const left = pages
    await settled()
    assert.strictEqual(pages, left, "it reads on although the reader has left")
  })
})

describe("allFrames", () => {
  it.effect("numbers events by their cursor, and encodes an event once for all who get it", () =>
    Effect.gen(function* () {
      let encoded = 0
      const event = {
        ...eventOf(1),
        toJSON() {
          encoded++
          return eventOf(1)
        },
      }
      const stored: StoredEvent = { cursor: 7, event }
      for (let reader = 0; reader < 3; reader++) {
        const chunks = yield* Stream.runCollect(allFrames(Stream.make(stored)))
        assert.match(chunks.map(textOf).join(""), /^id: 7\nevent: run\ndata: \{"cursor":7,"event":\{/m)
      }
      assert.strictEqual(encoded, 1)
    }),
  )
})

describe("readSse", () => {
  const bytes = new TextEncoder().encode(
    'id: 1\nevent: run\ndata: {"a":"é€😀"}\n\n:\n\nevent: live\r\ndata: x\r\ndata:y\r\n\r\ndata\rid: 2\r\rdata: never ended',
  )
  const expected: ReadonlyArray<SseFrame> = [
    { id: "1", event: "run", data: '{"a":"é€😀"}' },
    { event: "live", data: "x\ny" },
    { id: "2", event: "message", data: "" },
  ]

  it("gives the same frames wherever the chunks are cut", async () => {
    for (let one = 0; one <= bytes.length; one++) {
      for (let two = one; two <= bytes.length; two += 7) {
        const parts = [bytes.slice(0, one), bytes.slice(one, two), bytes.slice(two)]
        const frames: Array<SseFrame> = []
        for await (const frame of readSse(new Blob(parts).stream())) frames.push(frame)
        assert.deepStrictEqual(frames, [...expected], `cut at ${one} and ${two}`)
      }
    }
  })
})
