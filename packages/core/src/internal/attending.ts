/** Starts the process of an attempt, in the very directory that is granted, and follows it to its end. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Verdict } from "../Adapter.ts"
import { childEnvironment } from "../ChildEnvironment.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { HostSettings } from "../HostSettings.ts"
import type { LiveView } from "../LiveView.ts"
import { outputReader } from "../OutputReader.ts"
import type { PriceTable } from "../PriceTable.ts"
import type { ProcessHost } from "../ProcessHost.ts"
import type { PromptSeal } from "../PromptSeal.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { Run, RunRequest } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import type { UsageLedger } from "../UsageLedger.ts"
import type { HeldDirectory, Workspace } from "../Workspace.ts"
import { isMasked } from "./again.ts"
import { markerOf } from "./afterCrash.ts"
import type { CancelRequests } from "./cancelRequests.ts"
import { type Append, followProcess } from "./followProcess.ts"
import { requireGrant } from "./grantedPlaces.ts"
import { policyCaps } from "./policyCaps.ts"
import type { Prepared, preparation } from "./preparation.ts"
import { redactDraft } from "./redactDraft.ts"
import type { RunBudget } from "./runBudget.ts"
import { revealed, type RunSecrets } from "./runSecrets.ts"

/** What one attempt needs from the claim to its end. */
export interface Execution {
  readonly run: Run
  readonly prepared: Prepared
  readonly secrets: RunSecrets
  readonly redaction: RedactionSession
  readonly limits: TimeLimits
  readonly budget: RunBudget
  /** On the monotonic clock. */
  readonly claimedAt: number
  /** For what the reader has masked. */
  readonly append: Append
  /** For everything else. */
  readonly note: Append
}

interface Services {
  readonly processes: ProcessHost["Service"]
  readonly workspace: Workspace["Service"]
  readonly places: ReturnType<typeof preparation>["places"]
  readonly ledger: UsageLedger["Service"]
  readonly prices: PriceTable
  readonly live: LiveView["Service"]
  readonly seal: PromptSeal["Service"]
  readonly settings: HostSettings
  readonly cancels: CancelRequests
  /** Completes when the host has no more time for polite steps. */
  readonly hurried: Effect.Effect<void>
  readonly judge: (
    request: RunRequest,
    said: Verdict,
    redaction: RedactionSession,
  ) => Effect.Effect<Verdict, RunyardError>
}

/** Gives what spawns the CLI, follows it to its end, and gives the run's last events. */
export const attending = (services: Services) => {
  const { cancels, hurried, judge, ledger, live, places, prices, processes, seal, settings, workspace } = services

  return Effect.fn("Runner.attend")(function* (
    execution: Execution,
  ): Effect.fn.Return<ReadonlyArray<TimelessDraft>, RunyardError, Scope.Scope> {
    const { run, prepared, secrets, redaction, limits, budget, claimedAt, append, note } = execution
    const { adapter, request, invocation, format, executable, profile } = prepared
    const resumed = request.session?.kind === "resume" ? request.session : undefined
    const protocol = format.protocol({
      ...(request.outputSchema === undefined ? {} : { outputSchema: request.outputSchema }),
      resumed: resumed !== undefined,
      ...(resumed === undefined || resumed.fork === true ? {} : { sessionId: resumed.id }),
      version: profile.version,
    })
    const reader = outputReader(protocol, format.framing, redaction)
    const env = {
      ...childEnvironment(processes.env, adapter, request).env,
      ...revealed(secrets),
      ...invocation.env,
    }
    const marker = markerOf(run.id, run.attempts.length + 1)
    const capped = policyCaps(ledger, run, run.attempts.length + 1, prepared.caps, prices)

    const spawnIn = (held: HeldDirectory) =>
      processes.spawn({
        program: executable,
        args: invocation.args,
        env,
        cwd: held.path,
        held,
        stdin: invocation.stdin,
        marker,
      })
    // What is granted is the directory that is held, and the child begins in that very one, whatever its name is by then.
    const child = yield* Effect.acquireUseRelease(
      Scope.make(),
      (open) =>
        Scope.provide(workspace.hold(request.cwd), open).pipe(
          Effect.tap(({ path }) => requireGrant(places, request, { field: "cwd", path, asked: request.cwd })),
          Effect.flatMap(spawnIn),
        ),
      (open, exit) => Scope.close(open, exit),
    )
    const opening: ReadonlyArray<TimelessDraft> = [
      ...prepared.applied.map((payload) => draft("policy.applied", payload)),
      draft("run.started", {
        executable,
        ...(profile.version === undefined ? {} : { version: profile.version }),
        pid: child.pid,
        args: invocation.args,
        cwd: request.cwd,
        env: Object.keys(env).toSorted(),
        format: invocation.format,
        marker,
        ...(resumed === undefined ? {} : { resumed: resumed.id }),
        process: child.record,
        showsTools: format.framing === "json-lines",
      }),
      ...(profile.status === "degraded" && profile.message !== undefined
        ? [
            draft("run.compatibility_warning", {
              ...(profile.version === undefined ? {} : { version: profile.version }),
              status: profile.status,
              message: profile.message,
            }),
          ]
        : []),
    ]
    const opened = yield* Effect.result(note(...opening))

    // It is needed no more, so it is kept no longer.
    if (Result.isSuccess(opened) && request.retry === "never" && isMasked(run)) {
      yield* Effect.ignore(seal.destroy(run.id))
    }

    return yield* followProcess({
      runId: run.id,
      child,
      protocol,
      reader,
      ladder: adapter.ladders[invocation.transport] ?? [],
      // A session that waits for its next input has a result, too.
      limits: invocation.stdin.kind === "open" ? { ...limits, lingerMillis: limits.idleMillis } : limits,
      claimedAt,
      live,
      append,
      opening: Result.isSuccess(opened) ? [] : opening.map(redactDraft(redaction)),
      patienceMillis: settings.storePatienceMillis,
      note,
      cancelAsked: cancels.asked(run.id),
      hurried,
      breach: Effect.fnUntraced(function* (drafts) {
        // First: it counts what it is shown, which it is shown once.
        const over = yield* Effect.result(capped(drafts))
        return (yield* budget.breach(drafts)) ?? (yield* Effect.fromResult(over))
      }),
      watchBudgets: budget.watch,
      judge: (exit) => Effect.flatMap(judge(request, protocol.end(exit), redaction), budget.judged),
    })
  })
}
