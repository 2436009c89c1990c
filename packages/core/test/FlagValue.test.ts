import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { describeValue, type FlagValue, isFlagValue } from "../src/FlagValue.ts"

const schemas: ReadonlyArray<readonly [FlagValue, ReadonlyArray<string>, ReadonlyArray<string>]> = [
  [{ kind: "none" }, [], ["", "x"]],
  [{ kind: "word", words: ["a", "b"] }, ["a", "b"], ["", "A", "a,b", "a ", "c"]],
  [{ kind: "integer", minimum: 1, maximum: 20 }, ["1", "20", "007"], ["", "0", "21", "-1", "1.0", "1e1", "0x1", "٣"]],
  [{ kind: "amount" }, ["1", "0.5", "1e-7", "2.50"], ["", "0", "-1", ".5", "NaN", "Infinity", "1e999", "1,5"]],
  [
    { kind: "uuid" },
    ["01234567-89ab-4def-8123-456789ABCDEF"],
    ["", "01234567", "01234567-89ab-4def-8123-456789abcdefg"],
  ],
  [{ kind: "path" }, ["/", "/a b/-c", "C:\\x", "\\\\host\\x"], ["", "a", "-C/etc", "./a", "~", "/a\nb", "/a\u001b[0m"]],
  [{ kind: "json" }, ["{}", '{"a":[1]}'], ["", "[]", "1", "null", "{", '{"a":1} x']],
  [{ kind: "pattern", pattern: /^[ab]+$/, what: "letters" }, ["ab"], ["", "c", "a\n"]],
  [{ kind: "text" }, ["", "-h", "a\nb"], []],
]

describe("isFlagValue", () => {
  for (const [schema, good, bad] of schemas) {
    it(`takes ${describeValue(schema)}`, () => {
      for (const value of good) assert.isTrue(isFlagValue(schema, value), JSON.stringify(value))
      for (const value of bad) assert.isFalse(isFlagValue(schema, value), JSON.stringify(value))
      assert.strictEqual(isFlagValue(schema, undefined), schema.kind === "none")
    })
  }

  it.prop("takes no NUL, whatever the schema", { before: Schema.String, after: Schema.String }, ({ after, before }) => {
    for (const [schema] of schemas) assert.isFalse(isFlagValue(schema, `${before}\0${after}`))
  })
})
