/**
 * The front door as the sender of a request sees it: its own tenant's, or all. Every member is named here, so that one that
 * is added to core does not compile before somebody has said whose it is.
 */
import { isOfTenant, reportFor, RunId, Runyard, type RunyardError, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { byTenant, forAllAlone, homeOf, notForRequests, owned } from "./caller.ts"
import type { RunTenants } from "./runTenants.ts"
import { tenantEvents } from "./tenantLog.ts"

type Yard = Runyard["Service"]

const isRunId = Schema.is(RunId)

const tenantQueue = (queue: Yard["queue"], { using }: RunTenants): Yard["queue"] => ({
  list: (options) => byTenant(queue.list(options), (tenant) => queue.list({ ...options, tenant })),
  change: (id, change, actor) => using(id, queue.change(id, change, actor)),
  decide: (change, actor) => forAllAlone(queue.decide(change, actor)),
  decisions: (limit) => byTenant(queue.decisions(limit), () => Effect.succeed([])),
  drain: () => notForRequests,
})

const tenantBudgets = (budgets: Yard["budgets"]): Yard["budgets"] => ({
  list: byTenant(budgets.list, (tenant) =>
    Effect.map(budgets.list, (reports) =>
      reports.flatMap((report) => {
        const told = reportFor(report, tenant)
        return told === undefined ? [] : [told]
      }),
    ),
  ),
  set: (rule, actor) => forAllAlone(budgets.set(rule, actor)),
  remove: (id, actor) => forAllAlone(budgets.remove(id, actor)),
})

const tenantSchedules = (schedules: Yard["schedules"]): Yard["schedules"] => {
  const using = <A>(id: string, effect: Effect.Effect<A, RunyardError>) =>
    byTenant(effect, (tenant) =>
      Effect.flatMap(schedules.get(id), ({ scope }) =>
        isOfTenant(scope, tenant)
          ? effect
          : Effect.fail(runyardError("QUEUE_SCHEDULE_NOT_FOUND", { message: `No schedule is ${id}`, detail: { id } })),
      ),
    )
  /** What a schedule asks for is asked for by the caller, too. */
  const asked = Effect.fnUntraced(function* (input: unknown) {
    if (typeof input !== "object" || input === null || !("request" in input)) return input
    return { ...input, request: yield* owned(input.request, { fallback: true }) }
  })
  return {
    create: (input, actor) => Effect.flatMap(asked(input), (own) => schedules.create(own, actor)),
    list: byTenant(schedules.list, (tenant) =>
      Effect.map(schedules.list, (all) => all.filter(({ scope }) => isOfTenant(scope, tenant))),
    ),
    get: (id) => using(id, schedules.get(id)),
    edit: (id, input, actor) =>
      using(
        id,
        Effect.flatMap(asked(input), (own) => schedules.edit(id, own, actor)),
      ),
    fire: (id, actor, key) => using(id, schedules.fire(id, actor, key)),
    pause: (id, actor) => using(id, schedules.pause(id, actor)),
    resume: (id, actor) => using(id, schedules.resume(id, actor)),
    remove: (id, actor) => using(id, schedules.remove(id, actor)),
    next: (id, count) => using(id, schedules.next(id, count)),
    preview: schedules.preview,
  }
}

export const tenantYard = (yard: Yard, tenants: RunTenants): Yard => {
  const { admit, using } = tenants

  /** A request names other runs, too. */
  const asked = Effect.fnUntraced(function* (request: unknown) {
    const own = yield* owned(request, { fallback: true })
    const before = typeof own === "object" && own !== null && "rerunOf" in own ? own.rerunOf : undefined
    if (isRunId(before)) yield* admit(before)
    return own
  })

  const stream = <A>(id: RunId, events: Stream.Stream<A, RunyardError>) => Stream.unwrap(Effect.as(admit(id), events))

  return Runyard.of({
    submit: (request, actor) => Effect.flatMap(asked(request), (own) => yard.submit(own, actor)),
    check: (request) => Effect.flatMap(asked(request), yard.check),
    admit: (request, actor) => Effect.flatMap(asked(request), (own) => yard.admit(own, actor)),
    admission: (run) => using(run.id, yard.admission(run)),
    explain: (id, options) => using(id, yard.explain(id, options)),
    queue: tenantQueue(yard.queue, tenants),
    budgets: tenantBudgets(yard.budgets),
    schedules: tenantSchedules(yard.schedules),
    retry: (id, actor) => using(id, yard.retry(id, actor)),
    rerun: (id, overrides, actor) =>
      using(id, Effect.andThen(owned(overrides, { fallback: false }), yard.rerun(id, overrides, actor))),
    get: (id) => using(id, yard.get(id)),
    list: (filter) =>
      byTenant(yard.list(filter), (tenant) =>
        Effect.andThen(
          filter?.before === undefined ? Effect.void : admit(filter.before),
          yard.list({ ...filter, tenant }),
        ),
      ),
    redactions: (id) => using(id, yard.redactions(id)),
    events: (id, options) => stream(id, yard.events(id, options)),
    allEvents: (options) => tenantEvents(yard.allEvents(options), tenants),
    liveText: (id) =>
      Stream.unwrap(Effect.match(admit(id), { onFailure: () => Stream.empty, onSuccess: () => yard.liveText(id) })),
    await: (id) => using(id, yard.await(id)),
    cancel: (id, request) => using(id, yard.cancel(id, request)),
    revoke: (revocation, options) =>
      byTenant(yard.revoke(revocation, options), (tenant) =>
        yard.revoke({ ...revocation, scope: homeOf(tenant) }, options),
      ),
    recover: notForRequests,
    adopt: () => notForRequests,
    shutdown: () => notForRequests,
    // A breaker says which run of whomever tries the account; why a run of one's own waits is explained.
    breakers: byTenant(yard.breakers, () => Effect.succeed([])),
    diagnose: yard.diagnose,
  })
}
