/** The log's first invariant under random use: nothing is lost, repeated or out of order, whoever reads when and how. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { EventLog } from "../EventLog.ts"
import { chunk, opening, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

const runCount = 3

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** An append of so many events to a run, after so many turns of other fibers. */
const Append = Schema.Struct({ run: between(1, runCount), size: between(1, 40), pause: between(0, 3) })

const Reader = Schema.Struct({
  /** 0: all runs. */
  run: between(0, runCount),
  after: between(0, 60),
  /** Turns of other fibers before it subscribes, and between the pieces that it takes. */
  join: between(0, 30),
  slow: between(0, 5),
})

/** Between two phases the store is closed and opened again, and every reader goes on from its place. */
const Scenario = Schema.Struct({
  phases: Schema.Array(Schema.Array(Append).check(Schema.isMaxLength(12))).check(Schema.isMaxLength(3)),
  readers: Schema.Array(Reader).check(Schema.isMaxLength(6)),
})

const turns = (count: number): Effect.Effect<void> => Effect.replicateEffect(Effect.yieldNow, count, { discard: true })

class ReaderState {
  readonly options: typeof Reader.Type
  readonly seen: Array<number> = []

  constructor(options: typeof Reader.Type) {
    this.options = options
  }

  /** Where it stands: what it saw last, or where it was told to start. */
  get place(): number {
    return this.seen.at(-1) ?? this.options.after
  }
}

/** Reads until it has come to `last`. */
const follow = Effect.fnUntraced(function* (reader: ReaderState, last: number) {
  const log = yield* EventLog
  const { run, slow } = reader.options
  const options = { after: reader.place }
  if (options.after >= last) return
  const places =
    run === 0
      ? Stream.map(log.all(options), ({ cursor }) => cursor)
      : Stream.map(log.events(testRunId(run), options), ({ seq }) => seq)
  yield* places.pipe(
    Stream.mapArray((chunk) => {
      reader.seen.push(...chunk)
      return chunk
    }),
    Stream.tap(() => turns(slow)),
    Stream.takeUntil((place) => place >= last),
    Stream.runDrain,
  )
})

const appendAll = Effect.fnUntraced(function* (appends: ReadonlyArray<typeof Append.Type>) {
  const log = yield* EventLog
  const mine = (run: number) => appends.filter((append) => append.run === run)
  yield* Effect.forEach(
    [1, 2, 3],
    (run) =>
      Effect.forEach(mine(run), ({ size, pause }) =>
        Effect.andThen(
          turns(pause),
          log.append(
            testRunId(run),
            Array.from({ length: size }, (_, index) => chunk(String(index))),
          ),
        ),
      ),
    { concurrency: "unbounded", discard: true },
  )
})

const sizes = (phases: typeof Scenario.Type.phases, run: number): number =>
  phases
    .flat()
    .filter((append) => run === 0 || append.run === run)
    .reduce((sum, { size }) => sum + size, 3 * (run === 0 ? runCount : 1))

const consecutive = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(to - from, 0) }, (_, index) => from + 1 + index)

/** The whole log is right: gapless by cursor, and each run gapless in it. */
const checkLog = Effect.fnUntraced(function* (phases: typeof Scenario.Type.phases) {
  const log = yield* EventLog
  const all = yield* Stream.runCollect(log.all({ follow: false }))
  assert.deepStrictEqual(
    all.map(({ cursor }) => cursor),
    consecutive(0, sizes(phases, 0)),
  )
  for (const run of [1, 2, 3]) {
    const mine = all.filter(({ event }) => event.runId === testRunId(run)).map(({ event }) => event)
    assert.deepStrictEqual(
      mine.map(({ seq }) => seq),
      consecutive(0, sizes(phases, run)),
    )
    assert.deepStrictEqual(yield* Stream.runCollect(log.events(testRunId(run), { follow: false })), mine)
  }
})

const play = Effect.fnUntraced(function* (place: StorePlace, durable: boolean, scenario: typeof Scenario.Type) {
  const layer = yield* place
  const phases = durable ? scenario.phases : [scenario.phases.flat()]
  const readers = scenario.readers.map((options) => new ReaderState(options))
  const last = (reader: ReaderState) => sizes(phases, reader.options.run)

  const begin = Effect.flatMap(EventLog, (log) =>
    Effect.forEach([1, 2, 3], (run) => log.append(testRunId(run), opening()), { discard: true }),
  )
  const phase = Effect.fnUntraced(function* (index: number) {
    if (index === 0) yield* begin
    const reading = yield* Effect.forEach(readers, (reader) =>
      Effect.forkChild(Effect.andThen(turns(index === 0 ? reader.options.join : 0), follow(reader, last(reader)))),
    )
    yield* appendAll(phases[index] ?? [])
    if (index < phases.length - 1) yield* Fiber.interruptAll(reading)
    else yield* Effect.andThen(Fiber.joinAll(reading), checkLog(phases))
  })
  for (const index of (phases.length === 0 ? [[]] : phases).keys()) {
    yield* Effect.provide(phase(index), layer, { local: true })
  }
  for (const reader of readers) {
    assert.deepStrictEqual(reader.seen, consecutive(reader.options.after, last(reader)))
  }
})

export const propertySuite = (place: StorePlace, options: { readonly durable: boolean }): void =>
  it.effect.prop(
    "loses, repeats and reorders nothing, whoever reads from where, however slowly" +
      (options.durable ? ", and however often the store is opened again" : ""),
    { scenario: Scenario },
    ({ scenario }) => Effect.scoped(play(place, options.durable, scenario)),
    { arbitrary: { runs: 60 }, timeout: 60_000 },
  )
