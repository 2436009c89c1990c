/** Whose things the sender of a request may see and change. */
import { isOfTenant, localScope, type RunyardError, runyardError, Scope, type Tenant } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CurrentPrincipal, type Principal } from "../Principal.ts"

/** Nobody is no caller: a route that forgot to say for whom it asks fails, and shows nothing. */
const caller: Effect.Effect<Principal> = Effect.flatMap(Effect.serviceOption(CurrentPrincipal), (principal) =>
  Option.isSome(principal)
    ? Effect.succeed(principal.value)
    : Effect.die(new Error("Something was asked for on behalf of nobody")),
)

/** Undefined: all of them. */
const callerTenant: Effect.Effect<Tenant | undefined> = Effect.map(caller, ({ tenant }) => tenant)

/** What there is for a caller of all tenants, and for one that belongs to a tenant. */
export const byTenant = <A, E1, B, E2>(
  all: Effect.Effect<A, E1>,
  part: (tenant: Tenant) => Effect.Effect<B, E2>,
): Effect.Effect<A | B, E1 | E2> =>
  Effect.flatMap(callerTenant, (tenant): Effect.Effect<A | B, E1 | E2> => (tenant === undefined ? all : part(tenant)))

/** Fails with `HTTP_SCOPE_MISSING` for a caller that belongs to a tenant: it is about all of them. */
export const forAllAlone = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | RunyardError> =>
  byTenant(effect, () =>
    Effect.fail(runyardError("HTTP_SCOPE_MISSING", { message: "This is about all tenants, and the caller is of one" })),
  )

/** What no request asks for. */
export const notForRequests: Effect.Effect<never> = Effect.die(new Error("No request may ask for this"))

/** The scope of what a caller makes without naming one. */
export const homeOf = (tenant: Tenant | undefined): Scope => ({ ...localScope, ...tenant })

const scopeIn = Schema.decodeUnknownOption(Scope)

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether the caller may have runs with this scope. Callers of all tenants have those of this server alone. */
const isOwn = (scope: Scope, tenant: Tenant | undefined): boolean =>
  tenant === undefined
    ? scope.workspace === localScope.workspace && isOfTenant(scope, localScope)
    : isOfTenant(scope, tenant)

/**
 * The fields of a request with the scope of who sends it. Fails with `HTTP_SCOPE_MISSING` when they name another tenant:
 * its limits and budgets would not count for the run. What is no scope at all is left to whoever reads the request.
 * @param fallback whether a missing scope is filled in.
 */
export const owned = (
  request: unknown,
  { fallback }: { readonly fallback: boolean },
): Effect.Effect<unknown, RunyardError> =>
  Effect.flatMap(callerTenant, (tenant) => {
    if (!isFields(request)) return Effect.succeed(request)
    const home = homeOf(tenant)
    const named = Option.getOrElse(scopeIn(request["scope"]), () => home)
    if (!isOwn(named, tenant)) {
      return Effect.fail(
        runyardError("HTTP_SCOPE_MISSING", {
          message: "The request names another tenant than that of its sender",
          remedy: "Leave `scope` out.",
          detail: { field: "scope" },
        }),
      )
    }
    const isMissing = tenant !== undefined && fallback && !Object.hasOwn(request, "scope")
    return Effect.succeed(isMissing ? { ...request, scope: home } : request)
  })
