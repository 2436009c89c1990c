/** What a server keeps of clients that are gone: nothing, in its heap as in its timers and handles. */
import * as net from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { requestText } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

/** How many come and go. 10,000 take some minutes: RUNYARD_ATTACK_CONNECTIONS=10000. */
const visitors = Number(process.env["RUNYARD_ATTACK_CONNECTIONS"] ?? 500)

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const targets = ["/api/v1/events", "/api/v1/runs", "/", "/api/v1/nothing", "/api/v1/queue"]

/** Asks, and leaves at the first byte of the answer, or before there is one. */
const visit = (target: Target, index: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = net.connect({ port: target.port, host: "127.0.0.1" })
    socket.on("error", () => undefined)
    socket.on("close", () => resolve())
    socket.on("data", () => socket.destroy())
    const asked = targets[index % targets.length] ?? "/"
    socket.write(requestText(target, { target: asked, headers: [["Connection", "keep-alive"]] }), () => {
      if (index % 7 === 0) socket.destroy()
    })
  })

const visits = async (target: Target, count: number): Promise<void> => {
  for (let from = 0; from < count; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => visit(target, from + index)))
  }
}

/** What is there once everything that was let go of is gone. */
const settled = async (target: Target): Promise<{ readonly heap: number; readonly handles: number }> => {
  for (;;) {
    const open = await new Promise<number>((resolve) =>
      target.running.server.getConnections((_, count) => resolve(count)),
    )
    if (open === 0) break
    await new Promise(setImmediate)
  }
  for (let times = 0; times < 5; times++) {
    await new Promise(setImmediate)
    collect()
  }
  return { heap: process.memoryUsage().heapUsed / 1024 / 1024, handles: process.getActiveResourcesInfo().length }
}

describe("Clients that come and go", () => {
  it(`leave nothing when they were ${visitors}`, { timeout: 120_000 }, async () => {
    const often = { burst: 1e6, perSecond: 1e6 }
    const target = await startTarget({ limits: { rate: often } })
    try {
      await visits(target, 200)
      const before = await settled(target)
      await visits(target, visitors)
      const after = await settled(target)
      assert.isAtMost(after.handles, before.handles + 2)
      // Less than a fifth of a request each.
      assert.isBelow(after.heap - before.heap, 1 + visitors / 1_000)
    } finally {
      await target.close()
    }
  })
})
