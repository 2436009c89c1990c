/** Routes of policies. */
import { PolicyExplanation, ProviderId } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { path } from "./fields.ts"

export const policy = HttpApiGroup.make("policy")
  .add(
    HttpApiEndpoint.get("explain", "/policy", {
      query: { provider: ProviderId, cwd: Schema.optionalKey(path) },
      success: PolicyExplanation,
    }).annotate(
      OpenApi.Description,
      "What runs may use, and who decided it. With `cwd`, the policies of that project count too.",
    ),
  )
  .middleware(Authorization)
