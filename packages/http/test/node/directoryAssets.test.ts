import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Assets } from "../../src/Assets.ts"
import { directoryAssets } from "../../src/node/directoryAssets.ts"

let place = ""
let assets: Assets
beforeAll(() => {
  place = fs.mkdtempSync(join(tmpdir(), "runyard-assets-"))
  const page = join(place, "page")
  fs.mkdirSync(join(page, "assets"), { recursive: true })
  for (const [name, text] of [
    ["index.html", "index"],
    ["sw.js", "worker"],
    ["manifest.webmanifest", "{}"],
    [".env", "hidden"],
    ["assets/index-AbCdEf12.js", "script"],
    ["assets/index-AbCdEf12.js.br", "script in br"],
    ["assets/index-AbCdEf12.js.gz", "script in gzip"],
  ] as const) {
    fs.writeFileSync(join(page, name), text)
  }
  fs.writeFileSync(join(place, "secret.txt"), "secret")
  if (process.platform !== "win32") fs.symlinkSync(join(place, "secret.txt"), join(page, "link.txt"))
  assets = directoryAssets(page)
})
afterAll(() => fs.rmSync(place, { recursive: true, force: true }))

const textOf = async (path: string, ...accepts: ReadonlyArray<string>): Promise<string | undefined> => {
  const asset = await assets.get(path, accepts)
  return asset === undefined ? undefined : new TextDecoder().decode(asset.body)
}

describe("directoryAssets", () => {
  it("gives files, and the first document for the page's own paths", async () => {
    assert.strictEqual(await textOf("/index.html"), "index")
    for (const path of ["/", "/runs", "/runs/0197-abc", "/settings/grants"]) {
      assert.strictEqual(await textOf(path), "index", path)
    }
    assert.isUndefined(await assets.get("/assets/index-OldHash99.js", []))
  })

  it("lets only what changes its name with its content be kept", async () => {
    const kept = async (path: string) => (await assets.get(path, []))?.immutable
    assert.deepStrictEqual(
      [
        await kept("/assets/index-AbCdEf12.js"),
        await kept("/sw.js"),
        await kept("/"),
        await kept("/manifest.webmanifest"),
      ],
      [true, false, false, false],
    )
  })

  it("sends what was compressed beforehand to whoever takes it, with the type of the original", async () => {
    const path = "/assets/index-AbCdEf12.js"
    assert.strictEqual(await textOf(path, "gzip", "br"), "script in br")
    assert.strictEqual(await textOf(path, "gzip"), "script in gzip")
    assert.strictEqual(await textOf(path), "script")
    assert.deepInclude(await assets.get(path, ["br"]), { encoding: "br", type: "text/javascript; charset=utf-8" })
  })

  it("gives nothing that is hidden, linked or outside", async () => {
    for (const path of [
      "/.env",
      "/link.txt",
      "/../secret.txt",
      "//secret.txt",
      "/assets/../../secret.txt",
      "/a\0b.txt",
    ]) {
      assert.isUndefined(await assets.get(path, []), path)
    }
  })

  it.prop(
    "never gives what is outside, whatever it is asked",
    {
      parts: Schema.Array(
        Schema.Literals(["/", "..", ".", "\\", "%2e", "secret.txt", "assets", "page", "\0", "C:", "~"]),
      ),
    },
    async ({ parts }) => {
      assert.notInclude((await textOf(`/${parts.join("")}`)) ?? "", "secret")
    },
  )
})
