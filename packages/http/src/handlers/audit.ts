/** Routes of the audit log. */
import { AuditLog } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { answered, nextOf, present } from "./answered.ts"

export const auditHandlers = HttpApiBuilder.group(
  Api,
  "audit",
  Effect.fnUntraced(function* (handlers) {
    const log = yield* AuditLog
    return handlers.handle("list", ({ query: { limit = 100, ...filter } }) =>
      answered(
        Effect.map(log.list({ limit, ...present(filter) }), (entries) => ({
          entries,
          ...nextOf(entries, limit, ({ id }) => id),
        })),
      ),
    )
  }),
)
