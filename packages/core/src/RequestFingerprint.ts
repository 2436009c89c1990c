/** What tells whether two requests ask for the same, without saying for what. */
import * as Schema from "effect/Schema"

/**
 * 64 bits of the request under the installation's key, as 16 hexadecimal digits. Says nothing without the key. Two requests
 * that are sent with the same key have the same one by chance once in 2⁶⁴ times; requests with other keys are not compared.
 */
export const RequestFingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)).pipe(
  Schema.brand("RequestFingerprint"),
)
export type RequestFingerprint = typeof RequestFingerprint.Type
