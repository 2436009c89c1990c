/** Routes of the queue. */
import {
  Breaker,
  ControlChange,
  ControlRecord,
  PlaceChange,
  QueueControl,
  QueueListing,
  Run,
  RunId,
} from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { limitOf, reason } from "./fields.ts"

export const queue = HttpApiGroup.make("queue")
  .add(
    HttpApiEndpoint.get("list", "/queue", { query: { limit: limitOf(1_000) }, success: QueueListing }),
    HttpApiEndpoint.patch("change", "/queue/runs/:id", {
      params: { id: RunId },
      payload: Schema.Struct({ ...PlaceChange.fields, reason }),
      success: Run,
    }),
    HttpApiEndpoint.post("decide", "/queue/decisions", {
      payload: Schema.Struct({ change: ControlChange, reason }),
      success: QueueControl,
    }).annotate(
      OpenApi.Description,
      "Pauses or resumes the queue or a provider, or changes limits, for all hosts on the store.",
    ),
    HttpApiEndpoint.get("decisions", "/queue/decisions", {
      query: { limit: limitOf(1_000) },
      success: Schema.Struct({ decisions: Schema.Array(ControlRecord) }),
    }),
    HttpApiEndpoint.get("breakers", "/queue/breakers", {
      success: Schema.Struct({ breakers: Schema.Array(Breaker) }),
    }),
  )
  .middleware(Authorization)
