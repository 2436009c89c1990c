/** Routes of schedules. */
import { Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { answered, present } from "./answered.ts"

const timed = Effect.map((times: ReadonlyArray<number>) => ({ times }))

export const schedulesHandlers = HttpApiBuilder.group(
  Api,
  "schedules",
  Effect.fnUntraced(function* (handlers) {
    const { schedules } = yield* Runyard

    return handlers.handleAll({
      list: () => answered(Effect.map(schedules.list, (found) => ({ schedules: found }))),
      add: Effect.fnUntraced(function* ({ payload }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.create(payload, { by: name })
      }, answered),
      preview: ({ payload: { count, ...times } }) => answered(timed(schedules.preview(times, count))),
      get: ({ params }) => answered(schedules.get(params.id)),
      next: ({ params, query: { count } }) => answered(timed(schedules.next(params.id, count))),
      edit: Effect.fnUntraced(function* ({ params, payload: { reason, ...edit } }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.edit(params.id, edit, { by: name, ...present({ reason }) })
      }, answered),
      fire: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.fire(params.id, { by: name, ...present(payload) }, headers["idempotency-key"])
      }, answered),
      pause: Effect.fnUntraced(function* ({ params, payload }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.pause(params.id, { by: name, ...present(payload) })
      }, answered),
      resume: Effect.fnUntraced(function* ({ params, payload }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.resume(params.id, { by: name, ...present(payload) })
      }, answered),
      remove: Effect.fnUntraced(function* ({ params }) {
        const { name } = yield* CurrentPrincipal
        return yield* schedules.remove(params.id, { by: name })
      }, answered),
    })
  }),
)
