/** `runyard exec`: starts a run, shows it while it lives, and exits as it ended. */
import { type Run, type RunId, runsLeft, Runyard, type RunyardError, runyardError } from "@runyard/core"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Command, Flag } from "effect/cli"
import { submitAsking } from "../askGrant.ts"
import { exitCodeOfState } from "../exitCode.ts"
import { livePrinter } from "../LivePrinter.ts"
import { readerLeft, say, sayPart, settled, tell, tellPart } from "../output.ts"
import { instantOf } from "../instant.ts"
import { figures, stateText } from "../render.ts"
import { given, optional, requestFlags, requestOf } from "../requestInput.ts"
import { handleSignals, runEnded } from "../stop.ts"
import { styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { noticeWaits } from "../waitNotice.ts"
import { root, withYard } from "./root.ts"

const earliest = (text: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const at = instantOf(text, now)
    return at === undefined
      ? Effect.fail(
          runyardError("QUEUE_REQUEST_INVALID", {
            message: `--not-before takes a number with s, m, h or d, or an instant such as 2026-03-01T08:00Z, not "${text.slice(0, 40)}"`,
          }),
        )
      : Effect.succeed(at)
  })

/** `after`: what of its log is known already. */
interface Watching {
  readonly json: boolean
  readonly after?: number
}

const follow = (run: Run, { after = 0, json }: Watching) =>
  Effect.gen(function* () {
    const yard = yield* Runyard
    const printer = livePrinter({ answer: sayPart, note: tellPart }, styleFor(process.stderr, process.env))
    const print = (act: () => void) => Effect.andThen(Effect.sync(act), settled)
    const events = Stream.runForEach(yard.events(run.id, { after }), (event) =>
      print(() => (json ? say(terminalJson(event)) : printer.event(event))),
    )
    const live =
      json || !process.stdout.isTTY
        ? Effect.never
        : Effect.andThen(
            Stream.runForEach(yard.liveText(run.id), (frame) => print(() => printer.frame(frame))),
            Effect.never,
          )
    yield* Effect.raceFirst(events, live)
    return yield* yard.get(run.id)
  })

/** A cancel that takes longer than its ladder has a store that does not answer: the host shuts down then. */
const cancelBound = "5 seconds"

/** The first signal cancels, the second kills; a reader that leaves cancels. Fails when a run's end cannot be stored. */
export const cancelBySignal = Effect.fnUntraced(function* (...ids: ReadonlyArray<RunId>) {
  const yard = yield* Runyard
  const unstored = yield* Deferred.make<never, RunyardError>()
  let asked = 0
  const cancel = (by: string): void => {
    const force = ++asked > 1
    const shutdown = Effect.flatMap(yard.shutdown({ force }), (report) =>
      report.left.length === 0 ? Effect.void : Deferred.fail(unstored, runsLeft(report)),
    )
    const canceling = Effect.forEach(ids, (id) => yard.cancel(id, { by, force }), { concurrency: "unbounded" }).pipe(
      Effect.timeout(cancelBound),
      Effect.catch(() => shutdown),
    )
    Effect.runFork(canceling)
  }
  yield* handleSignals(ids, (name) => {
    cancel(name)
    tell(asked > 1 ? "killing…" : "canceling… (again to kill)")
  })
  yield* Effect.raceFirst(readerLeft, Deferred.await(unstored))
  if (asked === 0) cancel("closed output")
  return yield* Deferred.await(unstored)
})

export const exec = Command.make(
  "exec",
  {
    ...requestFlags,
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one event a line"), Flag.withDefault(false)),
    sessionId: optional(Flag.String("session-id"), "The id of the new conversation (claude)"),
    notBefore: optional(Flag.String("not-before"), "Not to start before: 90m from now, or 2026-03-01T08:00Z"),
    idempotencyKey: optional(
      Flag.String("idempotency-key"),
      "Your name for this request: sent again, it is the same run",
    ),
    promptSecrets: optional(
      Flag.Literals("prompt-secrets", ["block", "warn", "allow"]),
      "What becomes of a request that holds something like a secret (default block)",
    ),
  },
  Effect.fn("exec")(function* (input) {
    const session =
      Option.isSome(input.resume) || Option.isNone(input.sessionId)
        ? {}
        : { session: { kind: "new", id: input.sessionId.value } }
    const request = {
      ...(yield* requestOf(input)),
      ...session,
      ...(Option.isSome(input.notBefore) ? { notBefore: yield* earliest(input.notBefore.value) } : {}),
      ...given("idempotencyKey", input.idempotencyKey),
    }
    yield* withYard(execute(request, input.json), { promptSecrets: Option.getOrUndefined(input.promptSecrets) })
  }),
).pipe(Command.withDescription("Run an agent and watch it"))

/** Starts a run and shows it to its end; the exit code is its outcome. */
export const execute = Effect.fn("execute")(function* (request: unknown, json: boolean) {
  return yield* watchRun(yield* submitAsking(request, !json), { json })
})

/** Shows a run to its end; the exit code is its outcome. */
export const watchRun = Effect.fn("watchRun")(function* (run: Run, watching: Watching) {
  const { quiet } = yield* root
  const { json } = watching
  const style = styleFor(process.stderr, process.env)
  if (!json && !quiet) tell(style.dim(`● run ${run.id}`))
  const notice = (text: string) => tell(style.dim(`● ${terminalText(text)}`))
  const ended = yield* Effect.raceAllFirst([
    follow(run, watching),
    Effect.scoped(cancelBySignal(run.id)),
    json || quiet ? Effect.never : noticeWaits(run.id, notice),
  ])
  runEnded(run.id)
  process.exitCode = exitCodeOfState(ended.state)
  if (!json && !quiet) {
    const summary = [stateText(ended.state, style), figures(ended)].filter((part) => part !== "").join(" · ")
    tell(`${style.dim("●")} ${summary}`)
    tell(style.dim(`  runyard logs ${run.id}`))
  }
  return ended
})
