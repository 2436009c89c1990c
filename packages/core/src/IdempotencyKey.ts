/** The sender's name for a request, by which the same request sent twice is found to be one. */
import * as Schema from "effect/Schema"

/** 1 to 200 visible ASCII characters. Belongs to a tenant, not to the world. */
export const IdempotencyKey = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,200}$/)).pipe(
  Schema.brand("IdempotencyKey"),
)
export type IdempotencyKey = typeof IdempotencyKey.Type
