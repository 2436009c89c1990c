import { assert, describe, it } from "@effect/vitest"
import type { Problem } from "../../src/api/types.ts"
import { placeProblem, sectionOf } from "../../src/composer/problems.ts"

const problem = (code: Problem["code"], more: Partial<Problem> = {}): Problem => ({
  title: "Refused",
  status: 403,
  detail: "It is refused",
  code,
  class: "policy",
  remedy: "Do otherwise.",
  ...more,
})

const fieldsOf = (each: Problem) => Object.keys(placeProblem(each).fields)

describe("placeProblem", () => {
  it("puts a refusal at the field that it names", () => {
    assert.deepStrictEqual(
      fieldsOf(problem("QUEUE_OPTION_UNSUPPORTED", { detailData: { field: "options.maxTurns" } })),
      ["options.maxTurns"],
    )
  })

  it("puts each issue of a schema at its field", () => {
    const issues = [
      { path: ["limits", "wallMillis"], message: "Expected a number" },
      { path: ["model"], message: "Expected text" },
    ]
    assert.deepStrictEqual(fieldsOf(problem("QUEUE_REQUEST_INVALID", { issues })), ["limits.wallMillis", "model"])
  })

  it("knows where codes belong that name no field", () => {
    assert.deepStrictEqual(fieldsOf(problem("POLICY_NO_GRANT")), ["cwd"])
    assert.deepStrictEqual(fieldsOf(problem("CLI_NOT_FOUND")), ["provider"])
    assert.deepStrictEqual(fieldsOf(problem("POLICY_SECRET_IN_PROMPT", { detailData: { field: "prompt" } })), [
      "prompt",
    ])
  })

  it("shows what belongs at no field by itself, with its code and remedy", () => {
    const { fields, rest } = placeProblem(problem("QUEUE_FULL", { detailData: { field: "constructor" } }))
    assert.deepStrictEqual(fields, {})
    assert.deepStrictEqual(rest, { code: "QUEUE_FULL", message: "It is refused", remedy: "Do otherwise." })
  })

  it("finds the section that opens for a field", () => {
    assert.deepStrictEqual(["cwd", "options.x", "budget.maxTurns", "outputSchema", "title"].map(sectionOf), [
      "main",
      "options",
      "limits",
      "answer",
      "queue",
    ])
  })
})
