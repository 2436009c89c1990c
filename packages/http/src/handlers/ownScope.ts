/** Whose runs a client may start: those of this server's own tenant, whatever its request says. */
import { localScope, type RunyardError, runyardError, Scope } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const scopeIn = Schema.decodeUnknownOption(Scope)
const isSame = Schema.toEquivalence(Scope)

/**
 * Fails with `HTTP_SCOPE_MISSING` when the fields of a request name another tenant: its limits and budgets would not count
 * for the run. What is no scope at all is left to whoever reads the request.
 */
export const inOwnScope = (fields: { readonly scope?: unknown } = {}): Effect.Effect<void, RunyardError> => {
  const named = Option.getOrElse(scopeIn(fields.scope), () => localScope)
  return isSame(named, localScope)
    ? Effect.void
    : Effect.fail(
        runyardError("HTTP_SCOPE_MISSING", {
          message: "The request names another tenant than that of this server",
          remedy: "Leave `scope` out.",
          detail: { field: "scope" },
        }),
      )
}
