import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PermissionMode } from "../src/AgentMode.ts"
import {
  effectivePolicy,
  type EffectivePolicy,
  type HostRules,
  rulePermissionMode,
  ruleSandboxMode,
} from "../src/EffectivePolicy.ts"
import { admitRequest } from "../src/internal/admitRequest.ts"
import { PolicyRules } from "../src/PolicyRules.ts"
import type { RunRequest } from "../src/Run.ts"
import { defaultTimeLimits } from "../src/TimeLimits.ts"

const codex = { provider: "codex" }
const layersOf = (documents: ReadonlyArray<PolicyRules>) =>
  documents.map((document, index) => ({ source: `layer ${index}`, document }))
const policyOf = (documents: ReadonlyArray<PolicyRules>, host: Partial<HostRules> = {}): EffectivePolicy =>
  effectivePolicy(
    codex,
    { limits: defaultTimeLimits, allowDangerous: false, promptSecrets: "allow", ...host },
    layersOf(documents),
  )
const asked = (more: Partial<RunRequest> = {}): RunRequest => ({ provider: "codex", prompt: "p", cwd: "/w", ...more })
const said = (rules: PolicyRules, more: Partial<RunRequest> = {}) => {
  const result = admitRequest(policyOf([{}, rules]), asked(more))
  return Result.isFailure(result) ? result.failure.message : JSON.stringify(result.success)
}

describe("admitRequest", () => {
  it("refuses what a layer does not list, and names the layer", () => {
    const refusals: ReadonlyArray<readonly [PolicyRules, Partial<RunRequest>, RegExp]> = [
      [{ providers: ["claude"] }, {}, /the provider codex$/],
      [{ permissionModes: ["plan"] }, {}, /the permission mode "default"$/],
      [{ permissionModes: ["plan"] }, { permissionMode: "acceptEdits" }, /"acceptEdits"$/],
      [{ permissionModes: [] }, {}, /the permission mode/],
      [{ sandboxModes: ["read-only"] }, {}, /a run without a sandbox mode$/],
      [{ sandboxModes: ["read-only"] }, { sandbox: "workspace-write" }, /"workspace-write"$/],
      [{ env: ["CI"] }, { env: ["CI", "TOKEN"] }, /the variable TOKEN$/],
      [{ env: ["CI"] }, { secrets: { TOKEN: "secret:NAME" } }, /the variable TOKEN$/],
      [{ maxWallMillis: 60_000 }, { limits: { wallMillis: 60_001 } }, /take longer than 60 s$/],
      [{ maxIdleMillis: 60_000 }, { limits: { idleMillis: 60_001 } }, /silent for longer than 60 s$/],
      [{ maxIdleMillis: 60_000 }, { limits: { toolIdleMillis: 60_001 } }, /silent for longer than 60 s$/],
      [{ maxIdleMillis: 60_000 }, { limits: { lingerMillis: 60_001 } }, /stay after its result for longer than 60 s$/],
      [{ maxQueueMillis: 60_000 }, { limits: { queueMillis: 60_001 } }, /wait for its turn for longer than 60 s$/],
    ]
    for (const [rules, more, message] of refusals) {
      const text = said(rules, more)
      assert.match(text, message, JSON.stringify(rules))
      assert.match(text, /^The policy of layer 1 does not allow/)
    }
  })

  it("lets through what all layers list, and sets what they limit where the request says nothing", () => {
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
    // 0 asks for nothing, and the host's own limit is shorter than the policy's.
    const none = { limits: { wallMillis: 0 } }
    assert.strictEqual(said({ maxWallMillis: 60_000 }, none), JSON.stringify(asked({ limits: { wallMillis: 60_000 } })))
    assert.strictEqual(said({ maxWallMillis: 9_000_000 }), JSON.stringify(asked()))
    // Where the host has no limit, the policy's counts; where it has none of its own for tools, that of all silence does.
    assert.deepStrictEqual(JSON.parse(said({ maxQueueMillis: 5, maxIdleMillis: 50 })).limits, {
      idleMillis: 50,
      lingerMillis: 50,
      queueMillis: 5,
    })
  })
})

describe("effectivePolicy", () => {
  it("takes the smallest of each limit, with the layer that says so", () => {
    const { cli, limits } = policyOf([{ maxTurns: 9, maxCostUsd: 2 }, { maxTurns: 3 }, { maxTurns: 3, maxCostUsd: 5 }])
    assert.deepStrictEqual(cli.maxTurns, { value: 3, source: "layer 1" })
    assert.deepStrictEqual(limits.costUsd, {
      most: { value: 2, source: "layer 0" },
      usual: { value: 2, source: "layer 0" },
    })
    assert.deepStrictEqual(policyOf([]).limits.wallMillis, { usual: { value: 7_200_000, source: "this host" } })
  })

  it("takes the tools that every layer allows, and all that any denies", () => {
    const { cli } = policyOf([
      { allowedTools: ["Read", "Grep", "Bash"], deniedTools: ["WebFetch"] },
      { allowedTools: ["Bash", "Read"], deniedTools: ["Bash(rm:*)"] },
    ])
    assert.deepStrictEqual(cli.allowedTools, { value: ["Read", "Bash"], source: "layer 0 and layer 1" })
    assert.deepStrictEqual(
      cli.deniedTools.map(({ source, value }) => `${value} by ${source}`),
      ["WebFetch by layer 0", "Bash(rm:*) by layer 1"],
    )
    assert.deepStrictEqual(policyOf([{ allowedTools: ["Read"] }, { allowedTools: [] }]).cli.allowedTools?.value, [])
  })

  it("lets pass in a prompt what the strictest says", () => {
    const said = (host: HostRules["promptSecrets"], ...documents: ReadonlyArray<PolicyRules>) =>
      policyOf(documents, { promptSecrets: host }).promptSecrets
    assert.deepStrictEqual(said("allow"), { value: "allow", source: "this host" })
    assert.deepStrictEqual(said("allow", {}, { promptSecrets: "warn" }), { value: "warn", source: "layer 1" })
    assert.deepStrictEqual(said("warn", { promptSecrets: "warn" }), { value: "warn", source: "this host" })
    assert.deepStrictEqual(said("allow", { promptSecrets: "warn" }, { promptSecrets: "block" }), {
      value: "block",
      source: "layer 1",
    })
    assert.deepStrictEqual(said("block", { promptSecrets: "warn" }), { value: "block", source: "this host" })
  })

  it("lets no layer switch on what the host does not allow", () => {
    assert.deepStrictEqual(policyOf([{}]).advanced, { value: false, source: "this host" })
    assert.deepStrictEqual(policyOf([{}], { allowDangerous: true }).advanced, { value: true, source: "this host" })
    assert.deepStrictEqual(policyOf([{ advanced: "deny" }], { allowDangerous: true }).advanced, {
      value: false,
      source: "layer 0",
    })
  })

  const modesOf = (policy: EffectivePolicy) =>
    PermissionMode.literals.filter((mode) => rulePermissionMode(policy, mode).decision !== "denied")
  const numbers = ({ limits }: EffectivePolicy) => Object.values(limits).map(({ most }) => most?.value ?? Infinity)
  const documents = { first: PolicyRules, second: PolicyRules }

  it.prop("only ever narrows by another layer", documents, ({ first, second }) => {
    const one = policyOf([first])
    const both = policyOf([first, second])
    for (const mode of modesOf(both)) assert.include(modesOf(one), mode)
    if (ruleSandboxMode(both, undefined).decision !== "denied") {
      assert.notStrictEqual(ruleSandboxMode(one, undefined).decision, "denied")
    }
    for (const [index, most] of numbers(both).entries()) assert.isAtMost(most, numbers(one)[index] ?? 0)
    if (one.use.decision === "denied") assert.strictEqual(both.use.decision, "denied")
    if (one.cli.networkDenied !== undefined) assert.isDefined(both.cli.networkDenied)
    assert.isAtLeast(both.cli.deniedTools.length, one.cli.deniedTools.length)
    if (one.cli.allowedTools !== undefined) {
      for (const tool of both.cli.allowedTools?.value ?? []) assert.include(one.cli.allowedTools.value, tool)
      assert.isDefined(both.cli.allowedTools)
    }
  })

  it.prop(
    "does not depend on the order of the layers, but for which of them is named",
    documents,
    ({ first, second }) => {
      const one = policyOf([first, second])
      const other = policyOf([second, first])
      assert.deepStrictEqual(numbers(one), numbers(other))
      assert.deepStrictEqual(modesOf(one), modesOf(other))
      assert.strictEqual(one.use.decision, other.use.decision)
      assert.deepStrictEqual(one.cli.allowedTools?.value.toSorted(), other.cli.allowedTools?.value.toSorted())
      assert.strictEqual(one.cli.networkDenied === undefined, other.cli.networkDenied === undefined)
    },
  )

  it("is written and read by the same schema, in a file and in a request", () => {
    const rules: PolicyRules = { maxTurns: 3, deniedTools: ["Bash(git push:*)"], network: "deny", unenforced: "warn" }
    assert.deepStrictEqual(Schema.decodeUnknownSync(PolicyRules)(JSON.parse(JSON.stringify(rules))), rules)
  })
})
