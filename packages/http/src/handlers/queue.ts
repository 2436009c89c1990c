/** Routes of the queue. */
import { Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { answered, present } from "./answered.ts"

export const queueHandlers = HttpApiBuilder.group(
  Api,
  "queue",
  Effect.fnUntraced(function* (handlers) {
    const { breakers, queue } = yield* Runyard

    return handlers.handleAll({
      list: ({ query: { limit } }) => answered(queue.list(present({ limit }))),
      change: Effect.fnUntraced(function* ({ params, payload: { reason, ...change } }) {
        const { name } = yield* CurrentPrincipal
        return yield* queue.change(params.id, change, { by: name, ...present({ reason }) })
      }, answered),
      decide: Effect.fnUntraced(function* ({ payload: { change, reason } }) {
        const { name } = yield* CurrentPrincipal
        return yield* queue.decide(change, { by: name, ...present({ reason }) })
      }, answered),
      decisions: ({ query: { limit } }) => answered(Effect.map(queue.decisions(limit), (decisions) => ({ decisions }))),
      breakers: () => answered(Effect.map(breakers, (found) => ({ breakers: found }))),
    })
  }),
)
