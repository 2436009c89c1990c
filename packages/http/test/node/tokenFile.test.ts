import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import type { RunyardError } from "@runyard/core/RunyardError"
import { readToken } from "../../src/node/tokenFile.ts"

let place = ""
beforeEach(() => {
  place = fs.mkdtempSync(join(tmpdir(), "runyard-token-"))
})
afterEach(() => fs.rmSync(place, { recursive: true, force: true }))

const refusal = (file: string): Promise<RunyardError> =>
  readToken(file).then(
    () => Promise.reject(new Error("it was taken")),
    (error: RunyardError) => error,
  )

describe("readToken", () => {
  it("makes 256 bits that the user alone may read, and gives the same ones from then on", async () => {
    const file = join(place, "store", "http.token")
    const token = await readToken(file)
    assert.strictEqual(Buffer.from(token, "base64url").length, 32)
    assert.strictEqual(await readToken(file), token)
    if (process.platform !== "win32") {
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(join(place, "store")).mode & 0o777, 0o700)
    }
    assert.deepStrictEqual(fs.readdirSync(join(place, "store")), ["http.token"])
  })

  it("gives all programs that start at once the same one", async () => {
    const file = join(place, "http.token")
    const tokens = await Promise.all(Array.from({ length: 20 }, () => readToken(file)))
    assert.strictEqual(new Set(tokens).size, 1)
  })

  it.skipIf(process.platform === "win32")("refuses a file that others may read, and a link", async () => {
    const file = join(place, "http.token")
    const token = await readToken(file)
    fs.chmodSync(file, 0o640)
    const error = await refusal(file)
    assert.strictEqual(error.code, "IO_FILE_UNREADABLE")
    assert.notInclude(error.message, token)
    fs.chmodSync(file, 0o600)
    fs.symlinkSync(file, join(place, "link"))
    assert.strictEqual((await refusal(join(place, "link"))).code, "IO_FILE_UNREADABLE")
  })

  it("refuses a file with something else in it, and a directory", async () => {
    const file = join(place, "http.token")
    for (const text of ["", "short", "x".repeat(5_000), "spaces in a token that is long enough for one"]) {
      fs.writeFileSync(file, text, { mode: 0o600 })
      assert.strictEqual((await refusal(file)).code, "IO_FILE_UNREADABLE")
    }
    assert.strictEqual((await refusal(place)).code, "IO_FILE_UNREADABLE")
  })
  it.skipIf(process.platform === "win32")("waits for nobody at a pipe", { timeout: 5_000 }, async () => {
    const file = join(place, "http.token")
    execFileSync("mkfifo", ["-m", "600", file])
    assert.strictEqual((await refusal(file)).code, "IO_FILE_UNREADABLE")
  })
})
