import { assert, describe, it } from "@effect/vitest"
import { claudeAdapter } from "@runyard/adapters-claude"
import { codexAdapter } from "@runyard/adapters-codex"
import type { Adapter } from "@runyard/core"
import { differencesOf } from "./differences.ts"
import { type ExpectedRow, loadRecordings, loadTable, type RecordedVersion } from "./recordings.ts"

const attempt = (scenario: string, compare: () => ReadonlyArray<string>): ReadonlyArray<string> => {
  try {
    return compare().map((difference) => `${scenario}: ${difference}`)
  } catch (cause) {
    return [`${scenario}: crashed: ${String(cause)}`]
  }
}

const compareVersion = (
  adapter: Adapter,
  { version, recordings }: RecordedVersion,
  rows: ReadonlyArray<ExpectedRow>,
): ReadonlyArray<string> =>
  rows
    .filter((row) => row.versions.includes(version))
    .flatMap((row) => {
      const recording = recordings[row.scenario]
      if (recording === undefined) return [`${row.scenario}: there is no such recording`]
      return attempt(row.scenario, () => differencesOf(adapter, version, row, recording))
    })

const sorted = (pairs: ReadonlyArray<string>): ReadonlyArray<string> => pairs.toSorted()

for (const adapter of [codexAdapter, claudeAdapter]) {
  describe(`the recordings of ${adapter.name}`, () => {
    const versions = loadRecordings(adapter.provider)

    it("are there", () => {
      assert.isAbove(versions.length, 0)
    })

    it("are each in the table exactly once, and the table names no other", () => {
      const rows = loadTable(adapter.provider)
      const named = rows.flatMap((row) => row.versions.map((version) => `${version} ${row.scenario}`))
      const packed = versions.flatMap(({ version, recordings }) =>
        Object.keys(recordings).map((scenario) => `${version} ${scenario}`),
      )
      assert.deepStrictEqual(sorted(named), sorted(packed))
    })

    it.each(versions.map((recorded) => [recorded.version, recorded] as const))(
      "of %s are read as the table says",
      (_, recorded) => {
        const differences = compareVersion(adapter, recorded, loadTable(adapter.provider))
        assert.strictEqual(differences.length, 0, `\n${differences.join("\n")}\n`)
      },
    )
  })
}
