import { assert, describe, it } from "@effect/vitest"
import { EventLog, MemoryStore, type RunEvent, runyardError } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { HttpServerResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { openStreams } from "../src/security/HeldStream.ts"
import { makeAllStream, makeRunStreams } from "../src/sse.ts"
import { ana } from "./server.ts"

const { chunk, failed, opening, testRunId } = EventDrafts
const id = testRunId(1)

const bodyOf = (response: HttpServerResponse.HttpServerResponse): ReadableStream<Uint8Array> => {
  const { body } = response
  if (body._tag === "Raw" && body.body instanceof ReadableStream) return body.body
  throw new Error("an answer without a stream")
}

interface Frame {
  readonly place: number
  readonly data: string
}

/** One client, which remembers what it got over all of its connections. */
class Client {
  readonly got: Array<Frame> = []
  ended = false
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  private reading: Promise<void> | undefined
  private readonly connect: (after: number) => ReadableStream<Uint8Array>
  private readonly after: number

  constructor(connect: (after: number) => ReadableStream<Uint8Array>, after: number) {
    this.connect = connect
    this.after = after
  }

  get place(): number {
    return this.got.at(-1)?.place ?? this.after
  }

  /** Asks for one piece. It may come much later. */
  read(): Promise<void> {
    if (this.ended) return Promise.resolve()
    const reader = (this.reader ??= this.connect(this.place).getReader())
    this.reading ??= reader.read().then(({ done, value }) => {
      this.reading = undefined
      if (reader !== this.reader) return
      if (done) this.ended = true
      for (const frame of Buffer.from(value ?? [])
        .toString()
        .split("\n\n")) {
        const [, place, data] = /^id: (\d+)\nevent: run\ndata: (.*)$/.exec(frame) ?? []
        if (data !== undefined) this.got.push({ place: Number(place), data })
      }
    })
    return this.reading
  }

  async disconnect(): Promise<void> {
    const { reader } = this
    this.reader = undefined
    await reader?.cancel()
    this.reading = undefined
  }

  async readUntil(place: number): Promise<void> {
    while (this.place < place) await this.read()
  }
}

const expected = (events: ReadonlyArray<RunEvent>, after: number): ReadonlyArray<Frame> =>
  events.filter(({ seq }) => seq > after).map((event) => ({ place: event.seq, data: JSON.stringify(event) }))

const Act = Schema.Literals(["append", "append", "read", "read", "read", "let", "disconnect"])
const Step = Schema.Tuple([Act, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))])

describe("runStream", () => {
  it.effect.prop(
    "gives each client exactly the log, however it reads, leaves and comes back while events are written",
    [
      Schema.Array(Step).check(Schema.isMaxLength(60)),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 700 })),
    ],
    ([steps, before]) =>
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append(id, [...opening(), ...Arr.makeBy(before, (n) => chunk(`early ${n}`))])
        const runStream = yield* makeRunStreams(log.events)
        let last = yield* log.last
        const clients = Arr.makeBy(
          4,
          (n) => new Client((after) => bodyOf(runStream({ id, principal: ana, last, after })), n === 3 ? before : 0),
        )
        for (const [act, which] of steps) {
          const client = clients[which]
          if (act === "append") {
            const added = yield* log.append(
              id,
              Arr.makeBy(which * which + 1, (n) => chunk(`late ${n}`)),
            )
            last = added.at(-1)?.seq ?? last
          } else if (act === "read") void client?.read()
          else if (act === "disconnect") yield* Effect.promise(async () => client?.disconnect())
          else yield* Effect.promise(() => new Promise(setImmediate))
        }
        yield* log.append(id, [failed])
        last++
        for (const client of clients) {
          yield* Effect.promise(() => client.readUntil(last))
          while (!client.ended) yield* Effect.promise(() => client.read())
        }
        const events = yield* Stream.runCollect(log.events(id))
        clients.forEach((client, n) => assert.deepStrictEqual(client.got, expected(events, n === 3 ? before : 0)))
      }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )

  it.effect("follows a log once for all who read it, and not at all when nobody does", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append(id, opening())
      let following = 0
      let followed = 0
      const counted: typeof log.events = (runId, options) =>
        options?.follow === false
          ? log.events(runId, options)
          : Stream.suspend(() => {
              following++
              followed++
              return Stream.ensuring(
                log.events(runId, options),
                Effect.sync(() => void following--),
              )
            })
      const runStream = yield* makeRunStreams(counted)
      const clients = Arr.makeBy(
        50,
        () => new Client((after) => bodyOf(runStream({ id, principal: ana, last: 3, after })), 0),
      )
      yield* Effect.promise(() => Promise.all(clients.map((client) => client.readUntil(3))))
      const waiting = clients.map((client) => client.read())
      yield* log.append(id, [chunk("one")])
      yield* Effect.promise(() => Promise.all(waiting))
      assert.deepStrictEqual(
        clients.map(({ place }) => place),
        Arr.replicate(4, 50),
      )
      assert.deepStrictEqual([following, followed], [1, 1])
      yield* Effect.promise(() => Promise.all(clients.map((client) => client.disconnect())))
      yield* Effect.yieldNow
      yield* Effect.promise(() => new Promise(setImmediate))
      assert.strictEqual(following, 0)
      const late = new Client((after) => bodyOf(runStream({ id, principal: ana, last: 4, after })), 3)
      yield* Effect.promise(() => late.readUntil(4))
      assert.strictEqual(followed, 2)
      yield* Effect.promise(() => late.disconnect())
    }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )

  it.effect("fails its readers when the log fails", () =>
    Effect.gen(function* () {
      const runStream = yield* makeRunStreams(() => Stream.fail(runyardError("STORE_FAILED")))
      const client = new Client((after) => bodyOf(runStream({ id, principal: ana, last: 0, after })), 0)
      yield* Effect.promise(() => client.read())
      const failure = yield* Effect.promise(() =>
        client.read().then(
          () => undefined,
          (error: unknown) => error,
        ),
      )
      assert.instanceOf(failure, Error)
    }).pipe(Effect.scoped),
  )
})

describe("a stream that the server holds", () => {
  it.effect("is handed on as it is, and ends with a hint whether it is read, waits or was never read", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append(id, opening())
      const allStream = yield* makeAllStream(log.all)
      const held = openStreams()
      let ended = 0
      const bodies = Arr.makeBy(4, () => {
        const body = bodyOf(allStream({ principal: ana, last: 3, after: 0 }))
        assert.strictEqual(
          held.hold(body, () => ended++),
          body,
        )
        return body
      })
      const [waits, ...others] = bodies
      const [isRead, , leaves] = others.map((body) => body.getReader())
      const all = Effect.promise(() => new Response(waits).text())
      const waiting = yield* Effect.forkChild(all, { startImmediately: true })
      yield* Effect.promise(async () => isRead?.read())
      yield* Effect.promise(async () => leaves?.cancel())
      yield* Effect.promise(() => new Promise(setImmediate))
      assert.strictEqual(ended, 1)
      held.end()
      held.end()
      assert.match(yield* Fiber.join(waiting), /^:\n\n(?:id: \d\nevent: run\ndata: .*\n\n){3}retry: 1000\n\n$/)
      assert.strictEqual(ended, 4)
    }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )
})

describe("a stream of which nothing comes", () => {
  it.effect("says every 15 seconds that it is there", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      const allStream = yield* makeAllStream(log.all)
      const reader = bodyOf(allStream({ principal: ana, last: 0, after: 0 })).getReader()
      const next = Effect.promise(async () => new TextDecoder().decode((await reader.read()).value))
      assert.strictEqual(yield* next, ":\n\n")
      for (let times = 0; times < 3; times++) {
        const waiting = yield* Effect.forkChild(next, { startImmediately: true })
        yield* TestClock.adjust("14 seconds")
        assert.isUndefined(waiting.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), ":\n\n")
      }
      yield* Effect.promise(() => reader.cancel())
    }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )
})

describe("allStream", () => {
  it.effect("begins behind what its client has seen, also where that is not there yet", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append(id, opening())
      const allStream = yield* makeAllStream(log.all)
      const last = yield* log.last
      const ahead = new Client((after) => bodyOf(allStream({ principal: ana, last, after })), 5)
      const behind = new Client((after) => bodyOf(allStream({ principal: ana, last, after })), 1)
      yield* Effect.promise(() => ahead.read())
      const waiting = ahead.read()
      yield* Effect.promise(() => behind.readUntil(3))
      yield* log.append(id, [chunk("4"), chunk("5"), chunk("6")])
      yield* Effect.promise(() => waiting)
      yield* Effect.promise(() => behind.readUntil(6))
      assert.deepStrictEqual(
        ahead.got.map(({ place }) => place),
        [6],
      )
      assert.deepStrictEqual(
        behind.got.map(({ place }) => place),
        [2, 3, 4, 5, 6],
      )
      yield* Effect.promise(() => Promise.all([ahead.disconnect(), behind.disconnect()]))
    }).pipe(Effect.provide(MemoryStore.layer), Effect.scoped),
  )
})
