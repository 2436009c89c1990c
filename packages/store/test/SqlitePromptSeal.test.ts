/** What of a sealed request lies in the files, read as bytes: nothing that can be read without the key, and nothing at all later. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { PromptSeal } from "@runyard/core/PromptSeal"
import type { RunRequest } from "@runyard/core/Run"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"

const { completed, opening, queued, testRunId } = EventDrafts
const id = testRunId(1)
const words = "an exact prompt that nobody else may read"
const request: RunRequest = { provider: "fake", prompt: words, cwd: "/work" }
const key = (byte: number) => Effect.succeed(new Uint8Array(32).fill(byte))

type Services = EventLog | PromptSeal

/** Opens the store for one effect and closes it again, as one program does. */
const using = <A>(directory: string, byte: number, effect: Effect.Effect<A, unknown, Services>) =>
  Effect.provide(effect, Layer.fresh(SqliteStore.layer({ directory, sealKey: key(byte) })), { local: true })

const filesOf = (directory: string) =>
  Fs.readdirSync(directory).map((name) => Fs.readFileSync(Path.join(directory, name)))

const holds = (directory: string, bytes: Uint8Array | string): boolean =>
  filesOf(directory).some((content) => content.includes(bytes))

const sealedRow = (directory: string): Uint8Array | undefined => {
  const database = new DatabaseSync(Path.join(directory, "runyard.db"))
  try {
    const row = database.prepare("SELECT sealed FROM sealed_requests").get()
    return row?.["sealed"] as Uint8Array | undefined
  } finally {
    database.close()
  }
}

describe("a sealed request", () => {
  it.effect("is in no file as it was, opens with the key alone, and only for its own run", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const sealed = PromptSeal.use((seal) => seal.seal(id, request)).pipe(
        Effect.andThen(EventLog.use((log) => log.append(id, [queued()]))),
        // The files while the program runs.
        Effect.andThen(Effect.sync(() => assert.isFalse(holds(directory, words)))),
      )
      yield* using(directory, 1, sealed)
      assert.isFalse(holds(directory, words))
      assert.isDefined(sealedRow(directory))
      const unsealed = PromptSeal.use((seal) => seal.unseal(id))
      assert.isUndefined(yield* using(directory, 2, unsealed))
      assert.deepStrictEqual(yield* using(directory, 1, unsealed), request)

      const database = new DatabaseSync(Path.join(directory, "runyard.db"))
      database.exec(`UPDATE sealed_requests SET run_id = '${testRunId(2)}'`)
      const other = PromptSeal.use((seal) => seal.unseal(testRunId(2)))
      assert.isUndefined(yield* using(directory, 1, other))
      database.exec("UPDATE sealed_requests SET sealed = zeroblob(5)")
      assert.isUndefined(yield* using(directory, 1, other))
      database.close()
    }),
  )

  it.effect("leaves no byte of its sealed form behind when the run has ended and the log is checkpointed", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const sealed = PromptSeal.use((seal) => seal.seal(id, { ...request, prompt: words.repeat(400) }))
      yield* using(
        directory,
        1,
        Effect.andThen(
          sealed,
          EventLog.use((log) => log.append(id, [queued()])),
        ),
      )
      const row = sealedRow(directory) ?? new Uint8Array()
      const pieces = [100, 5_000, 15_000].map((at) => row.slice(at, at + 24))
      for (const piece of pieces) assert.isTrue(holds(directory, piece))
      yield* using(
        directory,
        1,
        EventLog.use((log) => log.append(id, [...opening().slice(1), completed])),
      )
      assert.isUndefined(sealedRow(directory))
      for (const piece of pieces) assert.isFalse(holds(directory, piece))
    }),
  )

  it.effect("without a run is destroyed by a later start", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* using(
        directory,
        1,
        PromptSeal.use((seal) => seal.seal(id, request)),
      )
      yield* using(directory, 1, Effect.void)
      assert.isDefined(sealedRow(directory))
      yield* TestClock.adjust("2 hours")
      yield* using(directory, 1, Effect.void)
      assert.isUndefined(sealedRow(directory))
    }),
  )
})
