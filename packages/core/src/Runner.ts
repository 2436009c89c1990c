/** Executes one attempt of a run, from claim to its last event. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Adapter, Invocation, Ladder, OutputFormat, Protocol, Verdict } from "./Adapter.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Capabilities, type Installation } from "./Capabilities.ts"
import { childEnvironment } from "./ChildEnvironment.ts"
import { EventLog } from "./EventLog.ts"
import { HostSettings } from "./HostSettings.ts"
import { LiveView } from "./LiveView.ts"
import { draft, type OutputReader, outputReader, type TimelessDraft } from "./OutputReader.ts"
import { type ProcessHandle, ProcessHost } from "./ProcessHost.ts"
import { Redactor } from "./Redactor.ts"
import type { Run, RunRequest } from "./Run.ts"
import type { EndEvidence, EventDraft } from "./RunEvent.ts"
import { type ErrorInfo, errorInfo, type RunyardError, runyardError } from "./RunyardError.ts"
import { type CancelRequest, RunStore } from "./RunStore.ts"
import { StructuredOutput } from "./StructuredOutput.ts"
import type { OutputStream } from "./VendorLine.ts"
import { Workspace } from "./Workspace.ts"

/** Why an attempt is ended before its agent ends it. */
type Stop =
  | { readonly kind: "cancel"; readonly request: CancelRequest }
  | { readonly kind: "timeout"; readonly limit: "wall" | "idle"; readonly millis: number }
  | { readonly kind: "shutdown" }
  | { readonly kind: "defect"; readonly error: RunyardError }

/** How long pipes may stay open after the process has ended, before their holders are ended. */
const drainGrace = "300 millis"
/** How often slow prose is written down, and how often unfinished messages are. */
const flushEvery = "100 millis"
const flushesPerCheckpoint = 20
/** How often the owner of a run looks for a cancel request of another host. */
const cancelPoll = "150 millis"

/** A command line, checked and ready. */
interface Prepared extends Installation {
  readonly adapter: Adapter
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
     * the run is in its log; only the store's own failures are errors here. Interruption ends the process tree and
     * writes `run.interrupted` before it returns.
     * @param request the request as it was made, when the stored one is masked.
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

      const execute = Effect.fn("Runner.execute")(
        function* (run: Run, exact?: RunRequest) {
          const attempt = run.attempts.length + 1
          const startedAt = yield* Clock.currentTimeMillis
          const stamp = (drafts: ReadonlyArray<TimelessDraft>) =>
            Effect.map(Clock.currentTimeMillis, (at) =>
              drafts.map((item): EventDraft => ({ attempt, at, mono: at - startedAt, ...item })),
            )
          const append = (...drafts: ReadonlyArray<TimelessDraft>) =>
            drafts.length === 0 ? Effect.void : Effect.flatMap(stamp(drafts), (events) => log.append(run.id, events))

          yield* append(draft("queue.claimed", { host: processes.self }))
          const outcome = yield* Effect.scoped(
            Effect.gen(function* () {
              const scratch = yield* workspace.scratch
              const prepared = yield* prepare(exact ?? run.request, scratch)
              for (const [name, content] of Object.entries(prepared.invocation.files)) {
                yield* workspace.write(scratch, name, content)
              }
              return yield* attend(run, prepared.request, prepared, append)
            }),
          ).pipe(
            Effect.catch((error: RunyardError) =>
              error.code.startsWith("STORE_") ? Effect.fail(error) : Effect.succeed(failure(error.info)),
            ),
            Effect.onInterrupt(() => Effect.ignore(append(interrupted()))),
          )
          yield* append(outcome)
        },
        (effect, run) => Effect.ensuring(effect, live.end(run.id)),
      )

      /** Spawns the CLI, follows it to its end, and gives the run's last event. */
      const attend = Effect.fn("Runner.attend")(function* (
        run: Run,
        request: RunRequest,
        prepared: Prepared,
        append: (...drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<unknown, RunyardError>,
      ): Effect.fn.Return<TimelessDraft, RunyardError, Scope.Scope> {
        const { adapter, invocation, format, executable, profile } = prepared
        const environment = childEnvironment(processes.env, adapter, request)
        const redaction = redactor.session(environment.secrets)
        const resumed = request.session?.kind === "resume" ? request.session : undefined
        const protocol = format.protocol({
          ...(request.outputSchema === undefined ? {} : { outputSchema: request.outputSchema }),
          resumed: resumed !== undefined,
          ...(resumed === undefined || resumed.fork === true ? {} : { sessionId: resumed.id }),
          version: profile.version,
        })
        const reader = outputReader(protocol, format.framing, redaction)
        const env = { ...environment.env, ...invocation.env }

        const child = yield* processes.spawn({
          program: executable,
          args: invocation.args,
          env,
          cwd: request.cwd,
          stdin: invocation.stdin,
          marker: run.id,
        })
        yield* append(
          draft("run.started", {
            executable,
            ...(profile.version === undefined ? {} : { version: profile.version }),
            pid: child.pid,
            args: invocation.args.map((arg) => redaction.text(arg).value),
            cwd: request.cwd,
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
        return yield* follow(run, request, child, protocol, reader, ladder, append)
      })

      const follow = Effect.fnUntraced(function* (
        run: Run,
        request: RunRequest,
        child: ProcessHandle,
        protocol: Protocol,
        reader: OutputReader,
        ladder: Ladder,
        append: (...drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<unknown, RunyardError>,
      ): Effect.fn.Return<TimelessDraft, RunyardError> {
        const writing = Semaphore.makeUnsafe(1)
        const stop = yield* Deferred.make<Stop>()
        let lastSign = yield* Clock.currentTimeMillis
        let lastMessage: string | undefined

        /** Stores what the reader has, then shows the live text; one writer at a time keeps the order. */
        const store_ = writing.withPermits(1)(
          Effect.suspend(() => {
            const { drafts, live: texts, send } = reader.take()
            return Effect.gen(function* () {
              yield* append(...drafts)
              for (const item of drafts) {
                if (item.type !== "agent.message") continue
                lastMessage = item.payload.text
                if (item.payload.messageId !== undefined) yield* live.finish(run.id, item.payload.messageId)
              }
              for (const { messageId, text } of texts) yield* live.write(run.id, messageId, text)
              if (send.length > 0) yield* child.write(send.map((line) => `${line}\n`).join(""))
            })
          }),
        )
        const consume = (name: OutputStream, stream: ProcessHandle["stdout"]) =>
          Stream.runForEachArray(stream, (chunks) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
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
            for (;;) {
              const left = deadline() - (yield* Clock.currentTimeMillis)
              if (left <= 0) return yield* Deferred.succeed(stop, { kind: "timeout", limit, millis })
              yield* Effect.sleep(left)
            }
          })
        const wall = request.limits?.wallMillis || settings.limits.wallMillis
        const idle = request.limits?.idleMillis || settings.limits.idleMillis
        const begun = lastSign
        const canceling = Effect.gen(function* () {
          for (;;) {
            const asked = yield* store.cancelRequest(run.id)
            if (asked !== undefined) return yield* Deferred.succeed(stop, { kind: "cancel", request: asked })
            yield* Effect.sleep(cancelPoll)
          }
        })
        /** A second request while the first is being carried out: straight to the kill. */
        const forcing = Effect.gen(function* () {
          for (;;) {
            yield* Effect.sleep(cancelPoll)
            const asked = yield* store.cancelRequest(run.id)
            if (asked?.force === true) return yield* child.end([])
          }
        })

        const interrupt = Effect.suspend(() => {
          const lines = protocol.encode?.({ kind: "interrupt" })
          return lines === undefined || Result.isFailure(lines)
            ? Effect.void
            : child.write(lines.success.map((line) => `${line}\n`).join(""))
        })
        const finish = (why: Stop | undefined) =>
          Effect.gen(function* () {
            const steps = why?.kind === "cancel" && why.request.force ? [] : ladder
            const evidence: EndEvidence =
              why === undefined
                ? yield* child.end([])
                : yield* Effect.raceFirst(
                    child.end(steps, interrupt),
                    Effect.andThen(
                      Effect.catch(forcing, () => Effect.never),
                      child.end([]),
                    ),
                  )
            const exit = yield* child.exit
            return { evidence, exit }
          })

        const opening = protocol.open?.() ?? []
        if (opening.length > 0) yield* child.write(opening.map((line) => `${line}\n`).join(""))

        const body = Effect.gen(function* () {
          const watchers = yield* Effect.forkChild(
            Effect.all(
              [
                ticker,
                canceling,
                timeout("wall", wall, () => begun + wall),
                timeout("idle", idle, () => lastSign + idle),
              ],
              {
                concurrency: "unbounded",
                discard: true,
              },
            ).pipe(Effect.catch((error: RunyardError) => Deferred.succeed(stop, { kind: "defect", error }))),
          )
          const pipes = yield* Effect.forkChild(
            Effect.all([consume("stdout", child.stdout), consume("stderr", child.stderr)], {
              concurrency: "unbounded",
              discard: true,
            }).pipe(Effect.tapError((error) => Deferred.succeed(stop, { kind: "defect", error }))),
          )
          const stopped = yield* Effect.raceFirst(Effect.as(child.exit, undefined), Deferred.await(stop))
          if (stopped === undefined) {
            yield* Effect.raceFirst(
              Fiber.await(pipes),
              Effect.raceFirst(Effect.sleep(drainGrace), Deferred.await(stop)),
            )
          }
          const { evidence, exit } = yield* finish(stopped)
          yield* Fiber.join(pipes)
          yield* Fiber.interrupt(watchers)
          reader.end()
          yield* store_
          return { evidence, exit, stopped }
        })

        const { evidence, exit, stopped } = yield* Effect.onInterrupt(body, () =>
          Effect.ignore(
            Effect.gen(function* () {
              yield* finish({ kind: "shutdown" })
              reader.end()
              yield* store_
            }),
          ),
        )

        const masked = reader.redactions()
        yield* append(
          draft("run.progress", { phase: "process_ended", exit }),
          draft("run.progress", { phase: "tree_gone", evidence }),
          ...(masked.length === 0
            ? []
            : [draft("run.redacted", { total: masked.reduce((sum, { count }) => sum + count, 0), rules: masked })]),
        )
        const verdict = yield* judge(request, protocol.end(exit))
        // What the log holds already is not said again.
        const { finalMessage, ...rest } = verdict
        const news = finalMessage === undefined || finalMessage === lastMessage ? {} : { finalMessage }
        return lastEvent({ ...rest, ...news }, stopped, { exit, evidence })
      })

      /** The adapter's verdict, with the structured answer checked by us. */
      const judge = Effect.fnUntraced(function* (request: RunRequest, verdict: Verdict) {
        if (request.outputSchema === undefined || verdict.outcome !== "succeeded") return verdict
        const answer = verdict.structured ?? parseJson(verdict.finalMessage)
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

const failure = (error: ErrorInfo): TimelessDraft => draft("run.failed", { error })

const interrupted = (): TimelessDraft =>
  draft("run.interrupted", {
    error: errorInfo("QUEUE_HOST_DIED", { message: "The program that executed the run was shut down" }),
  })

/** The one event that ends the attempt. */
const lastEvent = (
  verdict: Verdict,
  stopped: Stop | undefined,
  facts: {
    readonly exit: { readonly code: number | null; readonly signal: string | null }
    readonly evidence: EndEvidence
  },
): TimelessDraft => {
  const { usage, cost, turns, finalMessage } = verdict
  const outcome = {
    ...facts,
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
    ...(turns === undefined ? {} : { turns }),
    ...(finalMessage === undefined ? {} : { finalMessage }),
  }
  if (facts.evidence.survivors.length > 0) {
    const pids = facts.evidence.survivors
    const error = errorInfo("CLI_SURVIVORS", {
      message: `Processes of the run are still alive: ${pids.join(", ")}`,
      detail: { pids: [...pids] },
    })
    return draft("run.failed", { error, ...outcome })
  }
  switch (stopped?.kind) {
    case "cancel": {
      const { by, reason } = stopped.request
      return draft("run.canceled", { by, ...(reason === undefined ? {} : { reason }), ...outcome })
    }
    case "timeout": {
      const { limit, millis } = stopped
      const error = errorInfo(limit === "wall" ? "CLI_TIMED_OUT" : "CLI_IDLE", { detail: { limitMillis: millis } })
      return draft("run.timed_out", { limit, error, ...outcome })
    }
    case "defect":
      return draft("run.failed", { error: stopped.error.info, ...outcome })
    default:
      break
  }
  if (verdict.outcome === "succeeded") {
    return draft("run.completed", {
      ...(verdict.structured === undefined ? {} : { structured: verdict.structured as never }),
      ...outcome,
    })
  }
  const error = verdict.error ?? errorInfo("CLI_NO_RESULT")
  return error.class === "auth" || error.class === "permission"
    ? draft("run.action_needed", { error, ...outcome })
    : draft("run.failed", { error, ...outcome })
}
