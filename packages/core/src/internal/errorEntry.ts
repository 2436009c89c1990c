/** What is said of one error code. */
import * as Schema from "effect/Schema"

/**
 * What an error asks of the caller. `transient`: the same request may work later. `auth`, `permission`: a person must
 * act. `policy`: not allowed here. `usage`: the request itself is wrong. `logic`: the work was done and is not good.
 * `unknown`: nothing is known, so nothing is retried.
 */
export const ErrorClass = Schema.Literals(["transient", "auth", "permission", "policy", "usage", "logic", "unknown"])
export type ErrorClass = typeof ErrorClass.Type

export interface ErrorEntry {
  readonly class: ErrorClass
  readonly summary: string
  readonly remedy: string
}
