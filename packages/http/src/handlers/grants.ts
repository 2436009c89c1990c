/** Routes of grants. */
import { GrantDesk, Grants, localScope, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { isOn } from "../api/fields.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { answered } from "./answered.ts"

export const grantsHandlers = HttpApiBuilder.group(
  Api,
  "grants",
  Effect.fnUntraced(function* (handlers) {
    const yard = yield* Runyard
    const desk = yield* GrantDesk
    const grants = yield* Grants

    return handlers.handleAll({
      list: ({ query: { ended } }) =>
        answered(Effect.map(grants.list({ scope: localScope, ended: isOn(ended) }), (found) => ({ grants: found }))),
      add: Effect.fnUntraced(function* ({ payload }) {
        const { name } = yield* CurrentPrincipal
        return yield* desk.add(payload, name)
      }, answered),
      look: ({ payload: { path } }) => answered(desk.look(path)),
      revoke: Effect.fnUntraced(function* ({ params, query: { stopRuns } }) {
        const { name } = yield* CurrentPrincipal
        return yield* yard.revoke({ scope: localScope, target: params.id, by: name }, { stopRuns: isOn(stopRuns) })
      }, answered),
    })
  }),
)
