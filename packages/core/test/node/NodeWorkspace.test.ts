import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { NodeWorkspace } from "../../src/node/index.ts"
import { Workspace } from "../../src/Workspace.ts"

const run = <A, E>(body: (workspace: Workspace["Service"], scratch: string) => Effect.Effect<A, E>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const workspace = yield* Workspace
      return yield* body(workspace, yield* workspace.scratch)
    }),
  ).pipe(Effect.provide(NodeWorkspace.layer))

const mode = (name: string) => fs.statSync(name).mode & 0o777

describe("NodeWorkspace", () => {
  it.live("gives real paths of directories and files, and a coded error for everything else", () =>
    run((workspace, scratch) =>
      Effect.gen(function* () {
        const file = yield* workspace.write(scratch, "a.txt", "text")
        fs.symlinkSync(scratch, path.join(scratch, "link"))
        assert.strictEqual(yield* workspace.directory(path.join(scratch, "link")), scratch)
        assert.strictEqual(yield* workspace.file(path.join(scratch, "link", "a.txt")), file)
        const code = (effect: Effect.Effect<string, { code: string }>) => Effect.map(Effect.flip(effect), (e) => e.code)
        assert.strictEqual(yield* code(workspace.directory(file)), "IO_DIRECTORY_UNREADABLE")
        assert.strictEqual(yield* code(workspace.directory("/nowhere")), "IO_DIRECTORY_UNREADABLE")
        assert.strictEqual(yield* code(workspace.directory("a\0b")), "IO_DIRECTORY_UNREADABLE")
        assert.strictEqual(yield* code(workspace.file(scratch)), "IO_FILE_UNREADABLE")
        assert.strictEqual(yield* code(workspace.file("/nowhere")), "IO_FILE_UNREADABLE")
      }),
    ),
  )

  it.live("holds a directory by its real path, and refuses one whose path leads through a link", () =>
    run((workspace, scratch) =>
      Effect.scoped(
        Effect.gen(function* () {
          const [real, link] = [path.join(scratch, "real"), path.join(scratch, "link")]
          fs.mkdirSync(path.join(real, "inside"), { recursive: true })
          fs.symlinkSync(real, link)
          const held = yield* workspace.hold(real)
          const { dev, ino } = fs.statSync(real, { bigint: true })
          assert.deepStrictEqual([held.path, held.identity], [real, `${dev}:${ino}`])
          if (held.handle !== undefined) assert.strictEqual(fs.readlinkSync(held.handle), real)
          const code = (name: string) => Effect.map(Effect.flip(workspace.hold(name)), (error) => error.code)
          assert.strictEqual(yield* code(link), "POLICY_DIRECTORY_CHANGED")
          assert.strictEqual(yield* code(path.join(link, "inside")), "POLICY_DIRECTORY_CHANGED")
          assert.strictEqual(yield* code(path.join(real, "nowhere")), "IO_DIRECTORY_UNREADABLE")
          fs.writeFileSync(path.join(scratch, "file"), "")
          assert.strictEqual(yield* code(path.join(scratch, "file")), "POLICY_DIRECTORY_CHANGED")
        }),
      ),
    ),
  )

  it.live("tells what is inside a directory by what it is, whatever it is called", () =>
    run((workspace, scratch) =>
      Effect.gen(function* () {
        const [own, link] = [path.join(scratch, "own"), path.join(scratch, "link")]
        fs.mkdirSync(path.join(own, "a", "b"), { recursive: true })
        fs.mkdirSync(`${own}-2`)
        fs.symlinkSync(own, link)
        fs.writeFileSync(path.join(own, "a", "file"), "")
        for (const name of [own, link, `${own}/`, path.relative(process.cwd(), own)]) {
          for (const inside of [own, path.join(own, "a", "b"), path.join(own, "a", "file")]) {
            assert.isTrue(yield* workspace.isInside(inside, name), `${inside} in ${name}`)
          }
          for (const outside of [scratch, `${own}-2`, "/", "/nowhere"]) {
            assert.isFalse(yield* workspace.isInside(outside, name), `${outside} in ${name}`)
          }
        }
        assert.isFalse(yield* workspace.isInside(own, path.join(scratch, "missing")))
      }),
    ),
  )

  it.live("knows a repository by a .git directory or file, here or above", () =>
    run((workspace, scratch) =>
      Effect.gen(function* () {
        const inner = path.join(scratch, "a", "b")
        fs.mkdirSync(inner, { recursive: true })
        // The temporary directory may itself be inside a repository.
        const above = yield* workspace.isRepository(os.tmpdir())
        assert.isFalse(yield* workspace.isRepository("/proc"))
        assert.strictEqual(yield* workspace.isRepository(inner), above)
        fs.writeFileSync(path.join(scratch, "a", ".git"), "gitdir: elsewhere\n")
        assert.isTrue(yield* workspace.isRepository(inner))
        assert.strictEqual(yield* workspace.isRepository(scratch), above)
        fs.mkdirSync(path.join(scratch, ".git"))
        assert.strictEqual(yield* workspace.isRepository(scratch), above)
        fs.writeFileSync(path.join(scratch, ".git", "HEAD"), "ref: refs/heads/main\n")
        assert.isTrue(yield* workspace.isRepository(scratch))
      }),
    ),
  )

  it.live("makes private scratch directories and removes them with what is in them", () =>
    Effect.gen(function* () {
      const made = yield* run((workspace, scratch) =>
        Effect.gen(function* () {
          assert.isTrue(scratch.startsWith(fs.realpathSync(os.tmpdir())))
          assert.strictEqual(mode(scratch), 0o700)
          assert.strictEqual(mode(yield* workspace.write(scratch, "schema.json", "{}")), 0o600)
          return scratch
        }),
      )
      assert.isFalse(fs.existsSync(made))
    }),
  )

  it.live("writes no file over another, through a link or outside its directory", () =>
    run((workspace, scratch) =>
      Effect.gen(function* () {
        const target = path.join(scratch, "target")
        fs.symlinkSync(target, path.join(scratch, "link"))
        yield* workspace.write(scratch, "once", "1")
        for (const name of ["once", "link", "../out", "a/b", "..", "", ".hidden", "a\0b", "x".repeat(200)]) {
          const error = yield* Effect.flip(workspace.write(scratch, name, "2"))
          assert.strictEqual(error.code, "IO_SCRATCH_FAILED", name)
        }
        assert.isFalse(fs.existsSync(target))
        assert.strictEqual(fs.readFileSync(path.join(scratch, "once"), "utf8"), "1")
      }),
    ),
  )
})
