/** The whole contract of the HTTP API: the server, the client and the OpenAPI document are made from it. */
import { HttpApi, OpenApi } from "effect/http-api"
import { capabilities } from "./api/capabilities.ts"
import { events } from "./api/events.ts"
import { grants } from "./api/grants.ts"
import { policy } from "./api/policy.ts"
import { queue } from "./api/queue.ts"
import { runs } from "./api/runs.ts"
import { session } from "./api/session.ts"
import { system } from "./api/system.ts"
import { usage } from "./api/usage.ts"
import { Problems } from "./Principal.ts"

export const basePath = "/api/v1"

const strict = { errors: "all", onExcessProperty: "error" } as const

export const Api = HttpApi.make("runyard")
  .add(runs, events, queue, grants, policy, capabilities, usage, system, session)
  .middleware(Problems)
  .prefix(basePath)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotate(HttpApi.ParamsParseOptions, strict)
  .annotate(HttpApi.HeadersParseOptions, { errors: "all" })
  .annotate(OpenApi.Title, "Runyard")
  .annotate(OpenApi.Description, "Coding-agent runs: typed, durable, redacted, cancellable.")
export type Api = typeof Api
