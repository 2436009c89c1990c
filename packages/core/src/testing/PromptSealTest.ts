/** What every `PromptSeal` must do, whatever keeps it: give the exact request until the run has ended, and never after. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { EventLog } from "../EventLog.ts"
import { PromptSeal } from "../PromptSeal.ts"
import type { RunRequest } from "../Run.ts"
import { errorInfo } from "../RunyardError.ts"
import { claimed, completed, draft, opening, queued, started, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

export const exactRequest: RunRequest = { provider: "fake", prompt: "the exact\nprompt \u{1f511}", cwd: "/work" }

export const suite = (backend: string, place: StorePlace): void => {
  describe(`PromptSeal (${backend})`, () => {
    const test = (name: string, body: Effect.Effect<void, unknown, EventLog | PromptSeal>) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )

    test(
      "gives back what was sealed while the run waits, also between its claim and its start",
      Effect.gen(function* () {
        const log = yield* EventLog
        const seal = yield* PromptSeal
        const id = testRunId(1)
        assert.isUndefined(yield* seal.unseal(id))
        yield* seal.seal(id, { ...exactRequest, prompt: "an earlier one" })
        yield* seal.seal(id, exactRequest)
        assert.deepStrictEqual(yield* seal.unseal(id), exactRequest)
        yield* log.append(id, opening().slice(0, 2))
        assert.deepStrictEqual(yield* seal.unseal(id), exactRequest)
        assert.isUndefined(yield* seal.unseal(testRunId(2)))
        yield* seal.destroy(id)
        assert.isUndefined(yield* seal.unseal(id))
      }),
    )

    test(
      "keeps it while the run may be tried again, and destroys it when it has ended",
      Effect.gen(function* () {
        const log = yield* EventLog
        const seal = yield* PromptSeal
        const [first, second] = [testRunId(1), testRunId(2)]
        yield* seal.seal(first, exactRequest)
        yield* seal.seal(second, exactRequest)
        yield* log.append(second, [queued()])
        yield* log.append(first, opening())
        assert.deepStrictEqual(yield* seal.unseal(first), exactRequest)
        yield* log.append(first, [draft("run.retry_scheduled", { at: 1, error: errorInfo("CLI_OVERLOADED") })])
        assert.deepStrictEqual(yield* seal.unseal(first), exactRequest)
        yield* log.append(
          first,
          [claimed, started, completed].map((event) => ({ ...event, attempt: 2 })),
        )
        assert.isUndefined(yield* seal.unseal(first))
        assert.deepStrictEqual(yield* seal.unseal(second), exactRequest)
      }),
    )

    test(
      "destroys it when the run needs a person",
      Effect.gen(function* () {
        const log = yield* EventLog
        const seal = yield* PromptSeal
        const id = testRunId(1)
        yield* seal.seal(id, exactRequest)
        yield* log.append(id, [...opening(), draft("run.action_needed", { error: errorInfo("AUTH_REQUIRED") })])
        assert.isUndefined(yield* seal.unseal(id))
      }),
    )

    test(
      "destroys it when the run ends without having started",
      Effect.gen(function* () {
        const log = yield* EventLog
        const seal = yield* PromptSeal
        const id = testRunId(1)
        yield* seal.seal(id, exactRequest)
        yield* log.append(id, [queued(), draft("run.canceled", { by: "test" })])
        assert.isUndefined(yield* seal.unseal(id))
      }),
    )
  })
}
