import { assert, describe, it } from "@effect/vitest"
import { type BindOptions, checkBind, isLoopbackAddress } from "../../src/node/checkBind.ts"

const usual: BindOptions = {
  host: "127.0.0.1",
  allowRemote: false,
  hasTls: false,
  behindProxy: false,
  publicHosts: [],
}
const codeOf = (options: Partial<BindOptions>): string | undefined => checkBind({ ...usual, ...options })?.code

describe("checkBind", () => {
  it("lets the loopback be, by each of its names", () => {
    for (const host of ["127.0.0.1", "127.8.9.1", "localhost", "::1", "0:0:0:0:0:0:0:1"]) {
      assert.isTrue(isLoopbackAddress(host), host)
      assert.isUndefined(codeOf({ host }))
    }
  })

  it("refuses every other address unless somebody has said how it is protected", () => {
    for (const host of [
      "0.0.0.0",
      "::",
      "192.168.1.2",
      "10.0.0.1",
      "example.com",
      "127.0.0.1.example.com",
      "",
      "::ffff:1.2.3.4",
    ]) {
      assert.strictEqual(codeOf({ host }), "HTTP_BIND_REFUSED", host)
      assert.strictEqual(codeOf({ host, allowRemote: true }), "HTTP_BIND_REFUSED")
      assert.strictEqual(codeOf({ host, allowRemote: true, hasTls: true }), "HTTP_BIND_REFUSED")
      assert.strictEqual(codeOf({ host, behindProxy: true }), "HTTP_BIND_REFUSED")
      assert.strictEqual(codeOf({ host, hasTls: true }), "HTTP_BIND_REFUSED")
      const publicHosts = ["runyard.example"]
      assert.strictEqual(codeOf({ host, publicHosts }), "HTTP_BIND_REFUSED")
      assert.isUndefined(codeOf({ host, allowRemote: true, hasTls: true, publicHosts }))
      assert.isUndefined(codeOf({ host, behindProxy: true, publicHosts }))
    }
  })

  it("wants the public name behind a proxy on this machine, too", () => {
    assert.strictEqual(codeOf({ behindProxy: true }), "HTTP_BIND_REFUSED")
    assert.isUndefined(codeOf({ behindProxy: true, publicHosts: ["runyard.example"] }))
  })
})
