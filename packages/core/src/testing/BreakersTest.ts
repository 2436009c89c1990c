/** What every `Breakers` must do. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { breakerOf, Breakers } from "../Breakers.ts"
import { type BreakerState, closedBreaker } from "../CircuitBreaker.ts"
import type { StorePlace } from "./StorePlace.ts"

const open: BreakerState = { _tag: "Open", until: 1_700_000_030_000, openings: 1, code: "CLI_OVERLOADED" }
const halfOpen: BreakerState = { ...open, _tag: "HalfOpen", probe: "run_1.2" }

const set = (account: string, state: BreakerState) =>
  Breakers.use((breakers) => breakers.change(account, (before) => [before, state]))

export const suite = (backend: string, place: StorePlace): void => {
  describe(`Breakers (${backend})`, () => {
    const test = (name: string, body: Effect.Effect<void, unknown, Breakers>) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )

    test(
      "are closed where nothing is known, and there is none of them to tell of",
      Effect.gen(function* () {
        const breakers = yield* Breakers
        assert.deepStrictEqual(yield* breakers.get("fake"), closedBreaker)
        assert.deepStrictEqual(yield* breakers.all, [])
      }),
    )

    test(
      "keep each account's own state, and forget it once nothing is known against it",
      Effect.gen(function* () {
        const breakers = yield* Breakers
        const team = breakerOf({ provider: "fake", account: "team" })
        const failing: BreakerState = { _tag: "Closed", failures: [1_700_000_000_000] }
        assert.deepStrictEqual(yield* set(team, open), closedBreaker)
        assert.deepStrictEqual(yield* set("fake", failing), closedBreaker)
        assert.deepStrictEqual(yield* breakers.all, [
          { account: "fake", state: failing },
          { account: team, state: open },
        ])
        assert.deepStrictEqual(yield* set(team, halfOpen), open)
        assert.deepStrictEqual(yield* breakers.get(team), halfOpen)
        assert.deepStrictEqual(yield* set(team, closedBreaker), halfOpen)
        assert.deepStrictEqual(yield* breakers.all, [{ account: "fake", state: failing }])
      }),
    )

    test(
      "change nothing when what decides about it fails",
      Effect.gen(function* () {
        const breakers = yield* Breakers
        yield* set("fake", open)
        yield* Effect.exit(
          breakers.change("fake", () => {
            throw new Error("a defect")
          }),
        )
        assert.deepStrictEqual(yield* breakers.get("fake"), open)
        assert.deepStrictEqual(yield* set("fake", closedBreaker), open)
      }),
    )

    test(
      "give each of many changes at once the state that the one before it left",
      Effect.gen(function* () {
        const breakers = yield* Breakers
        const add = breakers.change("fake", (state) => {
          const failures = state._tag === "Closed" ? state.failures : []
          return [failures.length, { _tag: "Closed", failures: [...failures, failures.length] }]
        })
        const seen = yield* Effect.all(
          Array.from({ length: 20 }, () => add),
          { concurrency: "unbounded" },
        )
        assert.deepStrictEqual(
          seen.toSorted((a, b) => a - b),
          Array.from({ length: 20 }, (_, index) => index),
        )
      }),
    )
  })
}
