/** Executes one attempt of a run, from claim to its last event. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Adapter, Invocation, OutputFormat, Verdict } from "./Adapter.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Capabilities, type Installation } from "./Capabilities.ts"
import { childEnvironment, knownSecrets } from "./ChildEnvironment.ts"
import { EventLog } from "./EventLog.ts"
import { Grants } from "./Grants.ts"
import { HostSettings } from "./HostSettings.ts"
import { grantedPlaces, requireGrant } from "./internal/grantedPlaces.ts"
import { isResumption, markerOf, resumedRequest } from "./internal/afterCrash.ts"
import { type Append, followProcess } from "./internal/followProcess.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import { redactInfo } from "./internal/redactError.ts"
import * as RunEnd from "./internal/runEnd.ts"
import { LiveView } from "./LiveView.ts"
import { draft, type TimelessDraft } from "./EventDraft.ts"
import { outputReader } from "./OutputReader.ts"
import { judgeArgs } from "./Policy.ts"
import { deniedArgs, narrow } from "./PolicyLayer.ts"
import { ProcessHost } from "./ProcessHost.ts"
import type { RedactionSession } from "./RedactionSession.ts"
import { Redactor } from "./Redactor.ts"
import type { Run, RunId, RunRequest } from "./Run.ts"
import type { EventDraft } from "./RunEvent.ts"
import { errorInfo, type RunyardError, runyardError } from "./RunyardError.ts"
import { RunStore } from "./RunStore.ts"
import { StructuredOutput } from "./StructuredOutput.ts"
import { type TimeLimits, timeLimits } from "./TimeLimits.ts"
import { type HeldDirectory, Workspace } from "./Workspace.ts"

/** How often the owner of a run looks for a cancel request of another host. */
const cancelPoll = "150 millis"
/** How long a store that is busy or full is asked again to take the last events of a run: about six seconds. */
const mayPass: ReadonlySet<string> = new Set(["STORE_BUSY", "STORE_FULL", "STORE_FAILED"])
const lastAppend = {
  schedule: Schedule.exponential("100 millis"),
  times: 6,
  while: ({ code }: RunyardError) => mayPass.has(code),
}

/** A run that is executed so soon after its submit was checked an instant ago; it is checked as it starts, too. */
const freshMillis = 1_000

/** Stands for the scratch directory where nothing is written into one. */
const nowhere = "/scratch"

/** A command line, checked and ready. */
interface Prepared extends Installation {
  readonly adapter: Adapter
  /** With the real paths in it. */
  readonly request: RunRequest
  readonly invocation: Invocation
  readonly format: OutputFormat
  /** Flags that take away a limit of the agent, and that the host allows. */
  readonly advanced: ReadonlyArray<string>
}

/** What one attempt needs from the claim to its end. */
interface Execution {
  readonly run: Run
  readonly prepared: Prepared
  readonly redaction: RedactionSession
  readonly limits: TimeLimits
  /** On the monotonic clock. */
  readonly claimedAt: number
  readonly append: Append
}

export class Runner extends Context.Service<
  Runner,
  {
    /**
     * Checks that a request can be executed here, without starting anything: its directories are granted, the CLI is
     * there, its version can do it, the policy allows it. Fails with the error that the run would end with. Gives the
     * request with real paths.
     */
    readonly check: (request: RunRequest) => Effect.Effect<RunRequest, RunyardError>
    /** Why a request that was checked may not be executed any more; undefined when it may, or when nobody can tell now. */
    readonly refusal: (request: RunRequest) => Effect.Effect<RunyardError | undefined>
    /**
     * Executes a queued run and returns when its last event is stored and nothing of it is alive. What goes wrong with
     * the run is in its log, defects of an adapter included; only the store's own failures are errors here. Does nothing
     * when another host has claimed the run, or when it was canceled. A queued run whose grant is gone becomes `rejected`.
     * Interruption ends the process tree and writes
     * `run.interrupted` before it returns.
     * A run that comes back from a crash goes on with its conversation, by a prompt of ours.
     * @param request the request as it was made, when the stored one is masked. Without it a masked run is not executed:
     *   it becomes `interrupted`.
     */
    readonly execute: (run: Run, request?: RunRequest) => Effect.Effect<void, RunyardError>
    /** Says that the store has a cancel request for a run, so that who executes it here looks at once. */
    readonly cancelRequested: (id: RunId) => Effect.Effect<void>
    /** From now on, trees of runs that are being ended are killed without being asked first. */
    readonly hurry: Effect.Effect<void>
  }
>()("@runyard/core/Runner") {
  static readonly layer = Layer.effect(
    Runner,
    Effect.gen(function* () {
      const registry = yield* AdapterRegistry
      const capabilities = yield* Capabilities
      const log = yield* EventLog
      const store = yield* RunStore
      const live = yield* LiveView
      const processes = yield* ProcessHost
      const redactor = yield* Redactor
      const structured = yield* StructuredOutput
      const workspace = yield* Workspace
      const grants = yield* Grants
      const settings = yield* HostSettings
      const hurried = Latch.makeUnsafe(false)
      const places = { workspace, grants, settings }

      const prepare = Effect.fn("Runner.prepare")(function* (request: RunRequest, scratch: string, checked: boolean) {
        const adapter = yield* registry.get(request.provider)
        const placed = yield* grantedPlaces(places, request, checked)
        const layers = [...settings.policies, ...(yield* workspace.policies(placed.cwd))]
        const resolved = yield* Effect.fromResult(narrow(layers, placed, settings.limits.wallMillis))
        if (request.outputSchema !== undefined) yield* structured.checkSchema(request.outputSchema)
        const installation = yield* capabilities.installation(adapter)
        if (installation.profile.status === "blocked") {
          const { message, version } = installation.profile
          return yield* runyardError("CLI_VERSION_UNSUPPORTED", {
            ...(message === undefined ? {} : { message }),
            detail: { version: version ?? null },
          })
        }
        const { allowDangerous, configKeys } = settings
        const invocation = yield* Effect.fromResult(
          adapter.prepare(resolved, {
            profile: installation.profile,
            scratch,
            repository: yield* workspace.isRepository(resolved.cwd),
            policy: { allowDangerous, configKeys },
          }),
        )
        const judged = judgeArgs(
          adapter.flags ?? {},
          adapter.flags === undefined ? [] : invocation.args,
          allowDangerous,
        )
        if ("refused" in judged) return yield* judged.refused
        const denied = deniedArgs(layers, adapter.provider, invocation.args)
        if (denied !== undefined) return yield* denied
        const format = adapter.formats[invocation.format]
        if (format === undefined) {
          return yield* runyardError("INTERNAL_DEFECT", {
            message: `No format ${invocation.format} in ${adapter.provider}`,
          })
        }
        return { adapter, request: resolved, invocation, format, advanced: judged.advanced, ...installation }
      })

      const check = Effect.fn("Runner.check")(function* (request: RunRequest) {
        return (yield* prepare(request, nowhere, false)).request
      })

      const refusal = Effect.fn("Runner.refusal")(function* (request: RunRequest) {
        const result = yield* Effect.result(grantedPlaces(places, request, true))
        return Result.isFailure(result) && result.failure.class === "policy" ? result.failure : undefined
      })

      /** The command line with its files in a directory that lives as long as the scope. */
      const inScratch = Effect.fnUntraced(function* (request: RunRequest) {
        const scratch = yield* workspace.scratch
        const prepared = yield* prepare(request, scratch, true)
        for (const [name, content] of Object.entries(prepared.invocation.files)) {
          yield* workspace.write(scratch, name, content)
        }
        return prepared
      })

      /** Runs that are executed here, and how to make them look for a cancel request at once. */
      const executed = new Map<RunId, Latch.Latch>()

      /** Waits until somebody asks for the cancel of a run. A store that cannot tell now is asked again. */
      const cancelAsked = Effect.fnUntraced(function* (id: RunId) {
        const latch = executed.get(id) ?? Latch.makeUnsafe(false)
        for (;;) {
          // Before the look: a request that comes after it opens the latch again.
          latch.closeUnsafe()
          const asked = yield* Effect.orElseSucceed(store.cancelRequest(id), () => undefined)
          if (asked !== undefined) return asked
          yield* Effect.timeoutOption(latch.await, cancelPoll)
        }
      })

      /** The request as it was made; undefined when only its masked text is left. */
      const requestOf = (run: Run, exact: RunRequest | undefined): RunRequest | undefined => {
        if (exact !== undefined) return exact
        if (isResumption(run)) return resumedRequest(run)
        return run.attempts.length === 0 && run.redactionCount > 0 ? undefined : run.request
      }

      /** Ends a queued run whose grant has gone while it waited; gives whether it did. */
      const rejected = Effect.fnUntraced(function* (run: Run, exact: RunRequest | undefined) {
        const request = requestOf(run, exact)
        if (run.state !== "queued" || request === undefined) return false
        if ((yield* Clock.currentTimeMillis) - run.createdAt < freshMillis) return false
        // A file system that does not answer must not keep the host from stopping: the check comes again after the claim.
        const checked = yield* Effect.exit(Effect.interruptible(refusal(request)))
        if (Exit.isFailure(checked) || checked.value === undefined) return false
        const at = yield* Clock.currentTimeMillis
        const redaction = redactor.session(knownSecrets(processes.env, registry.all, request))
        const item = RunEnd.denied(redactInfo(redaction, checked.value.info))
        const { length: attempt } = run.attempts
        const stored = yield* Effect.result(log.append(run.id, [{ attempt, at, mono: 0, ...item }]))
        return Result.isSuccess(stored)
      })

      const attemptOf = Effect.fnUntraced(function* (
        run: Run,
        exact: RunRequest | undefined,
        claimedAt: number,
        append: Append,
      ) {
        const request = requestOf(run, exact)
        if (request === undefined) return [RunEnd.lostRequest()]
        const redaction = redactor.session(knownSecrets(processes.env, registry.all, request))
        const limits = timeLimits(request.limits, settings.limits)
        return yield* Effect.gen(function* () {
          const ready = yield* Effect.interruptible(
            Effect.raceAllFirst([
              prepare(request, nowhere, true),
              Effect.map(cancelAsked(run.id), (asked) => ({ last: RunEnd.canceledEarly(asked) })),
              Effect.as(Effect.sleep(limits.wallMillis || Infinity), { last: [RunEnd.wallTimedOut(limits)] }),
            ]),
          )
          if ("last" in ready) return ready.last
          const prepared = Object.keys(ready.invocation.files).length === 0 ? ready : yield* inScratch(request)
          // The last moment at which nothing has happened yet.
          const asked = yield* Effect.orElseSucceed(store.cancelRequest(run.id), () => undefined)
          if (asked !== undefined) return RunEnd.canceledEarly(asked)
          // A policy may have narrowed it since it was submitted.
          const narrowed = timeLimits(prepared.request.limits, settings.limits)
          return yield* attend({ run, prepared, redaction, limits: narrowed, claimedAt, append })
        }).pipe(
          Effect.catch((error: RunyardError) => Effect.succeed([RunEnd.failure(redactInfo(redaction, error.info))])),
        )
      })

      // Uninterruptible but for the waits: from the claim on, the run must get its last event.
      const execute = Effect.fn("Runner.execute")(
        function* (run: Run, exact?: RunRequest) {
          executed.set(run.id, Latch.makeUnsafe(false))
          if (yield* rejected(run, exact)) return
          const attempt = run.attempts.length + 1
          const startedAt = yield* monotonicMillis
          const append: Append = (...drafts) =>
            drafts.length === 0
              ? Effect.void
              : Effect.gen(function* () {
                  const at = yield* Clock.currentTimeMillis
                  const mono = (yield* monotonicMillis) - startedAt
                  yield* log.append(
                    run.id,
                    drafts.map((item): EventDraft => ({ attempt, at, mono, ...item })),
                  )
                })

          const claim = yield* Effect.result(append(draft("queue.claimed", { host: processes.self })))
          if (Result.isFailure(claim)) {
            return claim.failure.code === "STORE_CONFLICT" ? undefined : yield* claim.failure
          }
          const last = yield* attemptOf(run, exact, startedAt, append).pipe(
            Effect.scoped,
            Effect.catchCause((cause) => Effect.succeed([RunEnd.lastOf(cause)])),
          )
          yield* Effect.retry(append(...last), lastAppend)
        },
        (effect, run) => {
          const forget = Effect.sync(() => executed.delete(run.id))
          return Effect.uninterruptible(Effect.ensuring(effect, Effect.andThen(forget, live.end(run.id))))
        },
      )

      /** Spawns the CLI, follows it to its end, and gives the run's last events. */
      const attend = Effect.fn("Runner.attend")(function* (
        execution: Execution,
      ): Effect.fn.Return<ReadonlyArray<TimelessDraft>, RunyardError, Scope.Scope> {
        const { run, prepared, redaction, limits, claimedAt, append } = execution
        const { adapter, request, invocation, format, executable, profile } = prepared
        const resumed = request.session?.kind === "resume" ? request.session : undefined
        const protocol = format.protocol({
          ...(request.outputSchema === undefined ? {} : { outputSchema: request.outputSchema }),
          resumed: resumed !== undefined,
          ...(resumed === undefined || resumed.fork === true ? {} : { sessionId: resumed.id }),
          version: profile.version,
        })
        const reader = outputReader(protocol, format.framing, redaction)
        const env = { ...childEnvironment(processes.env, adapter, request).env, ...invocation.env }
        const marker = markerOf(run.id, run.attempts.length + 1)

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
        const shown = (text: string) => redaction.text(text).value
        yield* append(
          ...prepared.advanced.map((flag) =>
            draft("policy.applied", { policy: "advanced", decision: `${flag} is used: this host allows it` }),
          ),
          draft("run.started", {
            executable: shown(executable),
            ...(profile.version === undefined ? {} : { version: profile.version }),
            pid: child.pid,
            args: invocation.args.map(shown),
            cwd: shown(request.cwd),
            env: Object.keys(env).toSorted(),
            format: invocation.format,
            marker,
            process: child.record,
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
        )

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
          cancelAsked: cancelAsked(run.id),
          hurried: hurried.await,
          judge: (exit) => judge(request, protocol.end(exit), redaction),
        })
      })

      /** The adapter's verdict, with the structured answer checked by us. */
      const judge = Effect.fnUntraced(function* (request: RunRequest, said: Verdict, redaction: RedactionSession) {
        const verdict = RunEnd.redactVerdict(redaction, said)
        if (request.outputSchema === undefined || verdict.outcome !== "succeeded") return verdict
        // Decoding takes away the escapes that a secret may have hidden behind.
        const answer = verdict.structured ?? redaction.json(parseJson(verdict.finalMessage)).value
        const violations =
          answer === undefined ? ["the answer is not JSON"] : yield* structured.violations(request.outputSchema, answer)
        if (violations.length === 0) return { ...verdict, structured: answer }
        return {
          ...verdict,
          outcome: "failed" as const,
          error: errorInfo("CLI_STRUCTURED_OUTPUT", {
            message: `The answer does not have the requested structure: ${violations.slice(0, 5).join("; ")}`,
            detail: { violations: violations.slice(0, 20) },
          }),
        }
      })

      return Runner.of({
        check,
        refusal,
        execute,
        hurry: Effect.asVoid(hurried.open),
        cancelRequested: (id) => Effect.sync(() => void executed.get(id)?.openUnsafe()),
      })
    }),
  )
}

const parseJson = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
