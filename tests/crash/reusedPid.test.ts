/** A process that has the pid of one that was recorded is left alone by the next host on the store, with its children. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { open } from "runyard"
import { boot, end, isUntouched, loner, record, startTime, stranger } from "./Stranger.ts"
import { programAt } from "../support/programs.ts"

const fixture = fileURLToPath(new URL("fixtures/reusedPid.ts", import.meta.url))

const inPlace = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-reused-"))
  try {
    await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Which of these a kernel, a user without rights or a container refuses differs; the counter comes last. */
const unshare = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
const counter = spawnSync("unshare", [...unshare, "sh", "-c", "echo 300 > /proc/sys/kernel/ns_last_pid"], {
  encoding: "utf8",
})
const isRefused = counter.status !== 0
const why = isRefused
  ? ` (no PID namespace with a counter to move: ${counter.error?.message ?? counter.stderr.trim()})`
  : ""

describe("a process that has the pid of one that was recorded", () => {
  it("is left alone with its children when its start time is another", () =>
    inPlace(async (directory) => {
      const [child, known] = [stranger(), loner()]
      try {
        const pid = child.pid ?? 0
        const id = await record(directory, 1, { pid, startTime: `${boot}:${Number(startTime(pid)) - 1}` })
        const afterReboot = await record(directory, 2, { pid, startTime: `another-boot:${startTime(pid)}` })
        // For comparison: one that is what was recorded.
        const own = { pid: known.pid ?? 0, startTime: `${boot}:${startTime(known.pid ?? 0)}` }
        const ids = [id, afterReboot, await record(directory, 3, own)]
        await using yard = await open({ directory, adopt: false })
        const runs = await Promise.all(ids.map((each) => yard.run(each).get()))
        assert.deepStrictEqual(
          runs.map(({ error, state }) => [state, error?.detail["found"], error?.detail["killed"]]),
          [
            ["interrupted", "reused", 0],
            ["interrupted", "reused", 0],
            ["interrupted", "alive", 0],
          ],
        )
        assert.deepStrictEqual([child, known].map(isUntouched), [true, false])
      } finally {
        await end(child)
        await end(known)
      }
    }))

  it.skipIf(isRefused)(`is left alone when the kernel has really given the pid away${why}`, { timeout: 60_000 }, () =>
    inPlace(async (directory) => {
      const program = [process.execPath, ...programAt(fixture), directory]
      const { stderr, stdout } = spawnSync("unshare", [...unshare, ...program], { encoding: "utf8" })
      const became = [
        ["interrupted", "reused", 0],
        ["interrupted", "alive", 0],
      ]
      const expected = { namespace: 1, reused: true, became, untouched: [true, false] }
      assert.deepStrictEqual(JSON.parse(stdout || "{}"), expected, stderr)
    }),
  )
})
