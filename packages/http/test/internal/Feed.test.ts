/** What a feed costs while nobody reads it, and that whoever reads again gets all of it. */
import { assert, describe, it } from "@effect/vitest"
import { EventLog, MemoryStore, type RunEvent } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { makeFeedBook } from "../../src/internal/feedBook.ts"
import { readFeed } from "../../src/internal/feedReader.ts"

const { chunk, failed, opening, testRunId } = EventDrafts
const id = testRunId(1)
const encoder = new TextEncoder()
const text = "x".repeat(4_000)
const turn = Effect.promise(() => new Promise(setImmediate))

describe("Feed", () => {
  it.effect("encodes nothing for readers that have stopped to read, who get all of it when they go on", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append(id, opening())
      const feeds = yield* makeFeedBook<RunEvent>()
      let encoded = 0
      const source = {
        stored: (after: number) => log.events(id, { after, follow: false }),
        follow: (after: number) => log.events(id, { after }),
        frame: (event: RunEvent) => {
          encoded++
          return { place: event.seq, bytes: encoder.encode(`${event.seq} ${JSON.stringify(event.payload)}\n`) }
        },
        place: ({ seq }: RunEvent) => seq,
      }
      const readers = Arr.makeBy(2, () =>
        readFeed({
          join: () => feeds.join(id, source, 3),
          leave: (feed) => feeds.leave(id, feed),
          after: 3,
          comment: encoder.encode(":\n"),
        }).getReader(),
      )
      const got = Arr.makeBy(2, () => "")
      const read = async (which: number): Promise<boolean> => {
        const { done, value } = (await readers[which]?.read()) ?? { done: true, value: undefined }
        got[which] += Buffer.from(value ?? []).toString()
        return !done
      }
      for (const which of [0, 1]) yield* Effect.promise(() => read(which))
      for (let batch = 0; batch < 100; batch++) {
        yield* log.append(
          id,
          Arr.makeBy(10, (n) => chunk(`${batch}.${n} ${text}`)),
        )
        yield* turn
      }
      // 256 KiB and the batch that filled them.
      assert.isAtMost(encoded, 80)
      assert.isAtLeast(encoded, 60)

      // One of them comes back, has all, and waits: what comes then is encoded once more, and the other one costs nothing.
      while (!got[0]?.includes("99.9 ")) yield* Effect.promise(() => read(0))
      const waiting = read(0)
      yield* turn
      const before = encoded
      yield* log.append(id, [chunk("new")])
      yield* Effect.promise(() => waiting)
      assert.strictEqual(encoded, before + 1)

      yield* log.append(id, [failed])
      for (const which of [0, 1]) while (yield* Effect.promise(() => read(which)));
      const places = got.map((all) => [...all.matchAll(/^(\d+) /gm)].map(([, place]) => Number(place)))
      for (const each of places) assert.deepStrictEqual(each, Arr.range(4, 1_005))
    }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )

  it.effect(
    "holds no page of the store for a reader that has stopped to read, who gets all of it when it goes on",
    () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append(id, [...opening(), ...Arr.makeBy(1_499, (n) => chunk(`${n} ${text}`)), failed])
        const feeds = yield* makeFeedBook<RunEvent>()
        let open = 0
        const source = {
          stored: (after: number) =>
            Stream.suspend(() => {
              open++
              return Stream.ensuring(
                log.events(id, { after, follow: false }),
                Effect.sync(() => void open--),
              )
            }),
          follow: (after: number) => log.events(id, { after }),
          frame: (event: RunEvent) => ({
            place: event.seq,
            bytes: encoder.encode(`${event.seq}\n`.padEnd(4_000, ".")),
          }),
          place: ({ seq }: RunEvent) => seq,
        }
        const reader = readFeed({
          join: () => feeds.join(id, source, 1_503),
          leave: (feed) => feeds.leave(id, feed),
          after: 0,
          comment: encoder.encode(":\n"),
        }).getReader()
        let got = ""
        const read = Effect.promise(async () => {
          got += Buffer.from((await reader.read()).value ?? []).toString()
        })
        const some = Effect.forEach(Arr.range(1, 5), () => read, { discard: true })
        yield* some
        assert.strictEqual(open, 1)
        // One that reads in between keeps it.
        yield* TestClock.adjust("1 second")
        yield* read
        yield* TestClock.adjust("1 second")
        yield* turn
        assert.strictEqual(open, 1)
        yield* TestClock.adjust("1 second")
        yield* turn
        assert.strictEqual(open, 0)
        yield* some
        assert.strictEqual(open, 1)
        yield* TestClock.adjust("2 seconds")
        yield* turn
        assert.strictEqual(open, 0)
        while (!/^1503$/m.test(got.replaceAll(/\.+/g, ""))) yield* read
        const places = [...got.matchAll(/(\d+)\n\.*/g)].map(([, place]) => Number(place))
        assert.deepStrictEqual(places, Arr.range(1, 1_503))
        yield* Effect.promise(() => reader.cancel())
        yield* turn
        assert.strictEqual(open, 0)
      }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )
})
