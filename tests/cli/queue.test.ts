/** `runyard queue`, `retry` and `rerun`, and what `exec` says while its run waits. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram, type Program } from "./program.ts"

let program: Program
beforeEach(() => void (program = makeProgram()))
afterEach(() => program.remove())

const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>
const queue = (...args: ReadonlyArray<string>) => program.run(["queue", ...args])
const runs = async () => {
  const { stdout } = await queue("ls", "--json")
  return parsed(stdout)["runs"] as ReadonlyArray<Record<string, unknown>>
}
const idIn = (text: string): string => /run_[0-9a-z]+/.exec(text)?.[0] ?? assert.fail(text)

describe("runyard queue", () => {
  it(
    "pauses every program on the store, which say why they wait, and lets them go on",
    { timeout: 120_000 },
    async () => {
      const paused = await queue("pause", "scripted", "--reason", "it is down")
      assert.deepStrictEqual([paused.code, paused.stdout], [0, "scripted is paused: runyard queue resume scripted\n"])
      const waiting = program.start(["exec", "scripted", "hello"], { stdin: null })
      await waiting.until("It waits: scripted is paused.")
      await queue("pause")
      await waiting.until("It waits: the whole queue is paused; scripted is paused.")
      const [only, ...others] = await runs()
      assert.deepStrictEqual([only?.["state"], only?.["position"], others], ["waiting", 1, []])
      const told = await queue("explain", "last")
      assert.include(told.stdout, "It waits: the whole queue is paused; scripted is paused. It is next.")
      const listed = await queue("ls")
      assert.include(listed.stderr, "The whole queue is paused: runyard queue resume\nscripted is paused")
      assert.match(listed.stdout, /^ +1\. run_\w+ +scripted +normal +\d+ s +waiting\n$/)
      await queue("resume")
      const resumed = await queue("resume", "scripted", "--json")
      assert.deepStrictEqual(parsed(resumed.stdout), { paused: false, pausedProviders: [], limits: {} })
      const { code, stderr } = await waiting.finished
      assert.strictEqual(code, 0, stderr)
      const notices: ReadonlyArray<string> = stderr.match(/It waits:.*/g) ?? []
      assert.isAtLeast(notices.length, 2)
      assert.isTrue(notices.every((notice, index) => notice !== notices[index - 1]))
      const history = jsonLines((await queue("history", "--json")).stdout)
      assert.deepStrictEqual(
        history.map(({ change, reason }) => [change, reason]),
        [
          [{ kind: "resume", provider: "scripted" }, undefined],
          [{ kind: "resume" }, undefined],
          [{ kind: "pause" }, undefined],
          [{ kind: "pause", provider: "scripted" }, "it is down"],
        ],
      )
      assert.include((await queue("history")).stdout, "pause scripted (it is down)")
    },
  )

  it("says how many runs of whom may wait, and refuses more with a code", { timeout: 120_000 }, async () => {
    const set = await queue("quotas", "--per-workspace", "0", "--tenant", "acme=5", "--json")
    assert.deepStrictEqual(parsed(set.stdout)["quotas"], { perWorkspace: 0, tenant: { acme: 5 } })
    const refused = await program.run(["exec", "scripted", "hello"])
    assert.include(refused.stderr, "QUEUE_QUOTA")
    assert.include((await queue("quotas")).stdout, "Runs that may wait: perWorkspace 0, tenant acme 5")
    assert.include((await queue("quotas", "--per-workspace", "x")).stderr, "QUEUE_REQUEST_INVALID")
    await queue("quotas", "--per-workspace", "default", "--tenant", "acme=default")
    assert.strictEqual((await program.run(["exec", "scripted", "hello"])).code, 0)
  })

  it("changes the class of a run, holds it and lets it go on", { timeout: 120_000 }, async () => {
    await queue("pause")
    const waiting = program.start(["exec", "scripted", "hello", "--priority", "low"], { stdin: null })
    await waiting.until("It waits:")
    const [first] = await runs()
    assert.strictEqual(first?.["priority"], "low")
    const changed = await queue("priority", "last", "high", "--json")
    assert.deepInclude(parsed(changed.stdout)["queue"], { priority: "high" })
    const held = await queue("hold", "last", "--reason", "later")
    assert.match(
      held.stdout,
      /^run_\w+ {2}It waits: it is held until somebody releases it; the whole queue is paused\./,
    )
    await queue("resume")
    await waiting.until("It waits: it is held until somebody releases it.")
    assert.include((await queue("release", "last")).stdout, idIn(held.stdout))
    assert.strictEqual((await waiting.finished).code, 0)
    const log = jsonLines((await program.run(["logs", "last", "--json"])).stdout)
    const changes = log.flatMap(({ payload, type }) => {
      const { held, priority, reason } = payload as Readonly<Record<string, unknown>>
      return type === "queue.changed" ? [[priority, held, reason]] : []
    })
    assert.deepStrictEqual(changes, [
      ["high", undefined, undefined],
      [undefined, true, "later"],
      [undefined, false, undefined],
    ])
    const late = await queue("hold", "last")
    assert.strictEqual(late.code, 2)
    assert.include(late.stderr, "QUEUE_NOT_WAITING")
  })

  it("changes limits, says what holds, and gives them back", { timeout: 120_000 }, async () => {
    const none = "Nothing is paused, and each program has its own limits.\n"
    assert.strictEqual((await queue("limits")).stdout, none)
    const set = await queue("limits", "--global", "4", "--provider", "codex=2", "--provider", "claude=0", "--json")
    const expected = { global: 4, provider: { codex: 2, claude: 0 } }
    assert.deepStrictEqual(parsed(set.stdout)["limits"], expected)
    assert.strictEqual(
      (await queue("limits")).stdout,
      "Limits for every program: global 4, provider codex 2, provider claude 0\n",
    )
    const wrongs = [
      ["--global", "many"],
      ["--provider", "codex"],
      ["--provider", "codex=-1"],
    ]
    for (const wrong of wrongs) assert.strictEqual((await queue("limits", ...wrong)).code, 2)
    const back = ["--global", "default", "--provider", "codex=default", "--provider", "claude=default"]
    assert.strictEqual((await queue("limits", ...back)).stdout, none)
  })

  it("drains: says so when nothing is executed, and leaves the queue paused", { timeout: 120_000 }, async () => {
    const drained = await queue("drain")
    assert.strictEqual(drained.code, 0)
    assert.include(drained.stdout, "Nothing is executed any more.")
    const { control } = parsed((await queue("ls", "--json")).stdout)
    assert.deepInclude(control, { paused: true })
  })
})

describe("runyard exec", () => {
  it("sends a request with a key once, and shows the same run again", { timeout: 120_000 }, async () => {
    const args = ["exec", "scripted", "hello", "--idempotency-key", "order-17"]
    const first = await program.run(args)
    const again = await program.run(args)
    assert.deepStrictEqual([first.code, again.code, again.stdout], [0, 0, first.stdout])
    assert.strictEqual(idIn(again.stderr), idIn(first.stderr))
    const other = await program.run(["exec", "scripted", "bye", "--idempotency-key", "order-17"])
    assert.strictEqual(other.code, 2)
    assert.include(other.stderr, "QUEUE_IDEMPOTENCY_CONFLICT")
    assert.strictEqual(jsonLines((await program.run(["ls", "--json"])).stdout).length, 1)
  })

  it("waits for the time that it is given, and refuses what is no time", { timeout: 120_000 }, async () => {
    const waiting = program.start(["exec", "scripted", "hello", "--not-before", "1h"], { stdin: null })
    await waiting.until("It waits: it is not to start before")
    const [run] = await runs()
    assert.deepStrictEqual([run?.["state"], run?.["position"]], ["delayed", undefined])
    await program.run(["cancel", "last"])
    const { code, stderr } = await waiting.finished
    assert.strictEqual(code, 130)
    assert.strictEqual(stderr.match(/It waits/g)?.length, 1)
    const wrong = await program.run(["exec", "scripted", "hello", "--not-before", "tomorrow"])
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, "--not-before takes")
  })
})

describe("runyard rerun and retry", () => {
  it("starts the request of a run again, as a new run that knows the first", { timeout: 120_000 }, async () => {
    const first = idIn((await program.run(["exec", "scripted", "hello"])).stderr)
    const again = await program.run(["rerun", "last", "--prompt", "hello again", "--priority", "high"])
    assert.strictEqual(again.code, 0, again.stderr)
    const shown = parsed((await program.run(["show", "last", "--json"])).stdout)
    assert.deepInclude(shown["request"], { rerunOf: first, prompt: "hello again", priority: "high" })
    assert.strictEqual(shown["id"], idIn(again.stderr))
    const refused = await program.run(["retry", "last"])
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "QUEUE_NOT_WAITING")
  })
})
