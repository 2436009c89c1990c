import type { ErrorCode } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { millisIn, startFailure, turnFailure } from "../src/CodexFailure.ts"
import { recorded } from "./recorded.ts"

const readMessage = Schema.decodeUnknownSync(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))

describe("the prose of a failure", () => {
  it("becomes a code", () => {
    const cases: ReadonlyArray<readonly [string, ErrorCode]> = [
      ["unexpected status 401 Unauthorized: , url: http://127.0.0.1:1/v1/responses, request id: r", "AUTH_REJECTED"],
      ["exceeded retry limit, last status: 401 Unauthorized", "AUTH_REJECTED"],
      ["unexpected status 402 Payment Required: no", "AUTH_BILLING"],
      ["unexpected status 403 Forbidden: no", "AUTH_FORBIDDEN"],
      ["unexpected status 404 Not Found: Fake model not found, url: http://127.0.0.1:1/", "CLI_MODEL_NOT_FOUND"],
      ['unexpected status 404 Not Found: {"error":{"message":"x","code":"model_not_found"}}', "CLI_MODEL_NOT_FOUND"],
      ["Fake model not found", "CLI_MODEL_NOT_FOUND"],
      ["The requested model 'gpt-x' does not exist.", "CLI_MODEL_NOT_FOUND"],
      ["unexpected status 404 Not Found: no such path", "CLI_REQUEST_INVALID"],
      ['{"error":{"message":"no","type":"invalid_request_error","code":"invalid_request"}}', "CLI_REQUEST_INVALID"],
      ["unexpected status 413 Payload Too Large: no", "CLI_REQUEST_TOO_LARGE"],
      ["exceeded retry limit, last status: 429 Too Many Requests, request id: r", "CLI_RATE_LIMITED"],
      ["stream disconnected before completion: Rate limit reached. Please try again in 1s.", "CLI_RATE_LIMITED"],
      ["rate limit exceeded: Rate limit reached. Please try again in 1s.", "CLI_RATE_LIMITED"],
      ["You've hit your usage limit. Try again later.", "CLI_USAGE_LIMIT"],
      ["You’ve hit your usage limit. Try again later.", "CLI_USAGE_LIMIT"],
      ["Quota exceeded. Check your plan and billing details.", "AUTH_BILLING"],
      ["We're currently experiencing high demand, which may cause temporary errors.", "CLI_SERVICE_ERROR"],
      ["We’re currently experiencing high demand, which may cause temporary errors.", "CLI_SERVICE_ERROR"],
      ["unexpected status 500 Internal Server Error: no", "CLI_SERVICE_ERROR"],
      ["unexpected status 503 Service Unavailable: no", "CLI_SERVICE_ERROR"],
      ["unexpected status 529 <unknown status code>: Overloaded", "CLI_OVERLOADED"],
      ["Selected model is at capacity. Please try a different model.", "CLI_OVERLOADED"],
      ["Codex ran out of room in the model's context window. Start a new thread.", "CLI_CONTEXT_TOO_LONG"],
      ["Codex ran out of room in the model’s context window. Start a new thread.", "CLI_CONTEXT_TOO_LONG"],
      ["Incomplete response returned, reason: max_output_tokens", "CLI_OUTPUT_LIMIT"],
      [
        "stream disconnected before completion: Incomplete response returned, reason: content_filter",
        "CLI_MODEL_REFUSED",
      ],
      ["stream disconnected before completion: error sending request", "CLI_CONNECTION"],
      ["stream disconnected before completion: idle timeout waiting for SSE", "CLI_CONNECTION"],
      ["stream disconnected before completion: stream closed before response.completed", "CLI_CONNECTION"],
      ["Missing environment variable: `OPEN_KEY`.", "AUTH_ENV_MISSING"],
      ["something that no version says", "CLI_FAILED"],
      ["", "CLI_FAILED"],
    ]
    for (const [text, code] of cases) assert.strictEqual(turnFailure(text).code, code, text)
  })

  it("keeps the vendor's sentence, without its wrapping, and the status", () => {
    const error = turnFailure(
      'unexpected status 404 Not Found: {"error":{"message":"No \\"x\\" model","code":"model_not_found"}}',
    )
    assert.match(error.message, /: No "x" model$/)
    assert.deepStrictEqual(error.detail, { httpStatus: 404 })
  })

  it("says how long to wait when the text does", () => {
    const wait = (text: string) => turnFailure(text).retryAfterMillis
    assert.strictEqual(wait("Rate limit reached. Please try again in 1s."), 1000)
    assert.strictEqual(wait("Rate limit reached. Please try again in 250ms."), 250)
    assert.strictEqual(wait("You've hit your usage limit. Try again in 3 days 4 hours 5 minutes."), 273_900_000)
    assert.isUndefined(wait("Rate limit reached."))
  })

  it("says when a usage limit ends, as far as the text does", () => {
    const clock = (name: string) => {
      const line = recorded(name)
        .split("\n")
        .find((text) => text.includes('"turn.failed"'))
      const error = turnFailure(readMessage(JSON.parse(line ?? "")).error.message)
      assert.strictEqual(error.code, "CLI_USAGE_LIMIT", name)
      return error.detail
    }
    assert.deepStrictEqual(clock("codex-0.169.0/usage-limit-today.ndjson"), {
      resets: "8:48 PM",
      resetsClock: { hour: 20, minute: 48 },
    })
    assert.deepStrictEqual(clock("codex-0.121.0/usage-limit-days.ndjson"), {
      resets: "Nov 29th, 2026 9:25 PM",
      resetsClock: { year: 2026, month: 11, day: 29, hour: 21, minute: 25 },
    })
    assert.deepStrictEqual(clock("codex-0.72.0/error-usage-limit.ndjson"), {})
    assert.deepStrictEqual(turnFailure("Rate limit reached. Please try again at 8:48 PM.").detail, {})
  })

  it("is bounded, however long the text", () => {
    const long = `unexpected status 500: ${'{"message":"'.repeat(200_000)}`
    assert.isBelow(turnFailure(long).message.length, 600)
  })

  it.prop("never throws", { text: Schema.String }, ({ text }) => {
    turnFailure(text)
    startFailure(text)
    startFailure(`Error: ${text}`)
  })
})

describe("durations", () => {
  it("are read in every form that Codex prints", () => {
    const cases = { "29ms": 29, "10.00s": 10_000, "1m 05s": 65_000, "1.75s": 1750, "2h 1m 0s": 7_260_000 }
    for (const [text, millis] of Object.entries(cases)) assert.strictEqual(millisIn(text), millis, text)
    assert.isUndefined(millisIn("soon"))
  })
})
