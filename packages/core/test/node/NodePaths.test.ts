import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { NodePaths } from "../../src/node/index.ts"

const { dataDirectory, installKey } = NodePaths

describe("NodePaths.dataDirectory", () => {
  it("follows the platform", () => {
    const home = "/home/ada"
    assert.strictEqual(dataDirectory({ env: {}, platform: "linux", home }), "/home/ada/.local/share/runyard")
    assert.strictEqual(dataDirectory({ env: { XDG_DATA_HOME: "/data" }, platform: "linux", home }), "/data/runyard")
    assert.strictEqual(
      dataDirectory({ env: { XDG_DATA_HOME: "relative" }, platform: "linux", home }),
      "/home/ada/.local/share/runyard",
    )
    assert.strictEqual(
      dataDirectory({ env: { XDG_DATA_HOME: "/data" }, platform: "darwin", home: "/Users/ada" }),
      "/Users/ada/Library/Application Support/Runyard",
    )
    assert.strictEqual(
      dataDirectory({ env: { LOCALAPPDATA: "D:\\local" }, platform: "win32", home: "C:\\Users\\ada" }),
      "D:\\local\\Runyard",
    )
    assert.strictEqual(
      dataDirectory({ env: {}, platform: "win32", home: "C:\\Users\\ada" }),
      "C:\\Users\\ada\\AppData\\Local\\Runyard",
    )
  })

  it("lets RUNYARD_HOME decide, unless it is empty", () => {
    const env = { RUNYARD_HOME: "/elsewhere", XDG_DATA_HOME: "/data" }
    assert.strictEqual(dataDirectory({ env, platform: "linux", home: "/home/ada" }), "/elsewhere")
    const empty = { ...env, RUNYARD_HOME: "" }
    assert.strictEqual(dataDirectory({ env: empty, platform: "linux", home: "/home/ada" }), "/data/runyard")
  })
})

describe("NodePaths.installKey", () => {
  const temporary = Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "runyard-key-"))),
    (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true })),
  )

  it.live("is one private key, also for many who ask first at once", () =>
    Effect.gen(function* () {
      const directory = path.join(yield* temporary, "data")
      const keys = yield* Effect.all(
        Array.from({ length: 8 }, () => installKey(directory)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(keys[0]?.length, 32)
      for (const key of keys) assert.deepStrictEqual(key, keys[0])
      assert.deepStrictEqual(yield* installKey(directory), keys[0])
      assert.deepStrictEqual(fs.readdirSync(directory), ["install.key"])
      assert.strictEqual(fs.statSync(path.join(directory, "install.key")).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(directory).mode & 0o777, 0o700)
    }),
  )

  it.live("does not use a damaged key, and does not replace it", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      fs.writeFileSync(path.join(directory, "install.key"), "short")
      assert.strictEqual((yield* Effect.flip(installKey(directory))).code, "STORE_UNAVAILABLE")
      assert.strictEqual(fs.readFileSync(path.join(directory, "install.key"), "utf8"), "short")
    }),
  )
})
