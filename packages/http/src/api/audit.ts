/** Routes of the audit log. */
import { AuditRecord } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { limitOf, shortText } from "./fields.ts"

export const audit = HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/audit", {
      query: {
        action: Schema.optionalKey(shortText),
        before: Schema.optionalKey(Schema.Natural),
        limit: limitOf(1_000),
      },
      success: Schema.Struct({ entries: Schema.Array(AuditRecord), next: Schema.optionalKey(Schema.Natural) }),
    }).annotate(
      OpenApi.Description,
      "Who has decided what, newest first. `action` is the beginning of one, such as `grant`. `next` is the `before` of the next page.",
    ),
  )
  .middleware(Authorization)
