/** `runyard policy explain`, and policy files in their places. */
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { makeProgram } from "./program.ts"

const program = makeProgram()
const { directory, env, run } = program
afterAll(program.remove)

const user = join(env["RUNYARD_HOME"] ?? "", "policy.json")
const project = join(directory, ".runyard", "policy.json")
mkdirSync(join(directory, ".runyard"))
mkdirSync(join(directory, "below"))

describe("runyard policy explain", () => {
  it("prints every flag with its reason, and the files that narrow it", async () => {
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

  it("is off, is switched on and off, and only by a private file of this user", async () => {
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

describe("A policy file", () => {
  it("of the project narrows its runs, below it too, and is named by the refusal", async () => {
    writeFileSync(project, '{"version":1,"permissionModes":["plan"]}')
    const refused = await run(["exec", "scripted", "hello", "-C", join(directory, "below")])
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, `POLICY_NOT_ALLOWED: The policy of the project (${project}) does not allow`)
    assert.strictEqual((await run(["exec", "scripted", "hello", "--mode", "plan"])).code, 0)
    rmSync(project)
  })

  it("of the user does the same, and forbids everything when it cannot be read", async () => {
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
