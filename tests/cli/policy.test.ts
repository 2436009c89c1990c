/** `runyard policy explain`, and policy files in their places. */
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import type { PolicyExplanation } from "@runyard/core"
import { makeProgram } from "./program.ts"

const program = makeProgram()
const { directory, env, run } = program
afterAll(program.remove)

const user = join(env["RUNYARD_HOME"] ?? "", "policy.json")
const project = join(directory, ".runyard", "policy.json")
mkdirSync(join(directory, ".runyard"))
mkdirSync(join(directory, "below"))

describe("runyard policy explain", () => {
  it("prints every flag with its reason, and the files that narrow it", { timeout: 120_000 }, async () => {
    const plain = await run(["policy", "explain", "codex"])
    assert.strictEqual(plain.code, 0, plain.stderr)
    assert.match(plain.stdout, /--sandbox +allowed +sandbox, permissionMode/)
    assert.match(plain.stdout, /--dangerously-bypass-approvals-and-sandbox +advanced/)
    assert.match(plain.stdout, /--output-last-message +denied +Codex writes that file outside/)
    writeFileSync(project, '{"version":1,"maxWallMillis":5000}')
    const json = await run(["policy", "explain", "--json"], { cwd: join(directory, "below") })
    const told = JSON.parse(json.stdout) as {
      readonly advanced: boolean
      readonly layers: ReadonlyArray<{ readonly source: string }>
      readonly providers: ReadonlyArray<{ readonly provider: string }>
    }
    assert.isFalse(told.advanced)
    assert.deepStrictEqual(
      told.layers.map(({ source }) => source),
      [`the project (${project})`],
    )
    assert.deepStrictEqual(
      told.providers.map(({ provider }) => provider),
      ["codex", "claude"],
    )
    assert.strictEqual((await run(["policy", "explain", "nobody"])).code, 2)
    rmSync(project)
  })
})

describe("runyard policy advanced", () => {
  const bypass = ["exec", "scripted", "hello", "--mode", "bypassPermissions"]

  it("is off, is switched on and off, and only by a private file of this user", { timeout: 120_000 }, async () => {
    assert.match((await run(bypass)).stderr, /POLICY_DANGEROUS/)
    assert.strictEqual((await run(["policy", "advanced", "on"])).code, 0)
    const file = join(env["RUNYARD_HOME"] ?? "", "advanced")
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    const allowed = await run([...bypass, "--json"])
    assert.strictEqual(allowed.code, 0, allowed.stderr)
    assert.include(allowed.stdout, '"policy.applied"')
    // Somebody else could have written it.
    chmodSync(file, 0o666)
    assert.match((await run(bypass)).stderr, /POLICY_DANGEROUS/)
    assert.strictEqual((await run(["policy", "advanced", "on"])).code, 0)
    assert.strictEqual((await run(["policy", "advanced", "off"])).code, 0)
    assert.match((await run(bypass)).stderr, /POLICY_DANGEROUS/)
    assert.strictEqual((await run(["policy", "advanced", "maybe"])).code, 2)
  })
})

describe("runyard policy explain, for a directory", () => {
  it(
    "says of each rule who keeps it and where it comes from, and what becomes of a run",
    { timeout: 120_000 },
    async () => {
      writeFileSync(user, '{"version":1,"maxTurns":9,"network":"deny","maxIdleMillis":5000}')
      writeFileSync(project, '{"version":1,"maxTurns":3,"deniedTools":["Bash(rm:*)"],"unenforced":"warn"}')
      const json = await run(["policy", "explain", "--json", "--cwd", join(directory, "below")], { cwd: "/" })
      const told = JSON.parse(json.stdout) as { readonly providers: ReadonlyArray<PolicyExplanation> }
      const [codex, claude] = told.providers
      const sources = { user: `the user (${user})`, project: `the project (${project})` }
      const ruleOf = (explained: PolicyExplanation | undefined, name: string) =>
        explained?.rules.find(({ rule }) => rule === name)
      assert.deepInclude(ruleOf(codex, "maxTurns"), {
        set: [
          { value: 9, source: sources.user },
          { value: 3, source: sources.project },
        ],
        enforced: "not enforced",
        then: "refuse",
      })
      assert.match(ruleOf(codex, "maxTurns")?.note ?? "", /^It has no limit\. Runyard counts what its events show/)
      assert.deepInclude(ruleOf(codex, "deniedTools"), { enforced: "not enforced", then: "warn" })
      assert.deepInclude(ruleOf(claude, "deniedTools"), { enforced: "cli" })
      assert.deepInclude(ruleOf(claude, "network"), { enforced: "not enforced", then: "refuse" })
      assert.deepInclude(ruleOf(claude, "maxIdleMillis"), { enforced: "runyard" })
      const turns = claude?.limits.find(({ limit }) => limit === "turns")
      assert.deepInclude(turns, { most: { value: 3, source: sources.project }, enforced: "cli" })
      assert.deepInclude(claude?.permissionModes[1], {
        mode: "plan",
        decision: "allowed",
        flags: ["--permission-mode", "plan"],
      })
      assert.deepInclude(claude?.sandboxModes[1], { mode: "read-only", decision: "denied", source: "built in" })
      const plain = await run(["policy", "explain", "claude", "-C", join(directory, "below")], { cwd: "/" })
      assert.include(plain.stdout, `at most 3 [${sources.project}]`)
      assert.match(plain.stdout, /network .*not enforced: .*; runs are refused/)
      assert.strictEqual((await run(["policy", "explain", "-C", "/nowhere"])).code, 2)
      rmSync(project)
      rmSync(user)
    },
  )
})

describe("runyard exec --policy", () => {
  it("narrows that run, and says that it was the request", { timeout: 120_000 }, async () => {
    const file = join(directory, "strict.json")
    writeFileSync(file, '{"version":1,"permissionModes":["plan"],"maxTurns":2,"network":"deny","unenforced":"warn"}')
    const exec = ["exec", "scripted", "hello", "--policy", file, "--json"]
    assert.match((await run(exec)).stderr, /The policy of the request does not allow the permission mode/)
    const done = await run([...exec, "--mode", "plan"])
    assert.strictEqual(done.code, 0, done.stderr)
    assert.include(done.stdout, "The rule of the request is not kept")
    assert.match(done.stdout, /"--max-turns","2"/)
    writeFileSync(file, '{"version":1,"maxTurns":"many"}')
    assert.match((await run(exec)).stderr, /POLICY_UNREADABLE/)
    assert.strictEqual((await run(["exec", "scripted", "hello", "--policy", join(directory, "none.json")])).code, 2)
  })
})

describe("runyard exec --prompt-secrets", () => {
  it("says what becomes of a request with a secret, unless a policy is stricter", { timeout: 120_000 }, async () => {
    const secret = ["ghp", "Zx9Kq2Lm7Wp4Rt8Yv3Bn6Hc1Jd5Fg0SaQe"].join("_")
    const exec = ["exec", "scripted", `use ${secret}`, "--json", "--mode", "plan"]
    assert.match((await run(exec)).stderr, /POLICY_SECRET_IN_PROMPT/)
    const warned = await run([...exec, "--prompt-secrets", "warn"])
    assert.strictEqual(warned.code, 0, warned.stderr)
    assert.include(warned.stdout, '"policy":"promptSecrets"')
    assert.notInclude(warned.stdout, secret)
    writeFileSync(user, '{"version":1,"promptSecrets":"block"}')
    const blocked = await run([...exec, "--prompt-secrets", "allow"])
    assert.strictEqual(blocked.code, 3)
    assert.match(blocked.stderr, /POLICY_SECRET_IN_PROMPT.*the policy of the user/)
    assert.notInclude(blocked.stderr, secret)
    writeFileSync(user, '{"version":1,"promptSecrets":"warn"}')
    const held = await run([...exec, "--prompt-secrets", "allow"])
    assert.strictEqual(held.code, 0, held.stderr)
    assert.include(held.stdout, '"policy":"promptSecrets","decision":"warn"')
    rmSync(user)
  })
})

describe("A policy file", () => {
  it("of the project narrows its runs, below it too, and is named by the refusal", { timeout: 120_000 }, async () => {
    writeFileSync(project, '{"version":1,"permissionModes":["plan"]}')
    const refused = await run(["exec", "scripted", "hello", "-C", join(directory, "below")])
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, `POLICY_NOT_ALLOWED: The policy of the project (${project}) does not allow`)
    assert.strictEqual((await run(["exec", "scripted", "hello", "--mode", "plan"])).code, 0)
    rmSync(project)
  })

  it("of the user does the same, and forbids everything when it cannot be read", { timeout: 120_000 }, async () => {
    writeFileSync(user, '{"version":1,"providers":["codex"]}')
    assert.match((await run(["exec", "scripted", "hello"])).stderr, /The policy of the user .* the provider scripted/)
    writeFileSync(user, "{")
    const broken = await run(["exec", "scripted", "hello"])
    assert.strictEqual(broken.code, 3)
    assert.match(broken.stderr, /POLICY_UNREADABLE/)
    // What has run can still be looked at.
    assert.strictEqual((await run(["ls"])).code, 0)
    assert.match((await run(["policy", "explain"])).stdout, /Everything is forbidden: The policy of the user/)
    rmSync(user)
    assert.strictEqual((await run(["exec", "scripted", "hello"])).code, 0)
  })
})
