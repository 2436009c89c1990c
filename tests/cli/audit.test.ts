/** `runyard audit`: what the other commands have decided. */
import { userInfo } from "node:os"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram, type Program } from "./program.ts"

let program: Program
beforeEach(() => void (program = makeProgram()))
afterEach(() => program.remove())

describe("runyard audit", () => {
  it("says who switched advanced mode, gave grants and steered the queue", { timeout: 120_000 }, async () => {
    await program.run(["policy", "advanced", "on"])
    await program.run(["policy", "advanced", "off"])
    await program.run(["queue", "pause", "--reason", "a test"])
    const { stdout } = await program.run(["audit", "--json"])
    const me = userInfo().username
    assert.deepStrictEqual(
      jsonLines(stdout).map(({ action, actor }) => [action, actor]),
      [
        ["queue.pause", me],
        ["policy.advanced_off", me],
        ["policy.advanced_on", me],
        ["grant.given", me],
      ],
    )
    const paused = await program.run(["audit", "--action", "queue"])
    assert.match(paused.stdout, new RegExp(`^\\d{4}-.* ${me} {2}queue\\.pause +queue {2}\\{"reason":"a test"\\}\\n$`))
    assert.include((await program.run(["audit", "-n", "0"])).stderr, "QUEUE_REQUEST_INVALID")
  })
})
