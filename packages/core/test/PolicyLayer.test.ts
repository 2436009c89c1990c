import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { deniedArgs, narrow, type PolicyDocument, readPolicy } from "../src/PolicyLayer.ts"
import type { RunRequest } from "../src/Run.ts"
import { oneHost, request } from "./hosts.ts"

const layer = (rules: Omit<PolicyDocument, "version">, source = "the machine (/etc/x)") => ({
  source,
  document: { version: 1 as const, ...rules },
})
const asked = (more: Partial<RunRequest> = {}): RunRequest => ({ provider: "codex", prompt: "p", cwd: "/w", ...more })
const said = (rules: Omit<PolicyDocument, "version">, more: Partial<RunRequest> = {}) => {
  const result = narrow([layer({}), layer(rules, "the project")], asked(more), 7_200_000)
  return Result.isFailure(result) ? result.failure.message : JSON.stringify(result.success)
}

describe("narrow", () => {
  it("refuses what a layer does not list, and names the layer", () => {
    const refusals: ReadonlyArray<readonly [Omit<PolicyDocument, "version">, Partial<RunRequest>, RegExp]> = [
      [{ providers: ["claude"] }, {}, /the provider codex$/],
      [{ permissionModes: ["plan"] }, {}, /the permission mode "default"$/],
      [{ permissionModes: ["plan"] }, { permissionMode: "acceptEdits" }, /"acceptEdits"$/],
      [{ sandboxModes: ["read-only"] }, {}, /a run without a sandbox mode$/],
      [{ sandboxModes: ["read-only"] }, { sandbox: "workspace-write" }, /"workspace-write"$/],
      [{ env: ["CI"] }, { env: ["CI", "TOKEN"] }, /the variable TOKEN$/],
      [{ maxWallMillis: 60_000 }, { limits: { wallMillis: 60_001 } }, /longer than 60 s$/],
      [{ maxWallMillis: 60_000 }, { limits: { wallMillis: 0 } }, /longer than 60 s$/],
      [{ permissionModes: [] }, {}, /the permission mode/],
    ]
    for (const [rules, more, message] of refusals) {
      const text = said(rules, more)
      assert.match(text, message, JSON.stringify(rules))
      assert.match(text, /^The policy of the project does not allow/)
    }
  })

  it("lets through what all layers list, and changes nothing but the missing limit", () => {
    const fits = { permissionMode: "plan", sandbox: "read-only", env: ["CI"], limits: { wallMillis: 60_000 } } as const
    const rules = {
      permissionModes: ["plan"],
      sandboxModes: ["read-only"],
      env: ["CI"],
      maxWallMillis: 60_000,
    } as const
    assert.strictEqual(said(rules, fits), JSON.stringify(asked(fits)))
    assert.strictEqual(said({}), JSON.stringify(asked()))
    assert.strictEqual(said({ maxWallMillis: 60_000 }), JSON.stringify(asked({ limits: { wallMillis: 60_000 } })))
    assert.strictEqual(said({ maxWallMillis: 9_000_000 }), JSON.stringify(asked({ limits: { wallMillis: 7_200_000 } })))
    const both = narrow([layer({ maxWallMillis: 5000 }), layer({ maxWallMillis: 3000 })], asked(), 0)
    assert.deepStrictEqual(Result.getOrThrow(both).limits, { wallMillis: 3000 })
  })
})

describe("deniedArgs", () => {
  it("refuses a flag that a layer denies for this provider", () => {
    const layers = [layer({ deniedFlags: { codex: ["--add-dir"] } })]
    assert.strictEqual(deniedArgs(layers, "codex", ["exec", "--add-dir=/x"])?.code, "POLICY_NOT_ALLOWED")
    assert.isUndefined(deniedArgs(layers, "claude", ["--add-dir=/x"]))
    assert.isUndefined(deniedArgs(layers, "constructor", ["--add-dir=/x"]))
    assert.isUndefined(deniedArgs(layers, "codex", ["exec", "--model=--add-dir"]))
  })
})

describe("readPolicy", () => {
  it("takes what it knows, and nothing else", () => {
    const good = readPolicy("s", '{"version":1,"maxWallMillis":1000}')
    assert.deepStrictEqual(Result.getOrThrow(good).document, { version: 1, maxWallMillis: 1000 })
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
    ]) {
      const read = readPolicy("s", text)
      assert.strictEqual(Result.isFailure(read) ? read.failure.code : "read", "POLICY_UNREADABLE", text)
    }
  })
})

describe("A host with a policy", () => {
  it.effect("refuses a run before it is stored", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ settings: { policies: [layer({ providers: ["other"] }, "the user")] } })
      const error = yield* Effect.flip(yard.submit(request))
      assert.deepStrictEqual([error.code, error.detail["source"]], ["POLICY_NOT_ALLOWED", "the user"])
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )
})
