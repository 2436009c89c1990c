/** What server-sent events hold. */
import { LiveFrame, RunEvent, StoredEvent } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiSchema } from "effect/http-api"

const numbered = <S extends Schema.Codec<unknown, unknown>>(data: S) =>
  Schema.Struct({ id: Schema.String, event: Schema.Literal("run"), data: Schema.fromJsonString(data) })

/** Of one run: `id` is the `seq`. Live frames have none: a message that is still being written, which the log gets whole. */
export const RunStream = HttpApiSchema.StreamSse({
  events: Schema.Union([
    numbered(RunEvent),
    Schema.Struct({
      id: Schema.optional(Schema.String),
      event: Schema.Literal("live"),
      data: Schema.fromJsonString(LiveFrame),
    }),
    /** The run has stopped, and everything was sent. */
    Schema.Struct({
      id: Schema.optional(Schema.String),
      event: Schema.Literal("end"),
      data: Schema.fromJsonString(Schema.Struct({})),
    }),
  ]),
})

/** Of all runs: `id` is the cursor. */
export const AllStream = HttpApiSchema.StreamSse({ events: numbered(StoredEvent) })
