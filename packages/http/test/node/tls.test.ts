/** TLS with a certificate of its own: what is served over it, and files that are none. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as https from "node:https"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect as connectTls } from "node:tls"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { RunyardError } from "@runyard/core"
import { readTls, serve } from "../../src/node/index.ts"

const isThere = spawnSync("openssl", ["version"]).status === 0

describe.skipIf(!isThere)("A server with TLS", () => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-tls-"))
  const file = (name: string) => join(directory, name)
  const openssl = (...args: ReadonlyArray<string>) => execFileSync("openssl", args, { stdio: "pipe" })
  beforeAll(() => {
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", file("key.pem"))
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", file("other.pem"))
    const subject = ["-subj", "/CN=runyard.test", "-addext", "subjectAltName=DNS:runyard.test"]
    openssl("req", "-x509", "-key", file("key.pem"), "-days", "2", "-out", file("cert.pem"), ...subject)
    writeFileSync(file("text.pem"), "no certificate")
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it("answers over TLS 1.2 and later, and nothing that is not TLS", async () => {
    const tls = await readTls(file("cert.pem"), file("key.pem"))
    const app = { fetch: (request: Request) => new Response(new URL(request.url).protocol) }
    const server = await serve({ app, tls })
    try {
      assert.match(server.url, /^https:/)
      const ca = readFileSync(file("cert.pem"))
      const text = await new Promise<string>((resolve, reject) => {
        const options = { port: server.port, host: "127.0.0.1", servername: "runyard.test", ca, agent: false }
        https
          .get(options, (response) => {
            let all = ""
            response.on("data", (part) => (all += String(part))).on("end", () => resolve(all))
          })
          .on("error", reject)
      })
      assert.strictEqual(text, "https:")
      const old = await new Promise<string>((resolve) => {
        const socket = connectTls({ port: server.port, ca, minVersion: "TLSv1", maxVersion: "TLSv1.1" })
        socket.on("secureConnect", () => resolve("connected")).on("error", ({ message }) => resolve(message))
      })
      assert.notStrictEqual(old, "connected")
      const plain = await new Promise<string>((resolve) => {
        const socket = connect(server.port, "127.0.0.1")
        let all = ""
        socket.on("data", (part) => (all += String(part))).on("close", () => resolve(all))
        socket.on("error", () => undefined)
        socket.write("GET / HTTP/1.1\r\nHost: runyard.test\r\n\r\n")
      })
      assert.notInclude(plain, "200")
    } finally {
      await server.close({ graceMillis: 100 })
    }
  })

  it.each([
    ["key of another certificate", "cert.pem", "other.pem", "is not the key of the certificate"],
    ["text", "text.pem", "key.pem", "are no certificate and private key"],
    ["key that is none", "cert.pem", "text.pem", "are no certificate and private key"],
    ["missing file", "none.pem", "key.pem", "cannot be read: ENOENT"],
  ])("is not begun with a %s", async (_, cert, key, said) => {
    const error: unknown = await readTls(file(cert), file(key)).catch((cause: unknown) => cause)
    if (!(error instanceof RunyardError)) return assert.fail(String(error))
    assert.strictEqual(error.code, "IO_FILE_UNREADABLE")
    assert.include(error.message, said)
    assert.notInclude(JSON.stringify(error.info), "PRIVATE KEY")
  })
})
