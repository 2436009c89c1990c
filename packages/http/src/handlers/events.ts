/** Routes of the log of all runs. */
import { EventLog, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { makeAllStream } from "../sse.ts"
import { CurrentPrincipal } from "../Principal.ts"
import { answered, nextOf, present } from "./answered.ts"

export const eventsHandlers = HttpApiBuilder.group(
  Api,
  "events",
  Effect.fnUntraced(function* (handlers) {
    const yard = yield* Runyard
    const log = yield* EventLog
    const allStream = yield* makeAllStream(yard.allEvents)

    return handlers.handleAll({
      all: Effect.fnUntraced(function* ({ headers, query: { after } }) {
        const principal = yield* CurrentPrincipal
        return allStream({ principal, last: yield* log.last, after: headers["last-event-id"] ?? after })
      }, answered),
      page: Effect.fnUntraced(function* ({ query: { after = 0, limit = 1_000 } }) {
        const { tenant } = yield* CurrentPrincipal
        const events = yield* log.readAll({ after, limit })
        const last = events.at(-1)?.cursor
        const { next } = nextOf(events, limit, ({ cursor }) => cursor)
        if (tenant === undefined || next !== undefined || last === undefined) return { events, ...present({ next }) }
        // It may have ended before it came to all of the tenant's.
        const more = yield* log.nextOfTenant(tenant, last)
        return { events, ...present({ next: more === undefined ? undefined : last }) }
      }, answered),
    })
  }),
)
