/** Executes one attempt of a run, from claim to its last event. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Adapter, Invocation, OutputFormat, Verdict } from "./Adapter.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Capabilities, type Installation } from "./Capabilities.ts"
import { childEnvironment } from "./ChildEnvironment.ts"
import { EventLog } from "./EventLog.ts"
import { HostSettings } from "./HostSettings.ts"
import { isResumption, markerOf, resumedRequest } from "./internal/afterCrash.ts"
import { type Append, followProcess } from "./internal/followProcess.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import { redactDraft } from "./internal/redactDraft.ts"
import { redactError } from "./internal/redactError.ts"
import * as RunEnd from "./internal/runEnd.ts"
import { type RunSession, runSessions } from "./internal/runSession.ts"
import { LiveView } from "./LiveView.ts"
import { draft, type TimelessDraft } from "./EventDraft.ts"
import { outputReader } from "./OutputReader.ts"
import { ProcessHost } from "./ProcessHost.ts"
import { PromptSeal } from "./PromptSeal.ts"
import type { RedactionSession } from "./RedactionSession.ts"
import { Redactor } from "./Redactor.ts"
import type { Run, RunId, RunRequest } from "./Run.ts"
import type { EventDraft } from "./RunEvent.ts"
import { errorInfo, type RunyardError, runyardError } from "./RunyardError.ts"
import { RunStore } from "./RunStore.ts"
import { StructuredOutput } from "./StructuredOutput.ts"
import { type TimeLimits, timeLimits } from "./TimeLimits.ts"
import { Workspace } from "./Workspace.ts"

/** How often the owner of a run looks for a cancel request of another host. */
const cancelPoll = "150 millis"
/** How long a store that is busy or full is asked again to take the last events of a run: about six seconds. */
const mayPass: ReadonlySet<string> = new Set(["STORE_BUSY", "STORE_FULL", "STORE_FAILED"])
const lastAppend = {
  schedule: Schedule.exponential("100 millis"),
  times: 6,
  while: ({ code }: RunyardError) => mayPass.has(code),
}

/** Stands for the scratch directory where nothing is written into one. */
const nowhere = "/scratch"

/** A command line, checked and ready. */
interface Prepared extends Installation {
  readonly adapter: Adapter
  /** With the real paths in it. */
  readonly request: RunRequest
  readonly invocation: Invocation
  readonly format: OutputFormat
}

/** What one attempt needs from the claim to its end. */
interface Execution {
  readonly run: Run
  readonly prepared: Prepared
  readonly redaction: RedactionSession
  readonly limits: TimeLimits
  /** On the monotonic clock. */
  readonly claimedAt: number
  /** For what the reader has masked. */
  readonly append: Append
  /** For everything else. */
  readonly note: Append
}

export class Runner extends Context.Service<
  Runner,
  {
    /**
     * Checks that a request can be executed here, without starting anything: the CLI is there, its version can do it,
     * the policy allows it. Fails with the error that the run would end with.
     */
    readonly check: (request: RunRequest) => Effect.Effect<RunRequest, RunyardError>
    /**
     * Executes a queued run and returns when its last event is stored and nothing of it is alive. What goes wrong with
     * the run is in its log, defects of an adapter included; only the store's own failures are errors here. Does nothing
     * when another host has claimed the run, or when it was canceled. Interruption ends the process tree and writes
     * `run.interrupted` before it returns.
     * A run that comes back from a crash goes on with its conversation, by a prompt of ours.
     * A run whose stored request is masked is executed with the exact one that was sealed for it; where that is gone, it
     * becomes `interrupted`.
     */
    readonly execute: (run: Run) => Effect.Effect<void, RunyardError>
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
      const seal = yield* PromptSeal
      const structured = yield* StructuredOutput
      const workspace = yield* Workspace
      const settings = yield* HostSettings
      const hurried = Latch.makeUnsafe(false)
      const sessionOf = runSessions(redactor, processes.env, registry.all)

      const prepare = Effect.fnUntraced(function* (request: RunRequest, scratch: string, { quotes }: RunSession) {
        const adapter = yield* registry.get(request.provider)
        const cwd = yield* workspace.directory(request.cwd)
        const images = yield* Effect.forEach(request.images ?? [], workspace.file)
        const addDirs = yield* Effect.forEach(request.addDirs ?? [], workspace.directory)
        if (request.outputSchema !== undefined) yield* structured.checkSchema(request.outputSchema)
        const installation = yield* capabilities.installation(adapter)
        if (installation.profile.status === "blocked") {
          const { message, version } = installation.profile
          return yield* runyardError("CLI_VERSION_UNSUPPORTED", {
            ...(message === undefined ? {} : { message }),
            detail: { version: version ?? null },
          })
        }
        const resolved: RunRequest = {
          ...request,
          cwd,
          ...(request.images === undefined ? {} : { images }),
          ...(request.addDirs === undefined ? {} : { addDirs }),
        }
        const { allowDangerous, configKeys } = settings
        const invocation = yield* Effect.fromResult(
          adapter.prepare(resolved, {
            profile: installation.profile,
            scratch,
            repository: yield* workspace.isRepository(cwd),
            policy: { allowDangerous, configKeys },
          }),
        )
        // Arguments are for every process of this machine to read, and files outlive a crash.
        if ([...invocation.args, ...Object.values(invocation.files)].some(quotes)) {
          return yield* runyardError("POLICY_SECRET_IN_PROMPT", {
            message: `The request holds something that looks like a secret, outside its prompt: ${adapter.name} would get it as an argument or in a file`,
          })
        }
        const format = adapter.formats[invocation.format]
        if (format === undefined) {
          return yield* runyardError("INTERNAL_DEFECT", {
            message: `No format ${invocation.format} in ${adapter.provider}`,
          })
        }
        return { adapter, request: resolved, invocation, format, ...installation }
      })

      const check = Effect.fn("Runner.check")(function* (request: RunRequest) {
        const session = sessionOf(request)
        const prepared = prepare(request, nowhere, session)
        return (yield* Effect.mapError(prepared, (error) => redactError(session.redaction, error))).request
      })

      /** The command line with its files in a directory that lives as long as the scope. */
      const inScratch = Effect.fnUntraced(function* (request: RunRequest, session: RunSession) {
        const scratch = yield* workspace.scratch
        const prepared = yield* prepare(request, scratch, session)
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

      const attemptOf = Effect.fnUntraced(function* (run: Run, claimedAt: number, append: Append) {
        const request = isResumption(run)
          ? resumedRequest(run)
          : isMasked(run)
            ? yield* seal.unseal(run.id)
            : run.request
        if (request === undefined) return [RunEnd.lostRequest()]
        const session = sessionOf(request)
        const { redaction } = session
        const masked = redactDraft(redaction)
        const limits = timeLimits(request.limits, settings.limits)
        return yield* Effect.gen(function* () {
          const ready = yield* Effect.interruptible(
            Effect.raceAllFirst([
              prepare(request, nowhere, session),
              Effect.map(cancelAsked(run.id), (asked) => ({ last: RunEnd.canceledEarly(asked) })),
              Effect.as(Effect.sleep(limits.wallMillis || Infinity), { last: [RunEnd.wallTimedOut(limits)] }),
            ]),
          )
          if ("last" in ready) return ready.last
          const prepared = Object.keys(ready.invocation.files).length === 0 ? ready : yield* inScratch(request, session)
          // The last moment at which nothing has happened yet.
          const asked = yield* Effect.orElseSucceed(store.cancelRequest(run.id), () => undefined)
          if (asked !== undefined) return RunEnd.canceledEarly(asked)
          const note: Append = (...drafts) => append(...drafts.map(masked))
          return yield* attend({ run, prepared, redaction, limits, claimedAt, append, note })
        }).pipe(
          Effect.catch((error: RunyardError) => Effect.succeed([RunEnd.failure(error.info)])),
          Effect.map((last) => last.map(masked)),
        )
      })

      // Uninterruptible but for the waits: from the claim on, the run must get its last event.
      const execute = Effect.fn("Runner.execute")(
        function* (run: Run) {
          executed.set(run.id, Latch.makeUnsafe(false))
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
          const last = yield* attemptOf(run, startedAt, append).pipe(
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
        const { run, prepared, redaction, limits, claimedAt, append, note } = execution
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

        const child = yield* processes.spawn({
          program: executable,
          args: invocation.args,
          env,
          cwd: request.cwd,
          stdin: invocation.stdin,
          marker,
        })
        yield* note(
          draft("run.started", {
            executable,
            ...(profile.version === undefined ? {} : { version: profile.version }),
            pid: child.pid,
            args: invocation.args,
            cwd: request.cwd,
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
          note,
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
        execute,
        hurry: Effect.asVoid(hurried.open),
        cancelRequested: (id) => Effect.sync(() => void executed.get(id)?.openUnsafe()),
      })
    }),
  )
}

/** Whether the stored request is not the one that was made. */
const isMasked = ({ attempts, redactionCount, request }: Run): boolean =>
  // Before the first attempt nothing else can have been masked.
  attempts.length === 0 ? redactionCount > 0 : JSON.stringify(request).includes("[redacted:")

const parseJson = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
