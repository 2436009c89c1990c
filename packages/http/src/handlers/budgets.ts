/** Routes of the budgets that runs share. */
import { Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { answered, present } from "./answered.ts"

export const budgetsHandlers = HttpApiBuilder.group(
  Api,
  "budgets",
  Effect.fnUntraced(function* (handlers) {
    const { budgets } = yield* Runyard
    const reports = Effect.map(budgets.list, (found) => ({ budgets: found }))

    return handlers.handleAll({
      list: () => answered(reports),
      set: Effect.fnUntraced(function* ({ payload: { reason, rule } }) {
        const { name } = yield* CurrentPrincipal
        yield* budgets.set(rule, { by: name, ...present({ reason }) })
        const kept = (yield* budgets.list).find((report) => report.rule.id === rule.id)
        // Somebody else has removed it meanwhile.
        return kept ?? (yield* runyardError("QUEUE_BUDGET_NOT_FOUND"))
      }, answered),
      remove: Effect.fnUntraced(function* ({ params }) {
        const { name } = yield* CurrentPrincipal
        yield* budgets.remove(params.id, { by: name })
        return yield* reports
      }, answered),
    })
  }),
)
