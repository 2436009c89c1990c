/** Routes of the log of all runs. */
import { StoredEvent } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { after, limitOf } from "./fields.ts"
import { AllStream } from "./stream.ts"

export const events = HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("all", "/events", {
      query: { after },
      headers: { "last-event-id": after },
      success: AllStream,
    }).annotate(
      OpenApi.Description,
      "The log of all runs, then live, by its cursor. `Last-Event-ID` counts before `after`.",
    ),
    HttpApiEndpoint.get("page", "/events/log", {
      query: { after, limit: limitOf(1_000) },
      success: Schema.Struct({ events: Schema.Array(StoredEvent), next: Schema.optionalKey(Schema.Natural) }),
    }).annotate(
      OpenApi.Description,
      "A page of the log of all runs. `next` is the `after` of the next page. For a principal of a tenant a page may be short and not the last.",
    ),
  )
  .middleware(Authorization)
