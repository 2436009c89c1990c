/** Streams of events that are opened and never read, or more of them than there should be. */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { hang } from "../server.ts"
import { attack, codeOf, requestText } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

const openStream = (
  target: Target,
): { readonly socket: net.Socket; readonly begun: Promise<void>; readonly text: () => string } => {
  const socket = net.connect({ port: target.port, host: "127.0.0.1" })
  let text = ""
  socket.on("error", () => undefined)
  const begun = new Promise<void>((resolve) =>
    socket.on("data", (part) => {
      text += String(part)
      if (text.includes("\r\n\r\n")) resolve()
    }),
  )
  socket.write(requestText(target, { target: "/api/v1/events", headers: [["Connection", "keep-alive"]] }))
  return { socket, begun, text: () => text }
}

const closed = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.on("close", () => resolve())))

describe("Streams", () => {
  it("are bounded for each principal, and a place is free again when one leaves", { timeout: 20_000 }, async () => {
    const target = await startTarget({ limits: { streams: 2 }, yard: { play: () => hang } })
    try {
      const first = openStream(target)
      const second = openStream(target)
      await Promise.all([first.begun, second.begun])
      const refused = await attack(target, { target: "/api/v1/events" })
      assert.strictEqual(codeOf(refused), "HTTP_BUSY")
      assert.strictEqual(refused.headers.get("retry-after"), "1")
      first.socket.destroy()
      let again = await attack(target, { method: "HEAD", target: "/" })
      for (let tries = 0; tries < 200; tries++) {
        const metrics = await attack(target, { target: "/api/v1/metrics" })
        if (/^runyard_http_streams_open 1$/m.test(metrics.body)) break
        again = metrics
      }
      assert.strictEqual(again.status, 200)
      const third = openStream(target)
      await third.begun
      assert.match(third.text(), /^HTTP\/1\.1 200 /)
      second.socket.destroy()
      third.socket.destroy()
    } finally {
      await target.close()
    }
  })

  it(
    "end with a hint to come again when the server is closed, and it ends with them",
    { timeout: 20_000 },
    async () => {
      const target = await startTarget()
      const stream = openStream(target)
      await stream.begun
      const begun = performance.now()
      await target.running.close({ graceMillis: 10_000 })
      await closed(stream.socket)
      assert.include(stream.text(), "retry: 1000\n\n")
      assert.isBelow(performance.now() - begun, 5_000)
      await target.close()
    },
  )
})
