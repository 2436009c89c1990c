/** Clients that hold on to things: too many of them, too slow, or for ever. What they may hold is bounded. */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { attack, codeOf, requestText, sendRaw } from "./raw.ts"
import { startTarget, type Target } from "./target.ts"

/** The full number takes a minute: RUNYARD_ATTACK_CONNECTIONS=10000. */
const attempts = Number(process.env["RUNYARD_ATTACK_CONNECTIONS"] ?? 1_500)

const withTarget = async (options: Parameters<typeof startTarget>[0], use: (target: Target) => Promise<void>) => {
  const target = await startTarget(options)
  try {
    await use(target)
    const { status } = await attack(target, { target: "/" })
    assert.strictEqual(status, 200, "the server is not well any more")
  } finally {
    await target.close()
  }
}

const open = (port: number): Promise<net.Socket> =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" })
    socket.on("error", () => resolve(socket))
    socket.on("connect", () => resolve(socket))
  })

const closed = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) return resolve()
    socket.resume().on("close", () => resolve())
  })

const answerOn = async (socket: net.Socket): Promise<string> => {
  let text = ""
  socket.on("data", (part) => (text += String(part)))
  await closed(socket)
  return text
}

describe("Crowds", () => {
  it(`keeps to its bound while ${attempts} connections are attempted`, { timeout: 120_000 }, () =>
    withTarget({ serve: { connections: 200, connectionsPerAddress: 150, headersMillis: 2_000 } }, async (target) => {
      const sockets: Array<net.Socket> = []
      let most = 0
      while (sockets.length < attempts) {
        sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(target.port)))))
        most = Math.max(
          most,
          await new Promise<number>((resolve) => target.running.server.getConnections((_, count) => resolve(count))),
        )
      }
      assert.isAtMost(most, 200)
      // They say nothing, so that they are sent away, and others are answered again.
      await Promise.all(sockets.map(closed))
    }),
  )

  it("sends away who never ends a header", { timeout: 30_000 }, () =>
    withTarget({ serve: { headersMillis: 500, requestMillis: 1_000 } }, async (target) => {
      const socket = await open(target.port)
      const answer = answerOn(socket)
      socket.write(`GET /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\n`)
      const drip = setInterval(() => socket.write("X-A: b\r\n"), 50)
      const text = await answer
      clearInterval(drip)
      assert.match(text, /^HTTP\/1\.1 408 [\s\S]*HTTP_TIMED_OUT/)
    }),
  )

  it("sends away who never ends a body, and hands nothing of it on", { timeout: 30_000 }, () =>
    withTarget({ serve: { headersMillis: 500, requestMillis: 1_000 } }, async (target) => {
      const socket = await open(target.port)
      const answer = answerOn(socket)
      socket.write(
        requestText(target, {
          method: "POST",
          headers: [
            ["Content-Type", "application/json"],
            ["Content-Length", "1000"],
          ],
        }),
      )
      const drip = setInterval(() => socket.write(" "), 50)
      await answer
      clearInterval(drip)
      assert.strictEqual(await target.runs(), 0)
    }),
  )

  it("says nothing for ever to nobody: a silent connection is closed", { timeout: 30_000 }, () =>
    withTarget({ serve: { headersMillis: 500, keepAliveMillis: 300 } }, async (target) => {
      await closed(await open(target.port))
      const kept = await open(target.port)
      kept.write(requestText(target, { headers: [["Connection", "keep-alive"]] }))
      await closed(kept)
    }),
  )

  it("stops taking a body at its bound, whatever its chunks say", () =>
    withTarget({ limits: { bodyBytes: 10_000 } }, async (target) => {
      const chunk = `1000\r\n${" ".repeat(4_096)}\r\n`
      const head = requestText(target, {
        method: "POST",
        headers: [
          ["Content-Type", "application/json"],
          ["Transfer-Encoding", "chunked"],
        ],
      })
      assert.strictEqual(codeOf(await sendRaw(target.port, head, chunk.repeat(4), "0\r\n\r\n")), "HTTP_BODY_TOO_LARGE")
      assert.strictEqual(await target.runs(), 0)
    }))

  it("refuses a token's requests beyond its rate, and says when there is place again", () =>
    withTarget({ limits: { rate: { burst: 5, perSecond: 0.1 } } }, async (target) => {
      const answers = []
      for (let index = 0; index < 8; index++) answers.push(await attack(target, {}))
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200, 429, 429, 429],
      )
      assert.isAtLeast(Number(answers[7]?.headers.get("retry-after")), 1)
    }))

  it("refuses guesses at the token beyond their rate, while the token goes on to work", () =>
    withTarget({ limits: { anonymousRate: { burst: 3, perSecond: 0.1 } } }, async (target) => {
      const codes = []
      for (let index = 0; index < 6; index++) {
        codes.push(codeOf(await attack(target, { headers: [["Authorization", `Bearer guess${index}`]] })))
      }
      assert.deepStrictEqual([...new Set(codes)], ["HTTP_UNAUTHENTICATED", "HTTP_RATE_LIMITED"])
      assert.strictEqual((await attack(target, {})).status, 200)
    }))
})
