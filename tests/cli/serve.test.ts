/** `runyard serve` as a user has it: a real process, its link, its token, its end. */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { connect as connectTls } from "node:tls"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { createClient } from "@runyard/http/client"
import { eventually } from "../support/eventually.ts"
import { makeProgram, type Program, type Started } from "./program.ts"

let program: Program
beforeEach(() => {
  program = makeProgram()
})
afterEach(() => program.remove())

interface Ready {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly link: string
  readonly tokenFile: string
}

/** Starts it and waits until it says that it is ready. */
const serve = async (...args: ReadonlyArray<string>): Promise<{ readonly started: Started; readonly ready: Ready }> => {
  const started = program.start(["serve", "--json", "--port", "0", ...args], { stdin: null })
  let text = ""
  started.child.stdout?.on("data", (part) => (text += String(part)))
  const line = await Promise.race([
    eventually(() => /^\{.*"ready":true.*\}$/m.exec(text)?.[0]),
    started.finished.then(({ code, stderr }) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`))),
  ])
  return { started, ready: JSON.parse(line) as Ready }
}

const stop = async ({ child, finished }: Started) => {
  child.kill("SIGTERM")
  return finished
}

const tokenOf = ({ tokenFile }: Ready): string => readFileSync(tokenFile, "utf8").trim()

describe("runyard serve", () => {
  it("executes a run that a client starts, streams it, and ends when it is told to", { timeout: 60_000 }, async () => {
    const { ready, started } = await serve()
    const client = createClient({ baseUrl: ready.url, token: tokenOf(ready) })
    const { run } = await client.runs.submit({
      payload: { provider: "scripted", prompt: "hello", cwd: program.directory },
    })
    const types: Array<string> = []
    for await (const frame of client.runs.events(run.id)) if (frame.kind === "run") types.push(frame.event.type)
    assert.strictEqual(types[0], "run.queued")
    assert.strictEqual(types.at(-1), "run.completed")
    const { code, stderr } = await stop(started)
    assert.strictEqual(code, 0, stderr)
    const { stdout } = await program.run(["ls", "--json"])
    assert.include(stdout, run.id)
  })

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
    "reads its certificate again when it is told to, and keeps the one that works",
    { timeout: 60_000 },
    async () => {
      const [cert, key] = [join(program.directory, "cert.pem"), join(program.directory, "key.pem")]
      const make = (name: string) => {
        const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        spawnSync("openssl", ["req", ...made, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert])
      }
      make("first.test")
      const { ready, started } = await serve("--tls-cert", cert, "--tls-key", key)
      const nameOf = () =>
        new Promise<string>((resolve, reject) => {
          const socket = connectTls({ port: ready.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
            resolve(String(socket.getPeerCertificate().subject.CN))
            socket.destroy()
          }).on("error", reject)
        })
      assert.strictEqual(await nameOf(), "first.test")
      make("second.test")
      started.child.kill("SIGHUP")
      await started.until("The certificate was read again")
      assert.strictEqual(await nameOf(), "second.test")
      writeFileSync(key, "no key")
      started.child.kill("SIGHUP")
      await started.until("IO_FILE_UNREADABLE")
      assert.strictEqual(await nameOf(), "second.test")
      assert.strictEqual((await stop(started)).code, 0)
    },
  )

  it("offers a place to try an agent in, for as long as it lives", { timeout: 60_000 }, async () => {
    const { ready, started } = await serve("--demo")
    const client = createClient({ baseUrl: ready.url, token: tokenOf(ready) })
    const { playground: { prompt, workspace } = { prompt: "", workspace: "" } } = await client.system.settings()
    assert.isTrue(existsSync(join(workspace, "demo.env")))
    const { run } = await client.runs.submit({ payload: { provider: "scripted", prompt, cwd: workspace } })
    for await (const frame of client.runs.events(run.id)) assert.isDefined(frame)
    assert.strictEqual((await client.runs.get({ params: { id: run.id } })).state, "succeeded")
    const { code, stderr } = await stop(started)
    assert.strictEqual(code, 0, stderr)
    assert.isFalse(existsSync(workspace))
    assert.notInclude((await program.run(["grant", "ls", "--json"])).stdout, workspace)
  })

  it("keeps its token in a private file, and prints it nowhere", { timeout: 60_000 }, async () => {
    const { ready, started } = await serve()
    const token = tokenOf(ready)
    assert.strictEqual(ready.tokenFile, join(program.directory, "store", "http.token"))
    if (process.platform !== "win32") assert.strictEqual(statSync(ready.tokenFile).mode & 0o777, 0o600)
    if (process.platform === "linux") {
      const commandLine = readFileSync(`/proc/${ready.pid}/cmdline`, "utf8")
      assert.notInclude(commandLine, token)
      assert.notInclude(commandLine, new URL(ready.link).hash.slice(6))
    }
    const { stderr, stdout } = await stop(started)
    assert.notInclude(stdout + stderr, token)
  })

  it("gives a link that works once, and a session that outlives a restart", { timeout: 60_000 }, async () => {
    const first = await serve()
    assert.match(first.ready.link, /^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{72}$/)
    const headers = { "content-type": "application/json", "x-runyard-client": "page" }
    const open = (): Promise<Response> =>
      fetch(`${first.ready.url}/api/v1/session`, {
        method: "POST",
        headers,
        body: JSON.stringify({ code: new URL(first.ready.link).hash.slice(6) }),
      })
    const response = await open()
    assert.strictEqual(response.status, 200)
    const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? ""
    assert.strictEqual((await open()).status, 401)
    await stop(first.started)
    const again = await serve()
    const session = await fetch(`${again.ready.url}/api/v1/session`, { headers: { ...headers, cookie } })
    assert.strictEqual(session.status, 200)
    await stop(again.started)
  })

  it("gives another link while it runs, to whoever may read its token", { timeout: 60_000 }, async () => {
    const none = await program.run(["serve", "link"])
    assert.include(none.stderr, "HTTP_NO_SERVER")
    assert.strictEqual(none.code, 2)
    const [first, second] = [await serve(), await serve()]
    const open = (url: string, link: string): Promise<Response> =>
      fetch(`${url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-runyard-client": "page" },
        body: JSON.stringify({ code: new URL(link).hash.slice(6) }),
      })
    const newest = await program.run(["serve", "link"])
    assert.strictEqual(newest.code, 0, newest.stderr)
    const link = newest.stdout.trim()
    assert.strictEqual(new URL(link).origin, second.ready.url)
    assert.include(newest.stderr, `Of 2 servers, that at port ${second.ready.port}`)
    // For that server alone, and once.
    assert.strictEqual((await open(first.ready.url, link)).status, 401)
    assert.strictEqual((await open(second.ready.url, link)).status, 200)
    assert.strictEqual((await open(second.ready.url, link)).status, 401)
    const chosen = await program.run(["serve", "link", "--json", "--port", String(first.ready.port)])
    const told = JSON.parse(chosen.stdout) as { readonly link: string; readonly pid: number }
    assert.strictEqual(told.pid, first.ready.pid)
    assert.strictEqual((await open(first.ready.url, told.link)).status, 200)
    // One that was killed has left its note, which deceives nobody.
    second.started.child.kill("SIGKILL")
    await second.started.finished
    const left = await program.run(["serve", "link"])
    assert.strictEqual(new URL(left.stdout.trim()).origin, first.ready.url)
    await stop(first.started)
    assert.strictEqual((await program.run(["serve", "link"])).code, 2)
    const other = await serve()
    const files = readdirSync(join(program.directory, "store")).filter((file) => file.startsWith("http.server-"))
    assert.deepStrictEqual(files, [`http.server-${other.ready.pid}.json`])
    if (process.platform !== "win32") {
      assert.strictEqual(statSync(join(program.directory, "store", files[0] ?? "")).mode & 0o777, 0o600)
    }
    await stop(other.started)
  })

  it("tells in one line that it is ready, for people", { timeout: 60_000 }, async () => {
    const started = program.start(["serve", "--port", "0"], { stdin: null })
    await started.until(/#code=/)
    const { code, stdout } = await stop(started)
    assert.match(stdout, /^READY http:\/\/127\.0\.0\.1:(\d+)\nhttp:\/\/127\.0\.0\.1:\1\/#code=[\w-]+\n$/)
    assert.strictEqual(code, 0)
  })

  it("says so when another program has the port, and leaves its store well", { timeout: 60_000 }, async () => {
    const other = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => other.on("listening", resolve))
    const { port } = other.address() as { readonly port: number }
    const { code, stderr } = await program.run(["serve", "--port", String(port)])
    other.close()
    assert.include(stderr, "HTTP_ADDRESS_IN_USE")
    assert.strictEqual(code, 2)
    assert.strictEqual((await program.run(["ls"])).code, 0)
  })

  it(
    "does not listen where others reach it, unless it is told how that is protected",
    { timeout: 60_000 },
    async () => {
      const { code, stderr } = await program.run(["serve", "--port", "0", "--host", "0.0.0.0"])
      assert.include(stderr, "HTTP_BIND_REFUSED")
      assert.strictEqual(code, 3)
      assert.isFalse(existsSync(join(program.directory, "store", "http.token")))
    },
  )

  it("ends at a signal although a stream is open and a run is executed", { timeout: 60_000 }, async () => {
    const { ready, started } = await serve()
    const client = createClient({ baseUrl: ready.url, token: tokenOf(ready) })
    const slow = { provider: "scripted", prompt: "hello", cwd: program.directory }
    const { run } = await client.runs.submit({ payload: slow })
    const socket = connect(ready.port, "127.0.0.1")
    socket.write(
      `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${ready.port}\r\nAuthorization: Bearer ${tokenOf(ready)}\r\n\r\n`,
    )
    let text = ""
    socket.on("data", (part) => (text += String(part)))
    await eventually(() => (text.includes("event: run") ? true : undefined))
    const closed = new Promise((resolve) => socket.on("close", resolve))
    const { code } = await stop(started)
    await closed
    assert.include(text, "retry: 1000")
    assert.strictEqual(code, 0)
    const { stdout } = await program.run(["show", run.id, "--json"])
    assert.match(stdout, /"state": ?"(?:interrupted|succeeded)"/)
  })
})
