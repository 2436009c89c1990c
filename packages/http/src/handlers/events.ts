/** Routes of the log of all runs. */
import { EventLog, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { makeAllStream } from "../sse.ts"
import { answered, nextOf } from "./answered.ts"

export const eventsHandlers = HttpApiBuilder.group(
  Api,
  "events",
  Effect.fnUntraced(function* (handlers) {
    const yard = yield* Runyard
    const log = yield* EventLog
    const allStream = yield* makeAllStream(yard.allEvents)

    return handlers.handleAll({
      all: ({ headers, query: { after } }) =>
        answered(Effect.map(log.last, (last) => allStream({ last, after: headers["last-event-id"] ?? after }))),
      page: Effect.fnUntraced(function* ({ query: { after = 0, limit = 1_000 } }) {
        const events = yield* log.readAll({ after, limit })
        return { events, ...nextOf(events, limit, ({ cursor }) => cursor) }
      }, answered),
    })
  }),
)
