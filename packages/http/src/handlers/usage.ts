/** Routes of the usage ledger. */
import { UsageLedger } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { answered, present } from "./answered.ts"

export const usageHandlers = HttpApiBuilder.group(
  Api,
  "usage",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* UsageLedger
    return handlers.handleAll({
      entries: ({ query: { limit, ...filter } }) =>
        answered(Effect.map(ledger.entries(present(filter), limit), (entries) => ({ entries }))),
      sums: ({ query: { by, timeZone, ...filter } }) =>
        answered(Effect.map(ledger.sums(by, present(filter), timeZone), (sums) => ({ sums }))),
    })
  }),
)
