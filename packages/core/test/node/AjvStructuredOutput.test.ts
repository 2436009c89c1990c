import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { AjvStructuredOutput } from "../../src/node/index.ts"
import { StructuredOutput } from "../../src/StructuredOutput.ts"

const violations = (schema: unknown, value: unknown) =>
  StructuredOutput.use((output) => output.violations(schema, value)).pipe(Effect.provide(AjvStructuredOutput.layer))

const refusal = (schema: unknown) =>
  Effect.flip(StructuredOutput.use((output) => output.checkSchema(schema))).pipe(
    Effect.provide(AjvStructuredOutput.layer),
    Effect.map(({ code }) => code),
  )

const schema = {
  type: "object",
  properties: {
    items: { type: "array", items: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
    kind: { enum: ["a", "b"] },
  },
  required: ["kind"],
  additionalProperties: false,
}

describe("AjvStructuredOutput", () => {
  it.effect("finds nothing wrong with an answer that fits", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* violations(schema, { kind: "a", items: [{ name: "x" }] }), [])
    }),
  )

  it.effect("says what is wrong by path, and nothing of the text", () =>
    Effect.gen(function* () {
      const found = yield* violations(schema, { kind: "hunter2", items: [{}, { name: 5 }], hunter3: 1 })
      assert.deepStrictEqual(found.toSorted(), [
        "$ has a property that the schema does not allow",
        '$.items[0] lacks the property "name"',
        "$.items[1].name must be string",
        "$.kind must be one of the allowed values",
      ])
    }),
  )

  it.effect("reads draft 2020-12 by default and draft-07 by name", () =>
    Effect.gen(function* () {
      const tuple = { prefixItems: [{ type: "string" }] }
      assert.strictEqual((yield* violations(tuple, [1])).length, 1)
      const old = { $schema: "http://json-schema.org/draft-07/schema#", items: [{ type: "string" }] }
      assert.strictEqual((yield* violations(old, [1])).length, 1)
    }),
  )

  it.effect("refuses what is no usable schema, and takes formats it does not know", () =>
    Effect.gen(function* () {
      const bad = [null, 1, "{}", [], { type: "nothing" }, { $ref: "https://example.com/x.json" }, { $async: true }]
      for (const each of bad) assert.strictEqual(yield* refusal(each), "QUEUE_REQUEST_INVALID", JSON.stringify(each))
      assert.deepStrictEqual(yield* violations({ type: "string", format: "made-up" }, "x"), [])
      assert.deepStrictEqual(yield* violations({ $id: "same", type: "string" }, "x"), [])
      assert.strictEqual((yield* violations({ $id: "same", type: "number" }, "x")).length, 1)
    }),
  )

  it.effect("survives an answer that is nested deeper than it can follow", () =>
    Effect.gen(function* () {
      let deep: unknown = []
      for (let level = 0; level < 200_000; level++) deep = [deep]
      const found = yield* violations({ items: { $ref: "#" } }, deep)
      assert.deepStrictEqual(found, ["$ is nested too deeply to be checked"])
    }),
  )
})
