/** Routes of the server itself. */
import { errorInfo, HostSettings } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { problemOf } from "../Problem.ts"
import { ServerStatus } from "../ServerStatus.ts"
import { homeOf } from "../tenants/caller.ts"
import { answered } from "./answered.ts"

export const systemHandlers = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fnUntraced(function* (handlers) {
    const server = yield* ServerStatus
    const { limits } = yield* HostSettings

    return handlers.handleAll({
      settings: () =>
        Effect.map(CurrentPrincipal, ({ name, tenant }) => ({
          ...server.info,
          store: { readOnly: server.isReadOnly },
          limits,
          scope: homeOf(tenant),
          actor: name,
        })),
      health: () => Effect.succeed({ status: "ok" as const }),
      // Anybody may ask, so it tells the kind of trouble and no path of this machine.
      ready: () =>
        Effect.as(server.ready, { status: "ready" as const }).pipe(
          Effect.mapError(({ code }) => problemOf(errorInfo(code), 503)),
        ),
      metrics: () => answered(server.metrics),
    })
  }),
)
