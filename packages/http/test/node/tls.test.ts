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
import { vi } from "vitest"
import { readTls, serve, watchTls } from "../../src/node/index.ts"

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
    const second = ["-subj", "/CN=second.test", "-addext", "subjectAltName=DNS:second.test"]
    openssl("req", "-x509", "-key", file("other.pem"), "-days", "2", "-out", file("cert2.pem"), ...second)
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

  it("goes on with another certificate when the files have changed, and with the old one when they are broken", async () => {
    const [cert, key] = [file("live.pem"), file("live-key.pem")]
    const put = (certFrom: string, keyFrom: string) => {
      writeFileSync(cert, readFileSync(file(certFrom)))
      writeFileSync(key, readFileSync(file(keyFrom)))
    }
    put("cert.pem", "key.pem")
    const said: Array<string> = []
    const next = () => {
      const { length } = said
      return vi.waitFor(() => assert.lengthOf(said, length + 1), { timeout: 5_000 })
    }
    const now = await readTls(cert, key)
    const server = await serve({ app: { fetch: () => new Response("here") }, tls: now })
    const watch = watchTls({
      cert,
      key,
      now,
      everyMillis: 20,
      onRenewed: (files) => {
        server.renewTls(files)
        said.push("renewed")
      },
      onBroken: ({ code }) => said.push(code),
    })
    const nameOf = () =>
      new Promise<string | undefined>((resolve, reject) => {
        const socket = connectTls({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
          const name = socket.getPeerCertificate().subject.CN
          socket.destroy()
          resolve(typeof name === "string" ? name : undefined)
        }).on("error", reject)
      })
    try {
      await watch.check()
      assert.strictEqual(await nameOf(), "runyard.test")
      const broken = next()
      writeFileSync(cert, "no certificate")
      await broken
      assert.strictEqual(await nameOf(), "runyard.test")
      await watch.check()
      const renewed = next()
      put("cert2.pem", "other.pem")
      await renewed
      assert.strictEqual(await nameOf(), "second.test")
      // The same again is nothing new, also when somebody asks.
      put("cert2.pem", "other.pem")
      await watch.check()
      rmSync(key)
      await watch.check()
      assert.strictEqual(await nameOf(), "second.test")
      put("cert.pem", "key.pem")
      await watch.check()
      assert.strictEqual(await nameOf(), "runyard.test")
      assert.deepStrictEqual(said, [
        "IO_FILE_UNREADABLE",
        "IO_FILE_UNREADABLE",
        "renewed",
        "IO_FILE_UNREADABLE",
        "renewed",
      ])
    } finally {
      watch.stop()
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
