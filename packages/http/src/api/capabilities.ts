/** Routes of what agent CLIs can do here. */
import { Diagnosis } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Authorization } from "../Principal.ts"

export const capabilities = HttpApiGroup.make("capabilities")
  .add(
    HttpApiEndpoint.get("list", "/capabilities", {
      success: Schema.Struct({ diagnoses: Schema.Array(Diagnosis) }),
    }),
  )
  .middleware(Authorization)
