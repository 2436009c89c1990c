import type { LadderStep } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { codexAdapter } from "../src/index.ts"
import { recorded } from "./recorded.ts"

describe("the Codex adapter", () => {
  it("ends a run politely first, and every process last, in less than two seconds", () => {
    const ladders = Object.entries(codexAdapter.ladders)
    assert.deepStrictEqual(
      ladders.map(([name]) => name),
      ["exec", "app-server"],
    )
    for (const [name, ladder] of ladders) {
      const wait = ladder.reduce((sum, { waitMillis }) => sum + waitMillis, 0)
      assert.isAtMost(wait, 2000, name)
      assert.strictEqual(ladder.at(-1)?.do, "kill-tree")
    }
    const steps = (ladder: ReadonlyArray<LadderStep> = []) =>
      ladder.map((step) => (step.do === "signal" ? step.signal : step.do))
    assert.deepStrictEqual(steps(codexAdapter.ladders["exec"]), ["SIGINT", "SIGTERM", "kill-tree"])
    assert.deepStrictEqual(steps(codexAdapter.ladders["app-server"]), [
      "interrupt",
      "close-stdin",
      "SIGTERM",
      "kill-tree",
    ])
  })

  it("masks what is secret of the environment that it passes, and passes no key that Codex does not use", () => {
    assert.isTrue(codexAdapter.secretEnv.every((name) => codexAdapter.env.includes(name)))
    assert.include(codexAdapter.secretEnv, "CODEX_API_KEY")
    assert.notInclude(codexAdapter.env, "OPENAI_API_KEY")
  })

  it("tells its formats apart by their first bytes", () => {
    assert.strictEqual(codexAdapter.detectFormat(recorded("codex-0.169.0/hello.ndjson")), "jsonl")
    assert.strictEqual(codexAdapter.detectFormat(recorded("codex-0.42.0/hello-old-json.ndjson")), "jsonl")
    assert.strictEqual(
      codexAdapter.detectFormat(`Reading additional input from stdin...\n${recorded("codex-0.169.0/hello.ndjson")}`),
      "jsonl",
    )
    assert.strictEqual(codexAdapter.detectFormat(recorded("codex-human-0.72.0.log.gz").slice(0, 4096)), "human")
    assert.strictEqual(codexAdapter.detectFormat("Hello from the fake model.\n"), "human")
    assert.strictEqual(codexAdapter.detectFormat(""), "human")
  })

  it("asks for version and login without a prompt", () => {
    assert.deepStrictEqual(codexAdapter.version.args, ["--version"])
    const profile = codexAdapter.version.assess("0.169.0")
    assert.deepStrictEqual(codexAdapter.auth.args(profile), ["login", "status"])
  })

  it("gives a new protocol its own state", () => {
    const line = { stream: "stdout", text: "", json: { type: "turn.completed", usage: {} } } as const
    const first = codexAdapter.formats["jsonl"]?.protocol({})
    first?.decode(line)
    assert.strictEqual(first?.end(undefined).outcome, "succeeded")
    assert.strictEqual(codexAdapter.formats["jsonl"]?.protocol({}).end(undefined).outcome, "failed")
  })
})
