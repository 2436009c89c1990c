/** Routes of the usage ledger. */
import { LedgerEntry, LedgerGrouping, LedgerSum, ProviderId, RunId } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { limitOf, shortText } from "./fields.ts"

const filter = {
  provider: Schema.optionalKey(ProviderId),
  actor: Schema.optionalKey(shortText),
  since: Schema.optionalKey(Schema.Finite),
  until: Schema.optionalKey(Schema.Finite),
}

export const usage = HttpApiGroup.make("usage")
  .add(
    HttpApiEndpoint.get("entries", "/usage/entries", {
      query: { run: Schema.optionalKey(RunId), ...filter, limit: limitOf(10_000) },
      success: Schema.Struct({ entries: Schema.Array(LedgerEntry) }),
    }),
    HttpApiEndpoint.get("sums", "/usage/sums", {
      query: { by: LedgerGrouping, ...filter, timeZone: Schema.optionalKey(shortText) },
      success: Schema.Struct({ sums: Schema.Array(LedgerSum) }),
    }),
  )
  .middleware(Authorization)
