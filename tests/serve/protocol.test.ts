/** Clients of an older or unusual kind at a real server. */
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { makeProgram } from "../cli/program.ts"
import { serve, type Server } from "./Server.ts"

/** What comes for these bytes, until the server closes or there are so many answers. */
const answers = ({ ready: { port } }: Server, sent: string, count: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port })
    let text = ""
    socket.on("error", () => undefined)
    socket.on("data", (part) => {
      text += String(part)
      if (text.split("HTTP/1.1 ").length > count && text.endsWith("}")) socket.destroy()
    })
    socket.on("close", () => resolve(text))
    socket.write(sent)
  })

describe("A server", () => {
  it("answers HTTP/1.0 and closes, and answers pipelined requests in their order", { timeout: 60_000 }, async () => {
    const program = makeProgram()
    try {
      const server = await serve(program)
      const { port } = server.ready
      const host = `Host: 127.0.0.1:${port}\r\n`
      const bearer = `Authorization: Bearer ${server.token}\r\n`
      const old = await answers(server, `GET /api/v1/health HTTP/1.0\r\n${host}\r\n`, 9)
      assert.match(old, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(old, /\r\nconnection: close\r\n/i)
      assert.notMatch(old, /transfer-encoding/i)
      assert.isTrue(old.endsWith(`{"status":"ok"}`))
      // Without a name of the host it is nobody that is known.
      assert.include(await answers(server, "GET /api/v1/health HTTP/1.0\r\n\r\n", 9), "HTTP_HOST_REFUSED")
      const stream = await answers(
        server,
        `GET /api/v1/runs/run_0000000000000000/events HTTP/1.0\r\n${host}${bearer}\r\n`,
        9,
      )
      assert.include(stream, "STORE_RUN_NOT_FOUND")

      const asked = ["/api/v1/health", "/api/v1/runs/run_0000000000000000", "/api/v1/queue", "/api/v1/health"]
      const pipelined = asked.map((path) => `GET ${path} HTTP/1.1\r\n${host}${bearer}\r\n`).join("")
      const text = await answers(server, pipelined, asked.length)
      assert.deepStrictEqual(
        [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status),
        ["200", "404", "200", "200"],
      )
      // A stream in the middle holds up what follows it, and nothing is mixed into it.
      const behind = `GET /api/v1/events HTTP/1.1\r\n${host}${bearer}\r\nGET /api/v1/health HTTP/1.1\r\n${host}\r\n`
      const socket = connect({ host: "127.0.0.1", port })
      let streamed = ""
      socket.on("data", (part) => (streamed += String(part)))
      const over = new Promise((resolve) => socket.on("close", resolve))
      await new Promise<void>((resolve) => socket.write(behind, () => resolve()))
      await server.client.runs.list()
      assert.strictEqual((await server.stop()).code, 0)
      await over
      const [, body = ""] = streamed.split("\r\n\r\n")
      assert.match(streamed, /^HTTP\/1\.1 200 OK/)
      assert.notInclude(body, `"status":"ok"`)
    } finally {
      program.remove()
    }
  })
})
