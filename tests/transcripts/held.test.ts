/** How much of what the real CLIs printed waits for more before it is shown: whole records never do, and few ends of lines. */
import { assert, describe, it } from "@effect/vitest"
import { type RedactionSession, Redactor } from "@runyard/core"
import * as Effect from "effect/Effect"
import { loadRecordings, type PackedRecording } from "./recordings.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor): RedactionSession => redactor.session()).pipe(Effect.provide(Redactor.layer())),
)
const all: ReadonlyArray<PackedRecording> = ["codex", "claude"].flatMap((cli) =>
  loadRecordings(cli).flatMap(({ recordings }) => Object.values(recordings)),
)
const isJson = ({ stdout }: PackedRecording) => stdout.startsWith("{")

/** Of the lines of a text, those at whose end a part of them is not given yet. */
const heldAtEnd = (text: string): { readonly lines: number; readonly held: number } => {
  const stream = session.stream()
  let [lines, held, given, taken] = [0, 0, 0, 0]
  for (const line of text.split(/(?<=\n)/).filter((each) => each !== "")) {
    const { redactions, value } = stream.push(line)
    taken += line.length
    // A mark is longer or shorter than what it stands for; what is held behind it is not counted.
    given = redactions.length > 0 ? taken : given + value.length
    lines++
    if (given < taken) held++
  }
  return { lines, held }
}

describe("Text that could still be a part of a secret", () => {
  it("is none of a record that is whole: what a CLI says is shown with its own line", () => {
    let records = 0
    for (const { stdout } of all.filter(isJson)) {
      const lines = session.lines()
      for (const line of stdout.split("\n")) {
        // A piece of a message, which the live view takes.
        if (/_delta"/.test(line)) continue
        const redacted = lines.line(line)
        if (redacted === undefined) continue
        records++
        if (redacted.redactions.length === 0) assert.strictEqual(redacted.value, line)
      }
      assert.deepStrictEqual(lines.end(), [])
    }
    assert.isAbove(records, 3_000)
  })

  it("is at the end of few lines of prose", () => {
    const prose = all.flatMap((recording) => [recording.stderr, ...(isJson(recording) ? [] : [recording.stdout])])
    const told = prose.map(heldAtEnd)
    const lines = told.reduce((sum, each) => sum + each.lines, 0)
    const held = told.reduce((sum, each) => sum + each.held, 0)
    assert.isAbove(lines, 900)
    assert.isBelow(held / lines, 0.08, `${held} of ${lines}`)
  })
})
