/** `runyard schedule`: saved requests, and two programs that submit them. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram, type Program } from "./program.ts"

let program: Program
beforeEach(() => void (program = makeProgram()))
afterEach(() => program.remove())

const schedule = (...args: ReadonlyArray<string>) => program.run(["schedule", ...args])
const runs = async () => jsonLines((await program.run(["ls", "--json", "-n", "1000"])).stdout)
const runOf = (stdout: string) => jsonLines(stdout)[0]?.["runId"]
const keyOf = (run: Record<string, unknown>) => (run["request"] as Record<string, unknown>)["idempotencyKey"]

describe("runyard schedule", () => {
  it("makes, lists, pauses, resumes and removes", { timeout: 120_000 }, async () => {
    const made = await schedule("add", "0 3 * * 1-5", "scripted", "tidy up", "--time-zone", "Europe/Berlin", "--json")
    assert.strictEqual(made.code, 0, made.stderr)
    const [created] = jsonLines(made.stdout)
    const id = String(created?.["id"])
    assert.deepStrictEqual(created?.["times"], {
      expression: "0 3 * * 1-5",
      missed: "skip",
      timeZone: "Europe/Berlin",
    })
    const listed = await schedule("list")
    assert.include(listed.stdout, `${id}  0 3 * * 1-5 (Europe/Berlin)  next `)
    assert.include(listed.stdout, "tidy up")
    const next = jsonLines((await schedule("next", id.slice(-8), "-n", "3", "--json")).stdout)
    assert.strictEqual(next[0]?.["at"], created?.["nextAt"])
    assert.lengthOf(next, 3)
    assert.include((await schedule("pause", id)).stdout, "paused")
    assert.include((await schedule("resume", id.slice(-8))).stdout, "next ")
    const change = ["edit", id, "--cron", "30 4 * * *", "--overlap", "skip", "--prompt", "tidy", "--name", "tidier"]
    const [edited] = jsonLines((await schedule(...change, "--json")).stdout)
    assert.deepInclude(edited, { id, revision: 4, overlap: "skip", name: "tidier" })
    assert.deepInclude(edited?.["times"], { expression: "30 4 * * *", timeZone: "Europe/Berlin" })
    assert.deepInclude(edited?.["request"], { prompt: "tidy", provider: "scripted" })
    const late = await schedule("edit", id, "--name", "late", "--revision", "3")
    assert.deepStrictEqual([late.code, /✗ (\w+)/.exec(late.stderr)?.[1]], [2, "QUEUE_SCHEDULE_CHANGED"])
    assert.include((await schedule("edit", id)).stderr, "QUEUE_REQUEST_INVALID")
    const fire = ["fire", id, "--reason", "to see it", "--idempotency-key", "deploy-7", "--json"] as const
    const fired = await schedule(...fire)
    assert.strictEqual(fired.code, 0, fired.stderr)
    assert.include(fired.stdout, '"run.completed"')
    assert.isString(runOf(fired.stdout))
    const again = await schedule(...fire)
    assert.deepStrictEqual([again.code, runOf(again.stdout)], [0, runOf(fired.stdout)])
    assert.include((await schedule("fire", id, "--idempotency-key", "not one")).stderr, "QUEUE_REQUEST_INVALID")
    const [after] = jsonLines((await schedule("ls", "--json")).stdout)
    assert.strictEqual(after?.["nextAt"], edited?.["nextAt"])
    assert.strictEqual((await schedule("remove", id)).stdout, `${id}  removed\n`)
    assert.include((await schedule("ls")).stderr, "No schedules.")
  })

  it("refuses what cannot be one with a code, and stores nothing", { timeout: 120_000 }, async () => {
    const secret = ["ghp", "_", "9mP2qLx7RtVb4WcNz8KdYf3HsJg6Ue1Xa5QZ"].join("")
    for (const [code, exit, ...args] of [
      ["QUEUE_SCHEDULE_INVALID", 2, "add", "every day", "scripted", "x"],
      ["QUEUE_SCHEDULE_INVALID", 2, "add", "0 3 * * *", "scripted", "x", "--time-zone", "Atlantis/Poseidonis"],
      ["QUEUE_SCHEDULE_INVALID", 2, "add", "0 3 * * *", "scripted", "x", "--max-catch-up", "0"],
      ["QUEUE_REQUEST_INVALID", 2, "add", "0 3 * * *", "scripted", "x", "--missed", "sometimes"],
      ["QUEUE_PROVIDER_UNKNOWN", 2, "add", "0 3 * * *", "nobody", "x"],
      ["POLICY_SECRET_IN_PROMPT", 3, "add", "0 3 * * *", "scripted", `use ${secret}`],
      ["POLICY_NO_GRANT", 3, "add", "0 3 * * *", "scripted", "x", "--cwd", "/"],
      ["QUEUE_SCHEDULE_NOT_FOUND", 2, "pause", "sched_none"],
      ["QUEUE_SCHEDULE_NOT_FOUND", 2, "remove", "last"],
      ["QUEUE_REQUEST_INVALID", 2, "next", "sched_none", "--count", "0"],
    ] as const) {
      const { code: exited, stderr } = await schedule(...args)
      assert.deepStrictEqual([exited, /✗ (\w+)/.exec(stderr)?.[1]], [exit, code], args.join(" "))
      assert.notInclude(stderr, secret)
    }
    assert.strictEqual((await schedule("ls", "--json")).stdout, "")
  })

  it("is one run for each time, with two programs that submit them", { timeout: 120_000 }, async () => {
    const { stdout } = await schedule("add", "* * * * * *", "scripted", "tick", "--name", "ticks", "--json")
    const id = String(jsonLines(stdout)[0]?.["id"])
    const both = [
      program.start(["schedule", "run"], { stdin: null }),
      program.start(["schedule", "run"], { stdin: null }),
    ]
    await Promise.all(both.map((each) => each.until("Their runs start here")))
    await Promise.any(both.map((each) => each.until(/last run_\w+.*ticks/)))
    while ((await runs()).filter(({ state }) => state === "succeeded").length < 4);
    for (const each of both) each.child.kill("SIGTERM")
    for (const each of both) assert.strictEqual((await each.finished).code, 143)
    const keys = (await runs()).map(keyOf)
    assert.strictEqual(new Set(keys).size, keys.length)
    for (const key of keys) assert.match(String(key), new RegExp(`^schedule:${id}:\\d+$`))
  })
})
