/** The same keys sent by several programs at once, some of which are killed: one run for each key, and none without one. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { open } from "runyard"
import { programAt } from "../support/programs.ts"

const keys = 200
const fixture = fileURLToPath(new URL("fixtures/sender.ts", import.meta.url))

/** A program that is ready to send. `send` gives what it printed: the run of each key. @param lines kills it after so many. */
const sender = async (directory: string, salt: number) => {
  const args = [...programAt(fixture), directory, String(keys), String(salt)]
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
  const exited = once(child, "exit")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.strictEqual((await lines.next()).value, "ready")
  const send = async (killAfter = Infinity) => {
    const found: Array<string> = []
    child.stdin.write("go\n")
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      found.push(line.value)
      if (found.length === killAfter) child.kill("SIGKILL")
    }
    const [code, signal] = (await exited) as [number | null, string | null]
    return { found, ending: signal ?? code }
  }
  return { send }
}

/** Each run of the store with its key. */
const stored = async (directory: string): Promise<ReadonlyArray<string>> => {
  const yard = await open({ directory: join(directory, "store"), adopt: false })
  const runs = await yard.list({ limit: 1_000 })
  await yard.close()
  return runs.map(({ id, request }) => `${request.idempotencyKey?.replace("key-", "")} ${id}`)
}

describe("keys that several programs send", () => {
  let directory = ""
  beforeEach(() => void (directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-keys-")))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it("become one run each, and both programs get it", { timeout: 60_000 }, async () => {
    const senders = await Promise.all([sender(directory, 0), sender(directory, 100)])
    const [one, two] = await Promise.all(senders.map(({ send }) => send()))
    assert.deepStrictEqual([one?.ending, two?.ending, one?.found.length], [0, 0, keys])
    assert.sameMembers(one?.found ?? [], [...(two?.found ?? [])])
    assert.sameMembers([...(await stored(directory))], one?.found ?? [])
  })

  it("become one run each though a program is killed while it sends", { timeout: 60_000 }, async () => {
    const told = new Set<string>()
    for (const [round, killAfter] of [1, 40, 90].entries()) {
      const { ending, found } = await (await sender(directory, round * 31)).send(killAfter)
      assert.strictEqual(ending, "SIGKILL")
      for (const line of found) told.add(line)
    }
    const { found } = await (await sender(directory, 7)).send()
    assert.strictEqual(found.length, keys)
    assert.includeMembers(found, [...told])
    assert.sameMembers([...(await stored(directory))], found)
  })
})
