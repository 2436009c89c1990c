/** A token that others may know, or that cannot be read, lets no server start. */
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { makeProgram, type Program } from "../cli/program.ts"
import { serve } from "./Server.ts"

const letters = "abcdefghijklmnopqrstuvwxyz"
const text = `${letters}${letters}`

const cases: ReadonlyArray<readonly [what: string, make: (file: string) => void]> = [
  ["is open to others", (file) => writeFileSync(file, text, { mode: 0o644 })],
  [
    "is a link",
    (file) => {
      writeFileSync(`${file}.real`, text, { mode: 0o600 })
      symlinkSync(`${file}.real`, file)
    },
  ],
  ["is a directory", (file) => mkdirSync(file)],
  ["holds something else", (file) => writeFileSync(file, "short", { mode: 0o600 })],
  ["is empty", (file) => writeFileSync(file, "", { mode: 0o600 })],
]

describe.skipIf(process.platform === "win32")("A server does not start when its token file", () => {
  const refused = async (program: Program, file: string) => {
    const { code, stderr } = await program.run(["serve", "--port", "0", "--token-file", file])
    assert.notStrictEqual(code, 0)
    assert.include(stderr, "IO_FILE_UNREADABLE")
    assert.include(stderr, file)
    assert.notInclude(stderr, text)
    assert.notInclude(stderr, "    at ")
  }

  it.each(cases)("%s", async (_, make) => {
    const program = makeProgram()
    try {
      const file = join(program.directory, "token")
      make(file)
      await refused(program, file)
    } finally {
      program.remove()
    }
  })

  it.skipIf(process.getuid?.() !== 0)("belongs to another user", async () => {
    const program = makeProgram()
    try {
      const file = join(program.directory, "token")
      writeFileSync(file, text, { mode: 0o600 })
      const { chownSync } = await import("node:fs")
      chownSync(file, 12_345, 12_345)
      await refused(program, file)
    } finally {
      program.remove()
    }
  })

  it("is gone while it runs: the server goes on, and a new link says so", { timeout: 60_000 }, async () => {
    const program = makeProgram()
    try {
      const server = await serve(program)
      const { tokenFile } = server.ready
      renameSync(tokenFile, `${tokenFile}.away`)
      assert.strictEqual((await server.client.session.get()).principal, "local")
      const { code, stderr } = await program.run(["serve", "link"])
      assert.include(stderr, "IO_FILE_UNREADABLE")
      assert.notStrictEqual(code, 0)
      renameSync(`${tokenFile}.away`, tokenFile)
      chmodSync(tokenFile, 0o644)
      assert.include((await program.run(["serve", "link"])).stderr, "open to others")
      await server.stop()
    } finally {
      program.remove()
    }
  })
})
