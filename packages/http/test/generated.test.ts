/** What is generated from the contract, and is it what is kept? */
import { readFileSync } from "node:fs"
import { Validator } from "@seriousme/openapi-schema-validator"
import { assert, describe, it } from "@effect/vitest"
import { document } from "../src/document.ts"
import { generated } from "../src/generated.ts"
import { scopes } from "../src/scopes.ts"

const root = new URL("..", import.meta.url)
/** The formatter may lay a file out in another way. */
const withoutLayout = (text: string): string => text.replaceAll(/\s+|,(?=\s*[\]}])/g, "")

describe("Generated files", () => {
  for (const { path, text } of generated()) {
    it(`has ${path} as the contract has it; if not: npm run generate -w @runyard/http`, () => {
      const kept = readFileSync(new URL(path, root), "utf8")
      assert.strictEqual(withoutLayout(kept), withoutLayout(text))
    })
  }
})

describe("The OpenAPI document", () => {
  const made = document()
  const operations = Object.values(made.paths).flatMap((methods) =>
    Object.values(
      methods as Record<string, { readonly operationId: string; readonly security: ReadonlyArray<unknown> }>,
    ),
  )

  it("is one of OpenAPI 3.1", async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone({ ...made }))
    assert.isTrue(result.valid, JSON.stringify(result.errors ?? []).slice(0, 1_000))
    assert.strictEqual(validator.version, "3.1")
    const broken = await new Validator().validate({ ...made, info: { title: 1 } })
    assert.isFalse(broken.valid)
  })

  it("refers to nothing that it does not have", () => {
    const references = [...JSON.stringify(made).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name = ""]) => name.replaceAll("~1", "/").replaceAll("~0", "~"),
    )
    assert.isAbove(references.length, 100)
    assert.deepStrictEqual(
      references.filter((name) => !Object.hasOwn(made.components.schemas, name)),
      [],
    )
  })

  it("has every route that has a scope, and says what it asks of its caller", () => {
    assert.deepStrictEqual(operations.map(({ operationId }) => operationId).toSorted(), Object.keys(scopes).toSorted())
    const open = operations.filter(({ security }) => security.length === 0).map(({ operationId }) => operationId)
    assert.deepStrictEqual(open.toSorted(), ["session.open", "system.health", "system.ready"])
  })
})
