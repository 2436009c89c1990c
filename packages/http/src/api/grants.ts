/** Routes of grants: where agents may work. */
import { Grant, GrantId, GrantPlace, GrantRequest, Run } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { path, QueryFlag } from "./fields.ts"

export const grants = HttpApiGroup.make("grants")
  .add(
    HttpApiEndpoint.get("list", "/grants", {
      query: { ended: Schema.optionalKey(QueryFlag) },
      success: Schema.Struct({ grants: Schema.Array(Grant) }),
    }),
    HttpApiEndpoint.post("add", "/grants", { payload: GrantRequest, success: Grant }).annotate(
      OpenApi.Description,
      "Grants a directory by its real path; a link to one is refused with `POLICY_GRANT_REFUSED`, which names it.",
    ),
    HttpApiEndpoint.post("look", "/grants/look", { payload: Schema.Struct({ path }), success: GrantPlace }),
    HttpApiEndpoint.delete("revoke", "/grants/:id", {
      params: { id: GrantId },
      query: { stopRuns: Schema.optionalKey(QueryFlag) },
      success: Schema.Struct({ grants: Schema.Array(Grant), stopped: Schema.Array(Run) }),
    }),
  )
  .middleware(Authorization)
