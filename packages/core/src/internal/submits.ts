/** Takes requests: checks them in a fixed order, fails closed, and stores what passed as a queued run. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type * as Semaphore from "effect/Semaphore"
import type { AdapterRegistry } from "../AdapterRegistry.ts"
import type { RunCheck } from "../Admission.ts"
import { planOf } from "../BudgetRules.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { HostSettings } from "../HostSettings.ts"
import { decideIdempotency, type RequestFingerprint } from "../Idempotency.ts"
import type { PriceTable } from "../PriceTable.ts"
import type { ProcessHost } from "../ProcessHost.ts"
import type { PromptSeal } from "../PromptSeal.ts"
import type { QueueRoom } from "../QueueQuota.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { Redactor } from "../Redactor.ts"
import { localScope, type Run, RunId, type RunRequest } from "../Run.ts"
import type { RunEvent } from "../RunEvent.ts"
import * as RunTransition from "../RunTransition.ts"
import type { Runner } from "../Runner.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunStore } from "../RunStore.ts"
import type { SecretStore } from "../SecretStore.ts"
import { redactError } from "./redactError.ts"
import { runSecrets } from "./runSecrets.ts"
import type { runSessions } from "./runSession.ts"
import { maskedRequest, placeOf, readRequest, secretInPrompt, secretWarnings } from "./submitted.ts"

interface Options {
  readonly settings: HostSettings
  readonly prices: PriceTable
  readonly registry: AdapterRegistry["Service"]
  readonly store: RunStore["Service"]
  readonly queue: Pick<RunQueue["Service"], "control" | "waiting">
  readonly seal: PromptSeal["Service"]
  readonly secretStore: SecretStore["Service"]
  readonly redactor: Redactor["Service"]
  readonly runner: Pick<Runner["Service"], "check">
  readonly self: ProcessHost["Service"]["self"]
  readonly hostSecrets: RedactionSession
  readonly sessionOf: ReturnType<typeof runSessions>
  readonly hasStopped: () => boolean
  /** Says that this host is there, before it stores anything. */
  readonly comeIn: Effect.Effect<void, RunyardError>
  readonly append: (
    id: RunId,
    items: ReadonlyArray<TimelessDraft>,
    room: QueueRoom,
  ) => Effect.Effect<ReadonlyArray<RunEvent>, RunyardError>
  /** Has the run wait here for its turn. */
  readonly launch: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Takes over a run of a dead host. */
  readonly adoptOne: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Bounds how many are stored at once; a shutdown takes all of it. */
  readonly storing: Semaphore.Semaphore
}

export interface Submits {
  readonly submit: (input: unknown, actor?: string) => Effect.Effect<Run, RunyardError>
  /** What a submit would say now, as far as it can be said without one: nothing is stored. */
  readonly check: (input: unknown) => Effect.Effect<RunCheck, RunyardError>
  /**
   * Checks a request that is to be submitted later and often, as it would be now. Nothing is sealed for it, so a secret in it
   * is refused whatever the host's settings say. Gives it as it was asked.
   */
  readonly examine: (input: unknown) => Effect.Effect<RunRequest, RunyardError>
}

const newId = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const chance = yield* Effect.replicateEffect(Random.nextIntBetween(0, 35), 16)
  const time = now.toString(36).padStart(9, "0")
  return RunId.make(`run_${time}${chance.map((digit) => digit.toString(36)).join("")}`)
})

export const submits = (options: Options): Submits => {
  const { comeIn, hasStopped, hostSecrets, redactor, runner, seal, self, sessionOf, settings, store } = options

  const room: QueueRoom = { bound: settings.queueBound, quotas: settings.quotas }

  const fingerprintOf = (request: RunRequest) =>
    request.idempotencyKey === undefined ? undefined : redactor.requestFingerprint(request)

  /** The id of the run that a request with this key became before. Fails with `QUEUE_IDEMPOTENCY_CONFLICT`. */
  const knownAs = Effect.fnUntraced(function* (
    { idempotencyKey: key, scope = localScope }: RunRequest,
    fingerprint: RequestFingerprint | undefined,
  ): Effect.fn.Return<RunId | undefined, RunyardError> {
    if (key === undefined || fingerprint === undefined) return undefined
    const now = yield* Clock.currentTimeMillis
    const decision = decideIdempotency(yield* store.receipt(scope, key), fingerprint, now)
    if (decision.kind === "conflict") return yield* runyardError(decision.error.code, decision.error)
    return decision.kind === "new" ? undefined : decision.runId
  })

  const sentBefore = Effect.fnUntraced(function* (...asked: Parameters<typeof knownAs>) {
    const known = yield* knownAs(...asked)
    if (known === undefined) return undefined
    yield* options.adoptOne(known)
    return yield* store.get(known)
  })

  /** The request as it came in, if it may come in at all. */
  const received = Effect.fnUntraced(function* (input: unknown) {
    if (hasStopped()) return yield* runyardError("QUEUE_SHUTTING_DOWN")
    return yield* Effect.fromResult(readRequest(hostSecrets, input))
  })

  /**
   * What the request comes to here, when everything about it has been checked: its provider, grants, policies, secrets in it,
   * the CLI and what its adapter makes of it. Only then its secrets are asked for, and it is searched for their values, too.
   */
  const checked = Effect.fnUntraced(function* (
    decoded: RunRequest,
    { promptSecrets }: Pick<HostSettings, "promptSecrets">,
  ) {
    if (decoded.rerunOf !== undefined) yield* store.get(decoded.rerunOf)
    const bare = sessionOf(decoded, [])
    const scan = (allowed: RunRequest) => maskedRequest(bare, allowed, { promptSecrets })
    const { request, warnings } = yield* runner.check(decoded, [], scan)
    // They are taken again when the run starts; here it is refused at once where there is none.
    const { known } = yield* Effect.mapError(runSecrets(options.secretStore, decoded), (error) =>
      redactError(hostSecrets, error),
    )
    if (known.length > 0) yield* runner.check(decoded, known)
    const session = known.length > 0 ? sessionOf(decoded, known) : bare
    const masked = yield* Effect.fromResult(maskedRequest(session, request, { promptSecrets }))
    return { request, masked, warnings }
  })

  const submit = Effect.fn("Runyard.submit")(function* (input: unknown, actor?: string) {
    const decoded = yield* received(input)
    const fingerprint = fingerprintOf(decoded)
    const before = yield* sentBefore(decoded, fingerprint)
    if (before !== undefined) return before
    const { masked, request } = yield* checked(decoded, settings)
    const id = yield* newId
    const stored = masked.value
    const { redactions } = masked
    const now = yield* Clock.currentTimeMillis
    const queuePlace = placeOf(request, settings, now)
    const scope = stored.scope ?? localScope
    const { reportsCost = false } = yield* options.registry.get(request.provider)
    const run = { id, scope, request: stored }
    const { budgets } = yield* options.queue.control
    const budget = planOf({ run, settings, stored: budgets, prices: options.prices, reportsCost, at: now })
    const payload = {
      scope,
      request: stored,
      host: self,
      actor: hostSecrets.text(actor ?? settings.actor).value,
      ...(budget === undefined ? {} : { budget }),
      ...(queuePlace === undefined ? {} : { queue: queuePlace }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    }
    const told = redactions.length > 0 && settings.promptSecrets === "warn" ? [secretInPrompt(redactions)] : []
    // A run that is stored and not launched would wait for ever.
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        if (hasStopped()) return yield* runyardError("QUEUE_SHUTTING_DOWN")
        yield* comeIn
        const queued = options.append(id, [draft("run.queued", payload, { redactions }), ...told], room)
        // Sealed first: a run that is acknowledged has its exact request.
        const stored = yield* Effect.result(
          redactions.length === 0
            ? queued
            : Effect.andThen(
                seal.seal(id, request),
                Effect.tapError(queued, () => Effect.ignore(seal.destroy(id))),
              ),
        )
        if (Result.isFailure(stored)) {
          // Another host was faster with the same request.
          const other = yield* sentBefore(decoded, fingerprint)
          return other ?? (yield* stored.failure)
        }
        yield* options.launch(id)
        // As it was stored: to read it anew might fail, and it is not to be submitted twice.
        return yield* Effect.fromResult(RunTransition.replay(undefined, stored.success))
      }).pipe(options.storing.withPermits(1)),
    )
  })

  const check = Effect.fn("Runyard.check")(function* (input: unknown): Effect.fn.Return<RunCheck, RunyardError> {
    const decoded = yield* received(input)
    const known = yield* knownAs(decoded, fingerprintOf(decoded))
    if (known !== undefined) return { ok: true, warnings: [`It was sent before, and is ${known}`] }
    const { masked, warnings } = yield* checked(decoded, settings)
    const waiting = yield* options.queue.waiting
    if (waiting >= settings.queueBound)
      return yield* runyardError("QUEUE_FULL", { detail: { waiting, bound: settings.queueBound } })
    return { ok: true, warnings: [...warnings, ...secretWarnings(masked, settings)] }
  })

  const examine = Effect.fn("Runyard.examine")(function* (input: unknown) {
    const decoded = yield* received(input)
    yield* checked(decoded, { promptSecrets: "block" })
    return decoded
  })

  return { submit, check, examine }
}
