/** Routes of the server itself. */
import { Scope, TimeLimits } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { ServerInfo } from "../ServerStatus.ts"

export const system = HttpApiGroup.make("system").add(
  HttpApiEndpoint.get("settings", "/settings", {
    success: Schema.Struct({
      ...ServerInfo.fields,
      store: Schema.Struct({ readOnly: Schema.Boolean }),
      limits: TimeLimits,
      scope: Scope,
      /** Who is asking. */
      actor: Schema.String,
    }),
  }).middleware(Authorization),
  HttpApiEndpoint.get("health", "/health", { success: Schema.Struct({ status: Schema.Literal("ok") }) }),
  HttpApiEndpoint.get("ready", "/ready", { success: Schema.Struct({ status: Schema.Literal("ready") }) }),
  HttpApiEndpoint.get("metrics", "/metrics", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })),
  }).middleware(Authorization),
)
