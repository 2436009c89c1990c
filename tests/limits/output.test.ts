/**
 * What a CLI may do to its output, through the whole stack with real processes: the host's memory stays bounded, what is kept
 * is kept whole, the run ends as it should and nothing of it is alive. `RUNYARD_LIMITS_MEGABYTES` sets the size of the
 * flood (250).
 */
import { join } from "node:path"
import { type Run, type RunEvent, joinSource } from "@runyard/core"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { open, type Yard } from "runyard"
import { codexFlood } from "../../benchmarks/fakes.ts"
import { processesNaming, processesOf } from "../support/processes.ts"
import { type Bench, type Case, makeBench, type Told } from "./misbehaving.ts"

const megabytes = Number(process.env["RUNYARD_LIMITS_MEGABYTES"] ?? "250")
const floodLine = 2_048

let bench: Bench
let yard: Yard
const cost = new Map<string, Told>()

const cases = (): ReadonlyArray<readonly [name: string, Case]> => {
  const agent = (mode: string, number?: number): Case => ({ executable: bench.agent(mode, number) })
  return [
    ["nothing special", agent("interleaved", 1)],
    ["flood", { executable: codexFlood(bench.directory, floodLine, (megabytes * 1e6) / floodLine).executable }],
    ["tiny writes", agent("tiny-writes", 100_000)],
    ["interleaved", agent("interleaved", 5_000)],
    ["bytes", agent("bytes")],
    ["closes stdout", agent("closes-stdout", 0)],
    ["closes stderr", agent("closes-stderr")],
    ["closes both and exits", agent("closes-both-and-exits", 0)],
    ["closes both and stays", { ...agent("closes-both-and-stays"), idleMillis: 700 }],
    ["child holds the pipe", agent("child-holds-the-pipe")],
    ["daemon holds the pipe", agent("daemon-holds-the-pipe")],
    ["child writes for ever", agent("child-writes-for-ever")],
    ["daemon writes for ever", agent("daemon-writes-for-ever")],
    ["never reads", { ...agent("never-reads"), prompt: "huge" }],
    ["silent", agent("silent")],
    ["leaves its output", agent("leaves-its-output")],
    // Last, because the memory that it takes stays with the host.
    ["long line", agent("long-line", 200)],
  ]
}

interface Ended {
  readonly run: Run
  readonly log: ReadonlyArray<RunEvent>
  readonly growth: number
  readonly seconds: number
}

const ended = async (name: string): Promise<Ended> => {
  const told = cost.get(name)
  if (told === undefined) throw new Error(`No run for ${name}`)
  const handle = yard.run(told.id)
  const log: Array<RunEvent> = []
  for await (const event of handle.events({ follow: false })) log.push(event)
  assert.deepStrictEqual(await processesOf(told.id), [])
  assert.deepStrictEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
  )
  return { run: await handle.get(), log, growth: told.growth, seconds: told.seconds }
}

/** What a stream wrote, as the log has it: chunks as they are, lines of events with their line end. */
const textOf = (log: ReadonlyArray<RunEvent>, stream: "stdout" | "stderr"): string =>
  log
    .flatMap((event) => {
      if (event.type === `run.chunk.${stream}`) return [(event.payload as { readonly text: string }).text]
      return event.source?.stream === stream ? [joinSource(event.source, event.payload)] : []
    })
    .join("\n")

const messages = (log: ReadonlyArray<RunEvent>): ReadonlyArray<string> =>
  log.flatMap((event) => (event.type === "agent.message" ? [event.payload.text] : []))

const evidenceOf = (log: ReadonlyArray<RunEvent>) =>
  log.flatMap((event) =>
    event.type === "run.progress" && event.payload.phase === "tree_gone" ? [event.payload.evidence] : [],
  )[0]

/**
 * The aim is 64 MiB over the memory at rest; 62 to 73 were measured in most runs, and 130 to 145 in some, as much for
 * 300 MB as for 100.
 */
const mebibytes = 160
/** The same for prose, which is searched as text: 85 to 170 were seen, as much for 300 MB as for 15. */
const proseMebibytes = 192

beforeAll(
  async () => {
    bench = makeBench()
    const all = cases()
    const told = await bench.run(all.map(([, each]) => each))
    for (const [index, [name]] of all.slice(1).entries()) {
      const each = told[index]
      if (each !== undefined) cost.set(name, each)
    }
    yard = await open({ directory: join(bench.directory, "store"), allowAnyWorkspace: true, env: {}, adopt: false })
  },
  300_000 + megabytes * 1_000,
)

afterAll(async () => {
  await yard?.close()
  bench?.remove()
})

describe("a CLI and its output", () => {
  it("may print as much as it likes: every event is kept and memory does not follow", async () => {
    const { run, log, growth } = await ended("flood")
    assert.strictEqual(run.state, "succeeded")
    const events = log.filter(({ source }) => source !== undefined).length
    assert.isAtLeast(events, Math.floor((megabytes * 1e6) / floodLine))
    assert.isBelow(growth, mebibytes)
  })

  it("may print one line of 200 MB, which is kept in pieces", async () => {
    const { run, log, growth } = await ended("long line")
    assert.strictEqual(run.state, "succeeded")
    const pieces = log.flatMap((event) =>
      event.type === "run.chunk.stdout" && event.payload.reason === "long" ? [event.payload.text] : [],
    )
    const frame = '{"type":"item.completed","item":{"id":"long","type":"agent_message","text":""}}'
    assert.strictEqual(
      pieces.reduce((sum, piece) => sum + piece.length, 0),
      200_000_000 + frame.length,
    )
    assert.isAtMost(Math.max(...pieces.map((piece) => piece.length)), 64 * 1024)
    // Up to 16 Mi units are held, because so long a line could still be JSON. 130 to 270 were measured; the line has 200.
    assert.isBelow(growth, 400)
  })

  it("may write a byte at a time: lines and characters come out whole", async () => {
    const { run, log, growth } = await ended("tiny writes")
    assert.strictEqual(run.state, "succeeded")
    const texts = messages(log).slice(0, -1)
    assert.isAtLeast(texts.length, 5_000)
    texts.forEach((text, index) => assert.strictEqual(text, `tiny ${index} é€🙂`))
    assert.isBelow(growth, mebibytes)
  })

  it("may write to stdout and stderr in turns: both are whole and each is in order", async () => {
    const { run, log, growth } = await ended("interleaved")
    assert.strictEqual(run.state, "succeeded")
    const numbers = Array.from({ length: 5_000 }, (_, index) => index)
    assert.deepStrictEqual(
      messages(log).slice(0, -1),
      numbers.map((index) => `out ${index}`),
    )
    assert.strictEqual(textOf(log, "stderr"), numbers.map((index) => `err ${index}`).join("\n"))
    assert.isBelow(growth, mebibytes)
  })

  it("may write bad UTF-8, split characters and NUL bytes: what is text is kept, what is not becomes U+FFFD", async () => {
    const { run, log } = await ended("bytes")
    assert.strictEqual(run.state, "succeeded")
    assert.strictEqual(textOf(log, "stderr"), "bad \ufffd\ufffd \ufffd(\nsplit 🙂\nnul \0 here\n\ufffd")
    assert.deepStrictEqual(messages(log), ["a\0b", "\ufffd", "done"])
    assert.include(textOf(log, "stdout"), "not json \0 \n")
  })

  it("may close stdout and live on: its exit is waited for and stderr is read to its end", async () => {
    const { run, log, seconds } = await ended("closes stdout")
    assert.strictEqual(run.state, "succeeded")
    assert.strictEqual(textOf(log, "stderr"), "still here\nand now gone")
    assert.isAtLeast(seconds, 0.4)
  })

  it("may close stderr and go on to answer", async () => {
    const { run, log } = await ended("closes stderr")
    assert.strictEqual(run.state, "succeeded")
    assert.deepStrictEqual(messages(log), ["done"])
  })

  it("may close both and exit later: the run ends with the exit", async () => {
    const { run, seconds } = await ended("closes both and exits")
    assert.strictEqual(run.state, "succeeded")
    assert.isAtLeast(seconds, 0.4)
  })

  it("is ended by its limits when it closes both and stays", async () => {
    const { run, log } = await ended("closes both and stays")
    assert.deepStrictEqual([run.state, run.error?.code], ["timed_out", "CLI_IDLE"])
    assert.deepStrictEqual(evidenceOf(log)?.survivors, [])
  })

  for (const name of ["child holds the pipe", "daemon holds the pipe"]) {
    it(`has ended when it exits, although a ${name}`, async () => {
      const { run, log, seconds } = await ended(name)
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(evidenceOf(log)?.step, "swept")
      assert.isBelow(seconds, 10)
    })
  }

  for (const name of ["child writes for ever", "daemon writes for ever"]) {
    it(`has ended when it exits, although a ${name}`, async () => {
      const { run, log, growth, seconds } = await ended(name)
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(evidenceOf(log)?.step, "swept")
      assert.isBelow(seconds, 10)
      assert.isBelow(growth, proseMebibytes)
    })
  }

  it("leaves nothing behind, daemons without a trace included", async () => {
    assert.deepStrictEqual(await processesNaming(bench.directory), [])
  })

  it("need not read a prompt that is larger than the pipe", async () => {
    const { run, log } = await ended("never reads")
    assert.strictEqual(run.state, "succeeded")
    assert.deepStrictEqual(messages(log), ["done"])
  })

  it("has failed when it says nothing and exits with 0", async () => {
    const { run } = await ended("silent")
    assert.deepStrictEqual([run.state, run.error?.code], ["failed", "CLI_NO_RESULT"])
  })

  it("may exit while 60 kB are in the pipe", async () => {
    const { run, log } = await ended("leaves its output")
    assert.strictEqual(run.state, "succeeded")
    assert.strictEqual(messages(log).length, 61)
  })
})
