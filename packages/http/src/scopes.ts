/** Which scope each route asks for. A route that is missing here does not compile. */
import type { Api } from "./Api.ts"
import type { RouteScope } from "./ApiScope.ts"

type Groups = Api["groups"]

/** Every route by its group and its own name: `runs.submit`. */
export type RouteName = {
  [G in keyof Groups]: `${G}.${Extract<keyof Groups[G]["endpoints"], string>}`
}[keyof Groups]

export const scopes: Readonly<Record<RouteName, RouteScope>> = {
  "runs.submit": "runs:write",
  "runs.check": "runs:write",
  "runs.list": "runs:read",
  "runs.get": "runs:read",
  "runs.cancel": "runs:write",
  "runs.retry": "runs:write",
  "runs.rerun": "runs:write",
  "runs.explain": "runs:read",
  "runs.redactions": "runs:read",
  "runs.log": "runs:read",
  "runs.events": "runs:read",
  "events.all": "runs:read",
  "events.page": "runs:read",
  "queue.list": "queue:read",
  "queue.change": "queue:write",
  "queue.decide": "queue:write",
  "queue.decisions": "queue:read",
  "queue.breakers": "queue:read",
  "schedules.list": "schedules:read",
  "schedules.add": "schedules:write",
  "schedules.preview": "schedules:read",
  "schedules.get": "schedules:read",
  "schedules.next": "schedules:read",
  "schedules.edit": "schedules:write",
  "schedules.fire": "schedules:write",
  "schedules.pause": "schedules:write",
  "schedules.resume": "schedules:write",
  "schedules.remove": "schedules:write",
  "budgets.list": "budgets:read",
  "budgets.set": "budgets:write",
  "budgets.remove": "budgets:write",
  "grants.list": "grants:read",
  "grants.add": "grants:write",
  "grants.look": "grants:write",
  "grants.revoke": "grants:write",
  "policy.explain": "policy:read",
  "capabilities.list": "system:read",
  "usage.entries": "usage:read",
  "usage.sums": "usage:read",
  "audit.list": "audit:read",
  "system.settings": "system:read",
  "system.health": "public",
  "system.ready": "public",
  "system.metrics": "metrics:read",
  "session.open": "public",
  "session.get": "known",
  "session.close": "known",
}

export const isRoute = (name: string): name is RouteName => Object.hasOwn(scopes, name)

/** What a route asks for; undefined for what is no route of this API, which nobody may call. */
export const scopeOf = (group: string, endpoint: string): RouteScope | undefined => {
  const name = `${group}.${endpoint}`
  return isRoute(name) ? scopes[name] : undefined
}
