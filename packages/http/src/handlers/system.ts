/** Routes of the server itself. */
import { errorInfo, HostSettings, localScope, RunStore } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { problemOf } from "../Problem.ts"
import { ServerStatus } from "../ServerStatus.ts"
import { answered } from "./answered.ts"

export const systemHandlers = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fnUntraced(function* (handlers) {
    const server = yield* ServerStatus
    const { isReadOnly } = yield* RunStore
    const { limits } = yield* HostSettings

    return handlers.handleAll({
      settings: () =>
        Effect.map(CurrentPrincipal, ({ name }) => ({
          ...server.info,
          store: { readOnly: isReadOnly },
          limits,
          scope: localScope,
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
