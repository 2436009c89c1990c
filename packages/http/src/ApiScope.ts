/** What a token may allow. Pure. */
import * as Schema from "effect/Schema"

export const ApiScope = Schema.Literals([
  "runs:read",
  "runs:write",
  "queue:read",
  "queue:write",
  "schedules:read",
  "schedules:write",
  "budgets:read",
  "budgets:write",
  "grants:read",
  "grants:write",
  "policy:read",
  "usage:read",
  "audit:read",
  "system:read",
  "metrics:read",
])
export type ApiScope = typeof ApiScope.Type

/** What a route asks for: a scope, `known` for any caller that the server knows, or `public` for no token at all. */
export type RouteScope = ApiScope | "known" | "public"
