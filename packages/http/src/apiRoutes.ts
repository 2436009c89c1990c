/** All routes of the API as one layer, for `HttpRouter.toWebHandler` or `HttpRouter.serve`. */
import { errorInfo, GrantDesk, PolicyDesk } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api, basePath } from "./Api.ts"
import { document } from "./document.ts"
import { auditHandlers } from "./handlers/audit.ts"
import { budgetsHandlers } from "./handlers/budgets.ts"
import { eventsHandlers } from "./handlers/events.ts"
import { grantsHandlers } from "./handlers/grants.ts"
import { capabilitiesHandlers, policyHandlers } from "./handlers/machine.ts"
import { queueHandlers } from "./handlers/queue.ts"
import { runsHandlers } from "./handlers/runs.ts"
import { schedulesHandlers } from "./handlers/schedules.ts"
import { sessionHandlers } from "./handlers/session.ts"
import { systemHandlers } from "./handlers/system.ts"
import { usageHandlers } from "./handlers/usage.ts"
import { problemOf } from "./Problem.ts"
import { problemsLayer } from "./problemsLayer.ts"
import type { Authorization, Problems, Sessions } from "./Principal.ts"
import { layerTenants, type TenantServices } from "./tenants/layerTenants.ts"

const groups = Layer.mergeAll(
  runsHandlers,
  eventsHandlers,
  queueHandlers,
  schedulesHandlers,
  budgetsHandlers,
  grantsHandlers,
  policyHandlers,
  capabilitiesHandlers,
  usageHandlers,
  auditHandlers,
  systemHandlers,
  sessionHandlers,
)

/** A route that reaches for anything else of core does not compile: it would show the data of all tenants. */
const guarded: Layer.Layer<
  Layer.Success<typeof groups>,
  never,
  TenantServices | Authorization | Problems | Sessions
> = groups

const desks = Layer.mergeAll(GrantDesk.layer, PolicyDesk.layer)

const handlers = guarded.pipe(Layer.provide(layerTenants.pipe(Layer.provide(desks))), Layer.provide(problemsLayer))

const nothingHere = problemOf(errorInfo("HTTP_NOT_FOUND"))
const fallback = HttpRouter.add(
  "*",
  `${basePath}/*`,
  Effect.succeed(
    HttpServerResponse.jsonUnsafe(nothingHere, { status: nothingHere.status, contentType: "application/problem+json" }),
  ),
)

/** Made at the first request for it, and kept. */
const openApi = Layer.unwrap(
  Effect.map(Effect.cached(Effect.sync(() => HttpServerResponse.jsonUnsafe(document()))), (answer) =>
    HttpRouter.add("GET", `${basePath}/openapi.json`, answer),
  ),
)

/**
 * Everything under `/api/v1`, and the OpenAPI document at `/api/v1/openapi.json`. Asks for the services of a yard, which the
 * host's own layer has, and for `Authorization`, `Sessions` and `ServerStatus`.
 */
export const apiRoutes = Layer.mergeAll(HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)), openApi, fallback)
