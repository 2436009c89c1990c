/** Who is asking: the interface of what finds it out. A host provides the layers. */
import { type RunyardError, Tenant } from "@runyard/core"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { HttpApiMiddleware } from "effect/http-api"
import { ApiScope } from "./ApiScope.ts"
import { problems } from "./Problem.ts"

export const Principal = Schema.Struct({
  /** Stands in logs and in the ledger as the actor. */
  name: Schema.String,
  scopes: Schema.Array(ApiScope),
  /**
   * The tenant that it belongs to: it sees and changes what is that tenant's, and everything else is not there for it.
   * Missing: it sees all tenants, and starts runs of this server's own.
   */
  tenant: Schema.optionalKey(Tenant),
})
export type Principal = typeof Principal.Type

/** Who sent the request that is being handled. */
export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "@runyard/http/Principal/CurrentPrincipal",
) {}

/**
 * Lets a request through that somebody known has sent whose scopes have that of the route (`scopeOf`). Fails with
 * `HTTP_UNAUTHENTICATED` and `HTTP_SCOPE_MISSING`. On every route that is not public.
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentPrincipal }>()(
  "@runyard/http/Principal/Authorization",
  { error: problems },
) {}

/** Turns requests that cannot be decoded, and defects, into problems. On every route. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("@runyard/http/Principal/Problems", {
  error: problems,
}) {}

/** Sessions of browsers. */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** Takes a code that works once. Fails with `HTTP_UNAUTHENTICATED`. */
    readonly open: (code: string) => Effect.Effect<
      {
        /** The value of the cookie. */
        readonly token: string
        readonly maxAgeSeconds: number
        readonly principal: Principal
      },
      RunyardError
    >
    /** Ends the session of a cookie, if there is one. */
    readonly close: (token: string) => Effect.Effect<void>
  }
>()("@runyard/http/Principal/Sessions") {}

/** The cookie of a browser's session. It counts only together with the header. */
export const sessionCookie = "runyard_session"
/** A plain form, link, image or EventSource cannot send it. A session counts with the value that it was opened with alone. */
export const clientHeader = "x-runyard-client"
