/** Streams over connections that break at any byte. More of them: `RUNYARD_DISCONNECTS=1000`. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { EventLog, MemoryStore } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { createClient, type EncodedStoredEvent } from "../src/client/index.ts"
import { makeServer, origin, token } from "./server.ts"

const disconnects = Number(process.env["RUNYARD_DISCONNECTS"] ?? 100)
const readers = 20
const each = Math.ceil(disconnects / readers)
const messages = 300
/** The log is about three times as long in bytes, so that every cut comes before its end. */
const bytesCut = 50_000

/** Numbers from 0 to 1 that are the same each time. */
const chance = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

describe("A stream over connections that break", () => {
  const store = ManagedRuntime.make(MemoryStore.layer)
  const id = EventDrafts.testRunId(1)
  let server: ReturnType<typeof makeServer>
  let cuts = 0
  beforeAll(async () => {
    server = makeServer({ store: Layer.succeedContext(await store.context()) })
    await append(EventDrafts.opening())
  })
  afterAll(async () => {
    await server.dispose()
    await store.dispose()
  })
  const append = (drafts: Parameters<EventLog["Service"]["append"]>[1]) =>
    store.runPromise(EventLog.use((log) => log.append(id, drafts)))

  /** In bursts, so that readers are at its end now and then. */
  const write = async () => {
    for (let count = 0; count < messages; count += 10) {
      const burst = Array.from({ length: 10 }, (_, index) =>
        EventDrafts.message(`${count + index} – ${"é".repeat(99)}`),
      )
      await append(burst)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await append([EventDrafts.completed])
  }

  /** Cuts so many answers after some bytes, with an error or as if they were over. */
  const breaking = (seed: number, count: number): typeof globalThis.fetch => {
    const next = chance(seed)
    let left = count
    return async (input, init) => {
      const response = await server.fetch(new Request(input, init))
      if (response.body === null || left-- <= 0) return response
      cuts++
      let room = Math.floor((next() * 2 * bytesCut) / count)
      const asError = next() < 0.5
      const body = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => {
            controller.enqueue(chunk.slice(0, room))
            room -= chunk.length
            if (room > 0) return
            if (asError) controller.error(new Error("cut"))
            else controller.terminate()
          },
        }),
      )
      return new Response(body, response)
    }
  }
  const clientOf = (seed: number, count: number) =>
    createClient({ baseUrl: origin, token, fetch: breaking(seed, count) })

  it(`gives each of ${readers} readers exactly the stored log`, async () => {
    const states = new Map<string, number>()
    const writing = write()
    const logs = await Promise.all(
      Array.from({ length: readers }, async (_, reader) => {
        const events: Array<unknown> = []
        const onState = (state: string) => states.set(state, (states.get(state) ?? 0) + 1)
        const stream = clientOf(reader + 1, each).runs.events(id, { live: true, onState })
        for await (const frame of stream) if (frame.kind === "run") events.push(frame.event)
        return events
      }),
    )
    await writing
    const stored: Array<unknown> = []
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<typeof server.client.runs.log>> = await server.client.runs.log({
        params: { id },
        query: { after },
      })
      stored.push(...page.events)
      after = page.next
    }
    assert.isAbove(stored.length, messages)
    for (const [reader, log] of logs.entries()) assert.deepStrictEqual(log, stored, `reader ${reader}`)
    assert.strictEqual(cuts, each * readers)
    assert.strictEqual(states.get("reconnecting"), cuts)
  }, 120_000)

  it("gives the log of all runs as it is stored, too", async () => {
    const { events } = await server.client.events.page()
    const stop = new AbortController()
    const seen: Array<EncodedStoredEvent> = []
    for await (const stored of clientOf(7, 20).events.all({ signal: stop.signal })) {
      seen.push(stored)
      if (seen.length === events.length) stop.abort()
    }
    assert.deepStrictEqual(seen, [...events])
  }, 60_000)

  it("gives up where no later try would help", async () => {
    const reading = async () => {
      for await (const frame of server.client.runs.events("run_0000000000000000")) void frame
    }
    const error: unknown = await reading().catch((reason: unknown) => reason)
    assert.deepInclude(error as object, { status: 404, code: "STORE_RUN_NOT_FOUND" })
  })
})
