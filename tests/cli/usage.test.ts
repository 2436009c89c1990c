/** `runyard usage` over what runs of the bundled agent used. */
import { userInfo } from "node:os"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { makeProgram } from "./program.ts"

const program = makeProgram()
afterAll(program.remove)

interface Sum {
  readonly by: string
  readonly key: string
  readonly attempts: number
  readonly tokens: { readonly input: number; readonly output: number }
}
const sums = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<Sum>> => {
  const { code, stderr, stdout } = await program.run(["usage", "--json", ...args])
  assert.strictEqual(code, 0, stderr)
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Sum)
}

describe("runyard usage", { timeout: 60_000 }, () => {
  it("says that nothing was used, and then what was, by whom and what", async () => {
    const nothing = await program.run(["usage"])
    assert.deepStrictEqual([nothing.code, nothing.stdout, nothing.stderr.trim()], [0, "", "Nothing was used."])
    for (const prompt of ["one", "two"]) {
      assert.strictEqual((await program.run(["exec", "scripted", prompt, "--quiet"])).code, 0)
    }
    const [day, ...otherDays] = await sums()
    assert.deepStrictEqual([day?.by, day?.attempts, otherDays.length], ["day", 2, 0])
    assert.lengthOf(await sums("--by", "run"), 2)
    assert.deepStrictEqual(
      (await sums("--by", "actor", "--since", "1h")).map(({ key }) => key),
      [userInfo().username],
    )
    assert.deepStrictEqual(
      (await sums("--by", "workspace")).map(({ key }) => key),
      [program.directory],
    )
    assert.deepStrictEqual(await sums("--until", "1d"), [])
    assert.deepStrictEqual(await sums("--provider", "claude"), [])
    const read = await program.run(["usage", "--by", "provider"])
    assert.match(read.stdout, /^scripted {2}0\.00 \$ told by the CLI {2}2 attempts, [\d,]+ in, [\d,]+ out\n$/)
  })

  it("refuses a time that it does not know, and a limit that is none", async () => {
    assert.strictEqual((await program.run(["usage", "--since", "yesterday"])).code, 2)
    assert.strictEqual((await program.run(["exec", "scripted", "hello", "--max-cost", "-1"])).code, 2)
    assert.strictEqual((await program.run(["exec", "scripted", "hello", "--max-tokens", "-1"])).code, 2)
  })

  it("keeps the result of a run that used more than its limit when it arrived, and says so in its log", async () => {
    const { code } = await program.run(["exec", "scripted", "hello", "--quiet", "--max-tokens", "600"])
    assert.strictEqual(code, 0)
    const log = await program.run(["logs", "last", "--json"])
    assert.include(log.stdout, '"decision":"overdrawn"')
  })
})
