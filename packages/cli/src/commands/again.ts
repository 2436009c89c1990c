/** `runyard retry` and `runyard rerun`: the same run once more, or its request as a new run. */
import { Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { whoGrants } from "../askGrant.ts"
import { watchRun } from "./exec.ts"
import { withYard } from "./root.ts"
import { findRun, json, runArgument } from "./runs.ts"

export const retry = Command.make(
  "retry",
  {
    run: runArgument,
    reason: Flag.String("reason").pipe(Flag.withDescription("Why, for the log"), Flag.optional),
    json,
  },
  Effect.fn("retry")(function* ({ json, reason, run }) {
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const { id } = yield* findRun(run)
        const why = Option.isSome(reason) ? { reason: reason.value } : {}
        const retried = yield* yard.retry(id, { by: whoGrants(), ...why })
        yield* watchRun(retried, { json, after: retried.lastSeq })
      }),
    )
  }),
).pipe(Command.withDescription("Try a run again that waits for a person or for its next attempt, and watch it"))

export const rerun = Command.make(
  "rerun",
  {
    run: runArgument,
    prompt: Flag.String("prompt").pipe(Flag.withDescription("Another prompt"), Flag.optional),
    model: Flag.String("model").pipe(Flag.withAlias("m"), Flag.withDescription("Another model"), Flag.optional),
    title: Flag.String("title").pipe(Flag.withDescription("Another title"), Flag.optional),
    priority: Flag.Literals("priority", ["interactive", "high", "normal", "low", "background"]).pipe(
      Flag.withDescription("How urgent it is now"),
      Flag.optional,
    ),
    json,
  },
  Effect.fn("rerun")(function* ({ json, run, ...changes }) {
    const overrides = Object.fromEntries(
      Object.entries(changes).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
    )
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const { id } = yield* findRun(run)
        yield* watchRun(yield* yard.rerun(id, overrides), { json })
      }),
    )
  }),
).pipe(Command.withDescription("Start the request of a run again as a new run, with changes, and watch it"))
