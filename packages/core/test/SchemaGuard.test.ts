import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { QueueEntry } from "../src/QueueEntry.ts"
import { Run } from "../src/Run.ts"
import { guard } from "../src/SchemaGuard.ts"

/** Made before any guard, so that the interpreter answers. */
const interpreted = { run: Schema.is(Run), entry: Schema.is(QueueEntry) }
const guards = { run: guard(Run), entry: guard(QueueEntry) }

type Path = ReadonlyArray<string>

/** All places in a value, the value itself first. */
const pathsOf = (value: unknown, at: Path = []): ReadonlyArray<Path> =>
  typeof value === "object" && value !== null
    ? [at, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))]
    : [at]

/** A copy with another value at one place; `gone` takes the key out. */
const changed = (value: unknown, [key, ...rest]: Path, other: unknown): unknown => {
  if (key === undefined) return other
  const copy = (Array.isArray(value) ? [...(value as Array<unknown>)] : { ...(value as object) }) as Record<
    string,
    unknown
  >
  if (rest.length === 0 && other === gone) delete copy[key]
  else copy[key] = changed(copy[key], rest, other)
  return copy
}
const gone = Symbol("gone")
const strangers = [
  gone,
  undefined,
  null,
  0,
  -1,
  0.5,
  Number.NaN,
  "",
  "x",
  true,
  1n,
  [],
  {},
  [undefined],
  { a: undefined },
]

const agrees = (which: "run" | "entry") => (value: unknown) => {
  assert.isTrue(guards[which](value))
  for (const path of pathsOf(value)) {
    for (const other of strangers) {
      const stranger = changed(value, path, other)
      assert.strictEqual(guards[which](stranger), interpreted[which](stranger), path.join("."))
    }
  }
}

describe("SchemaGuard", () => {
  it.effect.prop(
    "says what the interpreter says, of runs and of runs with one part replaced",
    { run: Run },
    ({ run }) => Effect.sync(() => agrees("run")(run)),
    { arbitrary: { runs: 12 } },
  )

  it.effect.prop(
    "says what the interpreter says, of places in the queue and of those with one part replaced",
    { entry: QueueEntry },
    ({ entry }) => Effect.sync(() => agrees("entry")(entry)),
    { arbitrary: { runs: 12 } },
  )

  it("asks for what must be there, and not for what may be missing, where JSON is part of a shape", () => {
    const is = guard(Schema.Struct({ a: Schema.String, must: Schema.Json, may: Schema.optionalKey(Schema.Json) }))
    assert.isTrue(is({ a: "", must: null }))
    assert.isTrue(is({ a: "", must: [1], may: { b: "c" } }))
    for (const value of [
      { a: "" },
      { must: 1 },
      { a: "", must: undefined },
      { a: "", must: 1, may: undefined },
      null,
      "a",
    ]) {
      assert.isFalse(is(value))
    }
  })
})
