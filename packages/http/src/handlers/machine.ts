/** Routes of what may be used here: policies, and the agent CLIs. */
import { PolicyDesk, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { answered, present } from "./answered.ts"

export const policyHandlers = HttpApiBuilder.group(
  Api,
  "policy",
  Effect.fnUntraced(function* (handlers) {
    const desk = yield* PolicyDesk
    return handlers.handle("explain", ({ query: { cwd, provider } }) =>
      answered(desk.explain(provider, present({ cwd }))),
    )
  }),
)

export const capabilitiesHandlers = HttpApiBuilder.group(
  Api,
  "capabilities",
  Effect.fnUntraced(function* (handlers) {
    const yard = yield* Runyard
    return handlers.handle("list", () => Effect.map(yard.diagnose, (diagnoses) => ({ diagnoses })))
  }),
)
