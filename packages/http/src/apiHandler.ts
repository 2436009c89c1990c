/** The contract as a function from requests to responses. Loaded when the first request needs it. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { HttpRouter, HttpServer } from "effect/http"
import { apiRoutes } from "./apiRoutes.ts"
import { layerServerStatus } from "./hostStatus.ts"
import type { HttpMetrics } from "./metrics.ts"
import type { Authorization, Principal, Sessions } from "./Principal.ts"
import { layerAuthorization, layerSessions } from "./security/accessLayers.ts"
import { RequestCaller } from "./security/RequestCaller.ts"
import type { SessionBook } from "./security/sessionBook.ts"
import type { ServerInfo, ServerStatus } from "./ServerStatus.ts"

/** What of core a host provides. */
export type ApiServices = Exclude<
  Layer.Services<typeof apiRoutes>,
  Authorization | Sessions | ServerStatus | HttpRouter.HttpRouter | Layer.Success<typeof HttpServer.layerServices>
>

interface ApiHandlerOptions {
  readonly context: Context.Context<ApiServices>
  readonly info: ServerInfo
  readonly metrics: HttpMetrics
  readonly sessions: SessionBook | undefined
}

export const apiHandler = ({ context, info, metrics, sessions }: ApiHandlerOptions) => {
  const services = Layer.succeedContext(context)
  const access = Layer.mergeAll(layerAuthorization, layerSessions(sessions), layerServerStatus(info, metrics))
  const { dispose, handler } = HttpRouter.toWebHandler(
    apiRoutes.pipe(Layer.provide(access), Layer.provide(services), Layer.provide(HttpServer.layerServices)),
    { disableLogger: true },
  )
  return {
    dispose,
    handler: (request: Request, principal: Principal | undefined): Promise<Response> =>
      handler(
        request,
        Context.make(RequestCaller, { principal, client: request.headers.get("x-runyard-client") ?? "" }),
      ),
  }
}
