import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { defaultJsonBounds, readJson } from "../../src/security/strictJson.ts"

const faultOf = (text: string): string | undefined => {
  const read = readJson(text)
  return "fault" in read ? read.fault : undefined
}

describe("readJson", () => {
  it.prop(
    "reads what JSON.parse reads, whatever it is",
    { value: Schema.Json, spaces: Schema.Literals([0, 1, 4]) },
    ({ spaces, value }) => {
      const text = JSON.stringify(value, undefined, spaces)
      if (text.includes("__proto__")) return
      assert.deepStrictEqual(readJson(text), { value: JSON.parse(text) as unknown })
    },
  )

  it.prop(
    "never throws, whatever it gets",
    {
      parts: Schema.Array(
        Schema.Literals(["{", "}", "[", "]", ",", ":", '"', "\\", "\\u0061", "a", "1", "-", "true", " "]),
      ),
    },
    ({ parts }) => {
      const read = readJson(parts.join(""))
      assert.isTrue("fault" in read || "value" in read)
    },
  )

  it("finds a key twice only within one object", () => {
    assert.strictEqual(faultOf('{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}'), undefined)
    assert.strictEqual(faultOf('{"a":1,"b":{"a":1,"\\u0061":2}}'), "It has a key twice")
    assert.strictEqual(faultOf('{"a":"b","b":"a"}'), undefined)
  })

  it("refuses __proto__ as a key, in any spelling, and takes it as a value", () => {
    assert.strictEqual(faultOf('{"a":"__proto__"}'), undefined)
    for (const key of ["__proto__", "\\u005f_proto__", "__pr\\u006Fto__"]) {
      assert.strictEqual(faultOf(`{"a":[{"${key}":{}}]}`), "It has a key that is not allowed", key)
    }
  })

  it("keeps to its bounds", () => {
    const { depth, members } = defaultJsonBounds
    assert.strictEqual(faultOf("[".repeat(depth) + "]".repeat(depth)), undefined)
    assert.match(faultOf("[".repeat(depth + 1) + "]".repeat(depth + 1)) ?? "", /deeper/)
    assert.strictEqual(faultOf(`[${"0,".repeat(members)}0]`), undefined)
    assert.match(faultOf(`[${"0,".repeat(members + 1)}0]`) ?? "", /members/)
    assert.match((readJson('["abc"]', { ...defaultJsonBounds, stringLength: 2 }) as { fault: string }).fault, /longer/)
  })
})
