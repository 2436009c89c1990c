/** The order of test files: those that take longest begin first, so that none of them is what everybody waits for at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** By turns one that mostly waits and one that mostly works, so that they use the processors together. */
const longest = [
  "tests/shutdown/lockedStore.test.ts",
  "tests/grants/hostile.test.ts",
  "tests/crash/recovery.test.ts",
  "packages/core/test/queueSimulation.test.ts",
  "tests/shutdown/library.test.ts",
  "tests/cli/cli.test.ts",
  "tests/chaos/chaos.test.ts",
  "tests/barrier/barrier.test.ts",
  "tests/shutdown/cli.test.ts",
  "tests/cli/queue.test.ts",
  "tests/queue/lease.test.ts",
  "packages/core/test/RedactionRecall.test.ts",
  "tests/limits/store.test.ts",
]

/** Then come the others that start programs, in the order of the last run. */
const rankOf = (file: string): number => {
  const at = longest.findIndex((name) => file.endsWith(name))
  if (at !== -1) return at
  return /\/tests\/|\/test\/node\//.test(file) ? longest.length : longest.length + 1
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rankOf(one.moduleId) - rankOf(other.moduleId))
  }
}
