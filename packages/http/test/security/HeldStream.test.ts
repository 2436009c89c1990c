import { assert, describe, it } from "@effect/vitest"
import { openStreams } from "../../src/security/HeldStream.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()

/** A stream that gives a chunk each time it is asked, and says how often it was. */
const counted = (most = Number.POSITIVE_INFINITY) => {
  let given = 0
  let canceled = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (given === most) return controller.close()
        given++
        controller.enqueue(bytes(`id: ${given}\n\n`))
      },
      cancel: () => {
        canceled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, given: () => given, canceled: () => canceled }
}

describe("openStreams", () => {
  it("hands on what comes, and says once that it has ended", async () => {
    let ended = 0
    assert.strictEqual(await textOf(openStreams().hold(counted(3).body, () => ended++)), "id: 1\n\nid: 2\n\nid: 3\n\n")
    assert.strictEqual(ended, 1)
  })

  it("asks for no more than its reader does", async () => {
    const source = counted()
    const reader = openStreams()
      .hold(source.body, () => undefined)
      .getReader()
    await reader.read()
    await reader.read()
    assert.strictEqual(source.given(), 2)
  })

  it("ends with a hint, whether its reader reads or not, and lets go of its source", async () => {
    const streams = openStreams()
    const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) }, { highWaterMark: 0 })
    const stalled = counted()
    let ended = 0
    const read = textOf(streams.hold(silent, () => ended++))
    const unread = streams.hold(stalled.body, () => ended++)
    await new Promise(setImmediate)
    streams.end()
    streams.end()
    assert.strictEqual(await read, "retry: 1000\n\n")
    assert.strictEqual(await textOf(unread), "retry: 1000\n\n")
    assert.deepStrictEqual([ended, stalled.canceled()], [2, true])
  })

  it("ends its source when its reader leaves, and hands on its failure", async () => {
    const source = counted()
    let ended = 0
    await openStreams()
      .hold(source.body, () => ended++)
      .cancel()
    assert.deepStrictEqual([ended, source.canceled()], [1, true])
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("broken")) })
    const failed = await textOf(openStreams().hold(broken, () => ended++)).then(
      () => "whole",
      () => "failed",
    )
    assert.deepStrictEqual([failed, ended], ["failed", 2])
  })
})
