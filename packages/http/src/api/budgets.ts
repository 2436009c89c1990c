/** Routes of the budgets that runs share. */
import { Budget, BudgetReport } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { reason } from "./fields.ts"

const { StoredBudgetRule } = Budget

export const budgets = HttpApiGroup.make("budgets")
  .add(
    HttpApiEndpoint.get("list", "/budgets", {
      success: Schema.Struct({ budgets: Schema.Array(BudgetReport) }),
    }).annotate(OpenApi.Description, "The rules that are in force, with what is used of each."),
    HttpApiEndpoint.post("set", "/budgets", {
      payload: Schema.Struct({ rule: StoredBudgetRule, reason }),
      success: BudgetReport,
    }).annotate(OpenApi.Description, "Keeps a rule for all hosts on the store, in place of one with its id."),
    HttpApiEndpoint.delete("remove", "/budgets/:id", {
      params: { id: StoredBudgetRule.fields.id },
      success: Schema.Struct({ budgets: Schema.Array(BudgetReport) }),
    }).annotate(OpenApi.Description, "From here on it is as each host's settings say. What was used is remembered."),
  )
  .middleware(Authorization)
