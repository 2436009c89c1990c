/** Routes of runs: each a call of core. */
import { EventLog, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { isOn } from "../api/fields.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { problemOf } from "../Problem.ts"
import { makeRunStreams } from "../sse.ts"
import { answered, maxLooked, nextOf, present } from "./answered.ts"

export const runsHandlers = HttpApiBuilder.group(
  Api,
  "runs",
  Effect.fnUntraced(function* (handlers) {
    const yard = yield* Runyard
    const log = yield* EventLog
    const runStream = yield* makeRunStreams(yard.events)

    return handlers.handleAll({
      submit: Effect.fnUntraced(function* ({ headers, payload }) {
        const { name } = yield* CurrentPrincipal
        const request = { ...present({ idempotencyKey: headers["idempotency-key"] }), ...payload }
        const run = yield* yard.submit(request, name)
        return { run, admission: yield* yard.admission(run) }
      }, answered),
      check: ({ payload }) =>
        Effect.catch(yard.check(payload), ({ info }) =>
          Effect.succeed({ ok: false as const, problem: problemOf(info) }),
        ),
      list: Effect.fnUntraced(function* ({ query: { before, cwd, limit = 50, provider, q, state } }) {
        const runs = yield* yard.list({ limit, ...present({ before, cwd, provider, states: state, text: q }) })
        return { runs, ...nextOf(runs, limit, ({ id }) => id) }
      }, answered),
      get: ({ params }) => answered(yard.get(params.id)),
      cancel: Effect.fnUntraced(function* ({ params, payload: { force = false, reason } }) {
        const { name } = yield* CurrentPrincipal
        return yield* yard.cancel(params.id, { by: name, force, ...present({ reason }) })
      }, answered),
      retry: Effect.fnUntraced(function* ({ params, payload: { reason } }) {
        const { name } = yield* CurrentPrincipal
        return yield* yard.retry(params.id, { by: name, ...present({ reason }) })
      }, answered),
      rerun: Effect.fnUntraced(function* ({ params, payload: { overrides } }) {
        const { name } = yield* CurrentPrincipal
        const run = yield* yard.rerun(params.id, overrides, name)
        return { run, admission: yield* yard.admission(run) }
      }, answered),
      explain: ({ params }) => answered(yard.explain(params.id)),
      redactions: ({ params }) => answered(Effect.map(yard.redactions(params.id), (redactions) => ({ redactions }))),
      log: Effect.fnUntraced(function* ({ params, query: { after = 0, limit = 1_000, severity } }) {
        const until = after + maxLooked
        const some = severity === undefined ? {} : { severities: severity, until }
        const events = yield* log.read(params.id, { after, limit, ...some })
        // Read after them, so that it is never behind.
        const { lastSeq } = yield* yard.get(params.id)
        const { next = severity !== undefined && until < lastSeq ? until : undefined } = nextOf(
          events,
          limit,
          ({ seq }) => seq,
        )
        return { events, lastSeq, ...present({ next }) }
      }, answered),
      events: Effect.fnUntraced(function* ({ headers, params: { id }, query: { after, live } }) {
        const principal = yield* CurrentPrincipal
        const { lastSeq } = yield* yard.get(id)
        return runStream({
          id,
          principal,
          last: lastSeq,
          after: headers["last-event-id"] ?? after,
          live: isOn(live) ? yard.liveText(id) : undefined,
        })
      }, answered),
    })
  }),
)
