/** Routes of the queue. */
import { Runyard, runyardError } from "@runyard/core"
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
        const { name, scopes } = yield* CurrentPrincipal
        // What is one thing has one scope, by whichever way.
        if ((change.kind === "budget" || change.kind === "noBudget") && !scopes.includes("budgets:write")) {
          return yield* runyardError("HTTP_SCOPE_MISSING", { message: "This needs the scope budgets:write" })
        }
        return yield* queue.decide(change, { by: name, ...present({ reason }) })
      }, answered),
      decisions: ({ query: { limit } }) => answered(Effect.map(queue.decisions(limit), (decisions) => ({ decisions }))),
      breakers: () => answered(Effect.map(breakers, (found) => ({ breakers: found }))),
    })
  }),
)
