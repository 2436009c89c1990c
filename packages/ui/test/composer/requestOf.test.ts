import { assert, describe, it } from "@effect/vitest"
import { RunRequest as RequestSchema } from "@runyard/core"
import * as Schema from "effect/Schema"
import type { RunRequest } from "../../src/api/types.ts"
import { draftOf, emptyDraft, isBlank, isMasked } from "../../src/composer/draft.ts"
import { optionFields } from "../../src/composer/optionFields.ts"
import { overridesOf, requestOf } from "../../src/composer/requestOf.ts"
import { policies } from "../support/mockData.ts"

const fields = optionFields(policies[0])

const full: RunRequest = {
  provider: "claude",
  prompt: "Write a test",
  cwd: "/home/ada/parser",
  title: "A test",
  model: "opus",
  permissionMode: "plan",
  sandbox: "read-only",
  outputSchema: { type: "object" },
  options: { maxTurns: 5, allowedTools: ["Read", "Bash(git log:*)"], partialMessages: false },
  limits: { wallMillis: 5_400_000, lingerMillis: 1_000 },
  budget: { maxCostUsd: 1.5, unknownCost: "stop" },
  priority: "low",
  env: ["CI"],
  secrets: { TOKEN: "secret:TOKEN" },
  idempotent: true,
}

describe("requestOf", () => {
  it("gives back the request that a draft was made of, with what the form does not show", () => {
    const { problems, request } = requestOf(draftOf(full, "run_0123456789abcdef"), fields)
    assert.deepStrictEqual(problems, {})
    assert.deepStrictEqual<unknown>(request, full)
  })

  it("makes a request that the server's schema takes", () => {
    const { request } = requestOf(draftOf(full, "run_0123456789abcdef"), fields)
    const decode = Schema.decodeUnknownSync(RequestSchema, { onExcessProperty: "error" })
    assert.deepStrictEqual<unknown>(decode(request), full)
  })

  it("asks for nothing but provider, prompt and directory where nothing else was filled in", () => {
    const { request } = requestOf({ ...emptyDraft, provider: "codex", prompt: " x ", cwd: " /home/ada " }, fields)
    assert.deepStrictEqual<unknown>(request, { provider: "codex", prompt: " x ", cwd: "/home/ada" })
  })

  it("says at each field what cannot be read", () => {
    const { problems, request } = requestOf(
      {
        ...emptyDraft,
        outputSchema: "[1]",
        limits: { wallMillis: "soon", idleMillis: "5m" },
        budget: { maxTokens: "-1", maxCostUsd: "$2,000" },
      },
      fields,
    )
    assert.deepStrictEqual(Object.keys(problems).toSorted(), ["budget.maxTokens", "limits.wallMillis", "outputSchema"])
    assert.deepStrictEqual(request.limits, { idleMillis: 300_000 })
    assert.deepStrictEqual(request.budget, { maxCostUsd: 2000 })
  })

  it("leaves behind the key, the start and the conversation of the run that is repeated", () => {
    const before: RunRequest = {
      ...full,
      idempotencyKey: "key",
      notBefore: 1,
      session: { kind: "new", id: "3f0c1d0e-0000-4000-8000-000000000000" },
    }
    assert.deepStrictEqual<unknown>(requestOf(draftOf(before, "run_0123456789abcdef"), fields).request, full)
  })

  it("sees the marks of masked text", () => {
    assert.isTrue(isMasked("use [redacted:anthropic-key#8f61a57b] here"))
    assert.isFalse(isMasked("say what is redacted: nothing"))
  })

  it("knows a draft that holds nothing", () => {
    assert.isTrue(isBlank({ ...emptyDraft, provider: "codex", cwd: "/home/ada" }))
    assert.isFalse(isBlank({ ...emptyDraft, prompt: "x" }))
  })
})

describe("overridesOf", () => {
  it("names what was changed, so that what was not touched stays the server's own", () => {
    const draft = { ...draftOf(full, "run_0123456789abcdef"), model: "sonnet" }
    const { base = {} } = draft
    assert.deepStrictEqual(overridesOf(base, requestOf(draft, fields).request), { model: "sonnet" })
  })

  it("cannot say that a field is left out", () => {
    const draft = { ...draftOf(full, "run_0123456789abcdef"), model: "" }
    assert.strictEqual(overridesOf(draft.base ?? {}, requestOf(draft, fields).request), undefined)
  })
})
