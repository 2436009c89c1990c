// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { takeCode } from "../../src/session/code.ts"

const at = (address: string): string | undefined => {
  window.history.replaceState({ kept: true }, "", address)
  return takeCode(window.location, window.history)
}

describe("takeCode", () => {
  it("takes the code out of the address and leaves the rest", () => {
    assert.strictEqual(at("/runs?q=x#code=abc_DEF-12345678"), "abc_DEF-12345678")
    assert.deepStrictEqual(
      [window.location.pathname, window.location.search, window.location.hash],
      ["/runs", "?q=x", ""],
    )
    assert.deepStrictEqual(window.history.state, { kept: true })
  })

  it("takes nothing that is no code, and leaves none of it in sight", () => {
    assert.strictEqual(at("/#code=<script>"), undefined)
    assert.strictEqual(window.location.hash, "")
    assert.strictEqual(at("/#section"), undefined)
    assert.strictEqual(window.location.hash, "#section")
  })
})
