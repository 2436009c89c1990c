/** The whole contract of the HTTP API: the server, the client and the OpenAPI document are made from it. */
import { HttpApi, OpenApi } from "effect/http-api"
import { audit } from "./api/audit.ts"
import { budgets } from "./api/budgets.ts"
import { capabilities } from "./api/capabilities.ts"
import { events } from "./api/events.ts"
import { grants } from "./api/grants.ts"
import { policy } from "./api/policy.ts"
import { queue } from "./api/queue.ts"
import { runs } from "./api/runs.ts"
import { schedules } from "./api/schedules.ts"
import { session } from "./api/session.ts"
import { system } from "./api/system.ts"
import { usage } from "./api/usage.ts"
import { Problems } from "./Principal.ts"

export const basePath = "/api/v1"

const strict = { errors: "all", onExcessProperty: "error" } as const

export const Api = HttpApi.make("runyard")
  .add(runs, events, queue, schedules, budgets, grants, policy, capabilities, usage, audit, system, session)
  .middleware(Problems)
  .prefix(basePath)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotate(HttpApi.ParamsParseOptions, strict)
  .annotate(HttpApi.HeadersParseOptions, { errors: "all" })
  .annotate(OpenApi.Title, "Runyard")
  .annotate(OpenApi.Version, "1")
  .annotate(OpenApi.Description, "Coding-agent runs: typed, durable, redacted, cancellable.")
export type Api = typeof Api
