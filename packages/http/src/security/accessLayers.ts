/** Who may do what, for the handlers: what the shell has found out, and sessions of browsers. */
import { errorInfo, runyardError } from "@runyard/core/RunyardError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Authorization, CurrentPrincipal, Sessions } from "../Principal.ts"
import { problemOf } from "../Problem.ts"
import { scopeOf } from "../scopes.ts"
import { RequestCaller } from "./RequestCaller.ts"
import type { SessionBook } from "./sessionBook.ts"

/** The shell has refused whoever may not come this far; an app that forgot the shell refuses everybody. */
export const layerAuthorization: Layer.Layer<Authorization> = Layer.succeed(
  Authorization,
  (handler, { endpoint, group }) =>
    Effect.gen(function* () {
      const { principal } = yield* RequestCaller
      const scope = scopeOf(group.identifier, endpoint.identifier)
      if (principal === undefined) return yield* Effect.fail(problemOf(errorInfo("HTTP_UNAUTHENTICATED")))
      if (scope === undefined || (scope !== "known" && scope !== "public" && !principal.scopes.includes(scope))) {
        return yield* Effect.fail(problemOf(errorInfo("HTTP_SCOPE_MISSING")))
      }
      return yield* Effect.provideService(handler, CurrentPrincipal, principal)
    }),
)

/** @param book undefined: this host has no sessions, and every code is refused. */
export const layerSessions = (book: SessionBook | undefined): Layer.Layer<Sessions> =>
  Layer.succeed(Sessions, {
    open: Effect.fnUntraced(function* (code) {
      const { client } = yield* RequestCaller
      const opened = book?.open(code, client, yield* Clock.currentTimeMillis)
      if (opened === undefined) return yield* runyardError("HTTP_CODE_REFUSED")
      return { token: opened.value, maxAgeSeconds: opened.maxAgeSeconds, principal: opened.principal }
    }),
    close: Effect.fnUntraced(function* (token) {
      const { client } = yield* RequestCaller
      book?.close(token, client, yield* Clock.currentTimeMillis)
    }),
  })
