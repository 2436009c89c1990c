import { assert, describe, it } from "@effect/vitest"
import { ErrorCode, errorInfo } from "@runyard/core"
import { httpStatus } from "../src/status.ts"

describe("httpStatus", () => {
  it("gives every error a status of an error", () => {
    for (const code of ErrorCode.literals) {
      const status = httpStatus(errorInfo(code))
      assert.isTrue(status >= 400 && status < 600, `${code}: ${status}`)
    }
  })

  it("says that what is unknown is not found, and that a limit is a limit", () => {
    assert.strictEqual(httpStatus(errorInfo("STORE_RUN_NOT_FOUND")), 404)
    assert.strictEqual(httpStatus(errorInfo("CLI_RATE_LIMITED")), 429)
  })
})
