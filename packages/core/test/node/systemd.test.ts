/** The control group that a user manager of systemd gives: with a real one, which the test starts and ends. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { alive } from "./containments.ts"
import { programAt } from "../../../../tests/support/programs.ts"

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

/** Where version 2 of control groups is mounted. */
const groups = fs
  .readFileSync("/proc/self/mountinfo", "utf8")
  .split("\n")
  .find((line) => line.includes(" - cgroup2 "))
  ?.split(" ")[4]

const missing = [
  ...(process.getuid?.() === 0 ? [] : ["needs root"]),
  ...(fs.existsSync("/lib/systemd/systemd") && fs.existsSync("/usr/bin/systemd-run")
    ? []
    : ["systemd is not installed"]),
  ...(groups === undefined ? ["no cgroup v2"] : []),
  ...(spawnSync("unshare", ["--mount", "true"]).status === 0 ? [] : ["no mount namespaces"]),
].join(", ")

describe.skipIf(missing !== "")(`with a user manager of systemd${missing === "" ? "" : `: ${missing}`}`, () => {
  it("a run gets a scope of its own, which is empty at its end", () => {
    const marker = `scope-${process.pid}`
    const program = [process.execPath, ...programAt(fixture("contained.ts")), marker]
    const { stdout, stderr, status } = spawnSync(
      "unshare",
      ["--mount", "sh", fixture("user-manager.sh"), groups ?? "", ...program],
      { encoding: "utf8", timeout: 25_000 },
    )
    assert.strictEqual(status, 0, stderr)
    const { group, evidence } = JSON.parse(stdout)
    assert.match(group, /^\/runyard-test-manager\/app\.slice\/run-\w+\.scope\/runyard-\d+$/)
    assert.deepInclude(evidence, { step: "kill-tree", containment: "cgroup", proof: "cgroup", survivors: [] })
    assert.isAtLeast(evidence.killed, 3)
    assert.deepStrictEqual(alive(marker), [])
  })
})
