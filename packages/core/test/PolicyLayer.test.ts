import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readPolicy } from "../src/PolicyLayer.ts"
import { oneHost, request } from "./hosts.ts"

describe("readPolicy", () => {
  it("takes what it knows, and nothing else", () => {
    const good = readPolicy("s", '{"version":1,"maxWallMillis":1000}')
    assert.deepStrictEqual(Result.getOrThrow(good).document, { maxWallMillis: 1000 })
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      "{}",
      '{"version":2}',
      '{"version":1,"allow":["everything"]}',
      '{"version":1,"maxWallMillis":0}',
      '{"version":1,"permissionModes":["yolo"]}',
      '{"version":1,"maxTurns":1.5}',
      '{"version":1,"maxCostUsd":-1}',
      '{"version":1,"maxCostUsd":"1"}',
      '{"version":1,"network":"off"}',
      '{"version":1,"advanced":"allow"}',
      '{"version":1,"unenforced":"allow"}',
      '{"version":1,"allowedTools":["Bash,Write"]}',
      '{"version":1,"allowedTools":["Bash(ls)"]}',
      '{"version":1,"allowedTools":["--help"]}',
      '{"version":1,"deniedTools":["Bash Write"]}',
      '{"version":1,"deniedTools":["Bash(a,b)"]}',
      '{"version":1,"deniedTools":["Bash(a\\nb)"]}',
    ]) {
      const read = readPolicy("s", text)
      assert.strictEqual(Result.isFailure(read) ? read.failure.code : "read", "POLICY_UNREADABLE", text)
    }
  })
})

describe("A host with a policy", () => {
  it.effect("refuses a run before it is stored", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        settings: { policies: [{ source: "the user", document: { providers: ["other"] } }] },
      })
      const error = yield* Effect.flip(yard.submit(request))
      assert.deepStrictEqual([error.code, error.detail["source"]], ["POLICY_NOT_ALLOWED", "the user"])
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )
})
