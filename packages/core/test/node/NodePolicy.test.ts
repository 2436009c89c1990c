/** What lies where a policy is looked for may have been put there by an agent: it is read with a bound, or forbids everything. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { NodePolicy } from "../../src/node/index.ts"

const inProject = (put: (file: string) => void) =>
  Effect.acquireUseRelease(
    Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "runyard-policy-")))),
    (directory) =>
      Effect.gen(function* () {
        fs.mkdirSync(path.join(directory, ".runyard"))
        put(path.join(directory, ".runyard", "policy.json"))
        const layers = yield* NodePolicy.projectLayers(directory)
        return layers.filter(({ source }) => source.includes(directory))
      }),
    (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true })),
  )

const refused = (put: (file: string) => void) =>
  Effect.map(inProject(put), ([layer]) => assert.strictEqual(layer?.unreadable?.code, "POLICY_UNREADABLE"))

describe("A policy of a project", () => {
  it.live("is read through a link, and is none where there is no file", () =>
    Effect.gen(function* () {
      const [layer] = yield* inProject((file) => {
        fs.writeFileSync(`${file}.real`, '{"version":1,"maxTurns":3}')
        fs.symlinkSync(`${file}.real`, file)
      })
      assert.deepStrictEqual(layer?.document, { maxTurns: 3 })
      assert.deepStrictEqual(yield* inProject((file) => fs.symlinkSync("nowhere", file)), [])
    }),
  )

  it.live("that is no file, or too long, forbids everything at once", () =>
    Effect.gen(function* () {
      yield* refused((file) => fs.mkdirSync(file))
      yield* refused((file) => fs.symlinkSync("policy.json", file))
      yield* refused((file) => fs.writeFileSync(file, " ".repeat(256 * 1024 + 1)))
      // Most of it is not on the disk.
      yield* refused((file) => {
        fs.writeFileSync(file, "")
        fs.truncateSync(file, 2 ** 40)
      })
    }),
  )

  it.live.runIf(process.platform === "linux")("does not keep the host waiting, and has an end", () =>
    Effect.gen(function* () {
      const pipe = (file: string) => void spawnSync("mkfifo", [file])
      // More than there are threads for files.
      yield* Effect.forEach(Array.from({ length: 8 }), () => refused(pipe), { concurrency: "unbounded" })
      yield* refused((file) => fs.symlinkSync("/dev/zero", file))
      yield* refused((file) => fs.symlinkSync("/proc/self/environ", file))
    }),
  )
})
