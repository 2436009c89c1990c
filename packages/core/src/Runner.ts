/** Executes one attempt of a run, from claim to its last event. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Adapter, Invocation, Ladder, OutputFormat, Protocol, Verdict } from "./Adapter.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Capabilities, type Installation } from "./Capabilities.ts"
import { childEnvironment, knownSecrets } from "./ChildEnvironment.ts"
import { EventLog } from "./EventLog.ts"
import { HostSettings } from "./HostSettings.ts"
import { redactInfo } from "./internal/redactError.ts"
import * as RunEnd from "./internal/runEnd.ts"
import { LiveView } from "./LiveView.ts"
import { draft, type OutputReader, outputReader, type TimelessDraft } from "./OutputReader.ts"
import { type ProcessHandle, ProcessHost } from "./ProcessHost.ts"
import type { RedactionSession } from "./RedactionSession.ts"
import { Redactor } from "./Redactor.ts"
import type { ProcessExit, Run, RunRequest } from "./Run.ts"
import type { EndEvidence, EventDraft } from "./RunEvent.ts"
import { errorInfo, type RunyardError, runyardError } from "./RunyardError.ts"
import { RunStore } from "./RunStore.ts"
import { StructuredOutput } from "./StructuredOutput.ts"
import type { OutputStream } from "./VendorLine.ts"
import { Workspace } from "./Workspace.ts"

/** How long pipes may stay open after the process has ended, before their holders are ended. */
const drainGrace = "300 millis"
/** How often slow prose is written down, and how often unfinished messages are. */
const flushEvery = "100 millis"
const flushesPerCheckpoint = 20
/** How often the owner of a run looks for a cancel request of another host. */
const cancelPoll = "150 millis"
/** How long a store that is busy or full is asked again to take the last events of a run: about six seconds. */
const mayPass: ReadonlySet<string> = new Set(["STORE_BUSY", "STORE_FULL", "STORE_FAILED"])
const lastAppend = {
  schedule: Schedule.exponential("100 millis"),
  times: 6,
  while: ({ code }: RunyardError) => mayPass.has(code),
}

/** A command line, checked and ready. */
interface Prepared extends Installation {
  readonly adapter: Adapter
  /** With the real paths in it. */
  readonly request: RunRequest
  readonly invocation: Invocation
  readonly format: OutputFormat
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
     * @param request the request as it was made, when the stored one is masked. Without it a masked run is not executed:
     *   it becomes `interrupted`.
     */
    readonly execute: (run: Run, request?: RunRequest) => Effect.Effect<void, RunyardError>
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
      const settings = yield* HostSettings

      const prepare = Effect.fn("Runner.prepare")(function* (request: RunRequest, scratch: string) {
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
        const format = adapter.formats[invocation.format]
        if (format === undefined) {
          return yield* runyardError("INTERNAL_DEFECT", {
            message: `No format ${invocation.format} in ${adapter.provider}`,
          })
        }
        return { adapter, request: resolved, invocation, format, ...installation }
      })

      const check = Effect.fn("Runner.check")(function* (request: RunRequest) {
        return (yield* prepare(request, "/scratch")).request
      })

      /** Waits until somebody asks for the cancel of a run. A store that cannot tell now is asked again. */
      const cancelAsked = Effect.fnUntraced(function* (id: Run["id"]) {
        for (;;) {
          const asked = yield* Effect.orElseSucceed(store.cancelRequest(id), () => undefined)
          if (asked !== undefined) return asked
          yield* Effect.sleep(cancelPoll)
        }
      })

      const attemptOf = Effect.fnUntraced(function* (run: Run, exact: RunRequest | undefined, append: Append) {
        if (exact === undefined && run.attempts.length === 0 && run.redactionCount > 0) return [RunEnd.lostRequest()]
        const request = exact ?? run.request
        const redaction = redactor.session(knownSecrets(processes.env, registry.all, request))
        return yield* Effect.gen(function* () {
          const scratch = yield* workspace.scratch
          const ready = yield* Effect.interruptible(
            Effect.raceFirst(
              prepare(request, scratch),
              Effect.map(cancelAsked(run.id), (asked) => ({ asked })),
            ),
          )
          if ("asked" in ready) return [RunEnd.canceledEarly(ready.asked)]
          for (const [name, content] of Object.entries(ready.invocation.files)) {
            yield* workspace.write(scratch, name, content)
          }
          // The last moment at which nothing has happened yet.
          const asked = yield* Effect.orElseSucceed(store.cancelRequest(run.id), () => undefined)
          if (asked !== undefined) return [RunEnd.canceledEarly(asked)]
          return yield* attend(run, ready, redaction, append)
        }).pipe(
          Effect.catch((error: RunyardError) => Effect.succeed([RunEnd.failure(redactInfo(redaction, error.info))])),
        )
      })

      // Uninterruptible but for the waits: from the claim on, the run must get its last event.
      const execute = Effect.fn("Runner.execute")(
        function* (run: Run, exact?: RunRequest) {
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
          const last = yield* attemptOf(run, exact, append).pipe(
            Effect.scoped,
            Effect.catchCause((cause) => Effect.succeed([RunEnd.lastOf(cause)])),
          )
          yield* Effect.retry(append(...last), lastAppend)
        },
        (effect, run) => Effect.uninterruptible(Effect.ensuring(effect, live.end(run.id))),
      )

      /** Spawns the CLI, follows it to its end, and gives the run's last events. */
      const attend = Effect.fn("Runner.attend")(function* (
        run: Run,
        prepared: Prepared,
        redaction: RedactionSession,
        append: Append,
      ): Effect.fn.Return<ReadonlyArray<TimelessDraft>, RunyardError, Scope.Scope> {
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

        const child = yield* processes.spawn({
          program: executable,
          args: invocation.args,
          env,
          cwd: request.cwd,
          stdin: invocation.stdin,
          marker: run.id,
        })
        const shown = (text: string) => redaction.text(text).value
        yield* append(
          draft("run.started", {
            executable: shown(executable),
            ...(profile.version === undefined ? {} : { version: profile.version }),
            pid: child.pid,
            args: invocation.args.map(shown),
            cwd: shown(request.cwd),
            env: Object.keys(env).toSorted(),
            format: invocation.format,
            marker: run.id,
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

        const ladder = adapter.ladders[invocation.transport] ?? []
        return yield* follow(run, request, child, protocol, reader, redaction, ladder, append)
      })

      const follow = Effect.fnUntraced(function* (
        run: Run,
        request: RunRequest,
        child: ProcessHandle,
        protocol: Protocol,
        reader: OutputReader,
        redaction: RedactionSession,
        ladder: Ladder,
        append: Append,
      ): Effect.fn.Return<ReadonlyArray<TimelessDraft>> {
        const writing = Semaphore.makeUnsafe(1)
        const stop = yield* Deferred.make<RunEnd.Stop>()
        let lastSign = yield* monotonicMillis
        let lastMessage: string | undefined

        /**
         * Stores what the reader has, then shows the live text; one writer at a time keeps the order. What was taken from
         * the reader exists nowhere else, so nothing may interrupt its way to the store.
         */
        const store_ = Effect.gen(function* () {
          const { drafts, live: texts, send } = reader.take()
          yield* append(...drafts)
          for (const item of drafts) {
            if (item.type !== "agent.message") continue
            lastMessage = item.payload.text
            yield* live.finish(run.id, item.payload.messageId)
          }
          for (const { messageId, text } of texts) yield* live.write(run.id, messageId, text)
          if (send.length > 0) yield* child.write(send.map((line) => `${line}\n`).join(""))
        }).pipe(writing.withPermits(1), Effect.uninterruptible)
        /** A failure, or a defect, of what watches or reads ends the run. */
        const giveUp = (cause: Cause.Cause<RunyardError>) =>
          Effect.when(
            Deferred.succeed(stop, { kind: "defect", error: RunEnd.problemOf(cause) }),
            Effect.succeed(!Cause.hasInterruptsOnly(cause)),
          )
        const consume = (name: OutputStream, stream: ProcessHandle["stdout"]) =>
          Stream.runForEachArray(stream, (chunks) =>
            Effect.flatMap(monotonicMillis, (now) => {
              lastSign = now
              for (const chunk of chunks) reader.push(name, chunk)
              return store_
            }),
          )
        const ticker = Effect.gen(function* () {
          for (let tick = 1; ; tick++) {
            yield* Effect.sleep(flushEvery)
            if (tick % flushesPerCheckpoint === 0) reader.checkpoint()
            else reader.flush()
            yield* store_
          }
        })
        const timeout = (limit: "wall" | "idle", millis: number, deadline: () => number) =>
          Effect.gen(function* () {
            if (millis <= 0) return
            for (;;) {
              const left = deadline() - (yield* monotonicMillis)
              if (left <= 0) return yield* Deferred.succeed(stop, { kind: "timeout", limit, millis })
              yield* Effect.sleep(left)
            }
          })
        const wall = request.limits?.wallMillis || settings.limits.wallMillis
        const idle = request.limits?.idleMillis || settings.limits.idleMillis
        const begun = lastSign
        const canceling = Effect.flatMap(cancelAsked(run.id), (asked) =>
          Deferred.succeed(stop, { kind: "cancel", request: asked }),
        )
        /** A second request while the first is being carried out: straight to the kill. */
        const forced = Effect.gen(function* () {
          while (!(yield* cancelAsked(run.id)).force) yield* Effect.sleep(cancelPoll)
          return yield* child.end([])
        })

        const interrupt = Effect.suspend(() => {
          const lines = protocol.encode?.({ kind: "interrupt" })
          return lines === undefined || Result.isFailure(lines)
            ? Effect.void
            : child.write(lines.success.map((line) => `${line}\n`).join(""))
        })
        const finish = Effect.fnUntraced(function* (why: RunEnd.Stop | undefined) {
          const steps = why?.kind === "cancel" && why.request.force ? [] : ladder
          const evidence: EndEvidence =
            why === undefined ? yield* child.end([]) : yield* Effect.raceFirst(child.end(steps, interrupt), forced)
          // What nothing can end may never tell how it ended.
          const exit: ProcessExit =
            evidence.survivors.length === 0
              ? yield* child.exit
              : yield* Effect.raceFirst(child.exit, Effect.as(Effect.sleep(drainGrace), { code: null, signal: null }))
          return { evidence, exit }
        })

        const watchers = yield* Effect.forkChild(
          Effect.all(
            [
              ticker,
              canceling,
              timeout("wall", wall, () => begun + wall),
              timeout("idle", idle, () => lastSign + idle),
            ],
            { concurrency: "unbounded", discard: true },
          ).pipe(Effect.onError(giveUp)),
        )
        const pipes = yield* Effect.forkChild(
          Effect.all([consume("stdout", child.stdout), consume("stderr", child.stderr)], {
            concurrency: "unbounded",
            discard: true,
          }).pipe(Effect.onError(giveUp)),
        )
        const waited = yield* Effect.suspend(() => {
          const opening = protocol.open?.() ?? []
          return opening.length === 0 ? Effect.void : child.write(opening.map((line) => `${line}\n`).join(""))
        }).pipe(
          Effect.andThen(child.exit),
          Effect.as(undefined),
          Effect.raceFirst(Deferred.await(stop)),
          Effect.interruptible,
          Effect.exit,
        )
        const stopped = Exit.isSuccess(waited) ? waited.value : RunEnd.stopOf(waited.cause)
        if (stopped === undefined) {
          yield* Effect.raceFirst(Fiber.await(pipes), Effect.raceFirst(Effect.sleep(drainGrace), Deferred.await(stop)))
        }
        const { evidence, exit } = yield* finish(stopped)
        const read = yield* Fiber.await(pipes)
        yield* Fiber.interrupt(watchers)
        const rest = yield* Effect.exit(
          Effect.suspend(() => {
            reader.end()
            return store_
          }),
        )
        const judged = yield* Effect.exit(Effect.suspend(() => judge(request, protocol.end(exit), redaction)))
        // Output that was not understood or not stored may have held anything: then the run did not go well.
        const broken = [Exit.asVoid(read), rest, Exit.asVoid(judged)].find(Exit.isFailure)
        const why = stopped ?? (broken === undefined ? undefined : RunEnd.stopOf(broken.cause))
        const masked = reader.redactions()
        const verdict: Verdict = Exit.isSuccess(judged) ? judged.value : { outcome: "failed" }
        // What the log holds already is not said again.
        const { finalMessage, ...others } = verdict
        const news = finalMessage === undefined || finalMessage === lastMessage ? {} : { finalMessage }
        return [
          draft("run.progress", { phase: "process_ended", exit }),
          draft("run.progress", { phase: "tree_gone", evidence }),
          ...(masked.length === 0
            ? []
            : [draft("run.redacted", { total: masked.reduce((sum, { count }) => sum + count, 0), rules: masked })]),
          RunEnd.lastEvent({ ...others, ...news }, why, { exit, evidence }),
        ]
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

      return Runner.of({ check, execute })
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

type Append = (...drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<void, RunyardError>

/** Time that no change of the wall clock touches. A suspended machine does not count as a silent agent. */
const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
