import * as net from "node:net"
import { afterEach, assert, describe, it } from "@effect/vitest"
import type { RunyardError } from "@runyard/core/RunyardError"
import { type RunningServer, serve, type ServeLimits } from "../../src/node/index.ts"

const open: Array<RunningServer> = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close({ graceMillis: 100 })
})

const start = async (
  fetch: (request: Request) => Response | Promise<Response>,
  limits: Partial<ServeLimits> = {},
): Promise<RunningServer> => {
  const server = await serve({ app: { fetch }, limits })
  open.push(server)
  return server
}

const ask = (port: number): net.Socket => {
  const socket = net.connect({ port, host: "127.0.0.1" })
  socket.on("error", () => undefined)
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  return socket
}

describe("serve", () => {
  it("holds little for a reader that stops, and closes it in the end", { timeout: 30_000 }, async () => {
    const chunk = new Uint8Array(64 * 1024)
    let given = 0
    let canceled: (() => void) | undefined
    const left = new Promise<void>((resolve) => (canceled = resolve))
    const server = await start(
      () =>
        new Response(
          new ReadableStream(
            {
              pull: (controller) => {
                given += chunk.length
                controller.enqueue(chunk)
              },
              cancel: () => canceled?.(),
            },
            { highWaterMark: 0 },
          ),
        ),
      { stalledMillis: 500 },
    )
    const socket = ask(server.port)
    socket.pause()
    await left
    // What the system buffers for a socket, and one chunk of ours.
    assert.isBelow(given, 16 * 1024 * 1024)
    socket.destroy()
  })

  it("lets a request finish when it is closed, and takes no other", { timeout: 30_000 }, async () => {
    const begun = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const server = await start(async () => {
      begun.resolve()
      await finish.promise
      return new Response("done")
    })
    const answer = fetch(server.url)
    await begun.promise
    const closing = server.close()
    const refused = await fetch(server.url).then(
      () => "answered",
      () => "refused",
    )
    finish.resolve()
    assert.deepStrictEqual([refused, await (await answer).text()], ["refused", "done"])
    await closing
    assert.strictEqual(server.close(), server.close(), "it is closed once")
  })

  it("closes what does not finish when its grace is over", { timeout: 30_000 }, async () => {
    const begun = Promise.withResolvers<void>()
    const server = await start(() => {
      begun.resolve()
      return new Promise<Response>(() => undefined)
    })
    const answer = fetch(server.url).then(
      () => "answered",
      () => "cut",
    )
    await begun.promise
    await server.close({ graceMillis: 50 })
    assert.strictEqual(await answer, "cut")
  })

  it("says who cannot listen, and why", async () => {
    const { port } = await start(() => new Response("first"))
    const failure = (options: { readonly host?: string; readonly port?: number }): Promise<string> =>
      serve({ app: { fetch: () => new Response() }, ...options }).then(
        () => "it listens",
        (error: RunyardError) => error.code,
      )
    assert.strictEqual(await failure({ port }), "HTTP_ADDRESS_IN_USE")
    assert.strictEqual(await failure({ host: "203.0.113.1" }), "HTTP_BIND_REFUSED")
  })
})
