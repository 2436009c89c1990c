/** The log keeps what a CLI wrote: every line of every recording comes back, byte for byte, and is stored once. */
import { claudeAdapter } from "@runyard/adapters-claude"
import { codexAdapter } from "@runyard/adapters-codex"
import { joinSource, type RecordingReport } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { loadRecordings, read } from "./recordings.ts"

const adapters = { claude: claudeAdapter, codex: codexAdapter } as const

/** The lines of one stream, as the drafts keep them. */
const kept = ({ drafts }: RecordingReport, stream: "stdout" | "stderr"): ReadonlyArray<string> =>
  drafts.flatMap((draft) => {
    if (draft.type === `run.chunk.${stream}`) return (draft.payload as { readonly text: string }).text.split("\n")
    return draft.source?.stream === stream ? joinSource(draft.source, draft.payload).split("\n") : []
  })

/** Blank lines between JSON lines say nothing, and pieces of unfinished messages come whole later. */
const written = (text: string, report: RecordingReport): ReadonlyArray<string> => {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
  if (lines.at(-1) === "") lines.pop()
  const json =
    report.drafts.some(({ source }) => source !== undefined) && report.format !== "human" && report.format !== "text"
  return json ? lines.filter((line) => line !== "" && !line.includes('"type":"stream_event"')) : lines
}

describe.each([...loadRecordings("claude"), ...loadRecordings("codex")])(
  "the lines of $cli $version",
  ({ cli, version, recordings }) => {
    it("come back from the log as they were written", () => {
      let total = 0
      const adapter = adapters[cli as keyof typeof adapters]
      for (const [scenario, recording] of Object.entries(recordings)) {
        const report = read(adapter, version, recording)
        const name = `${cli} ${version} ${scenario}`
        total += kept(report, "stdout").length
        assert.deepStrictEqual(kept(report, "stdout"), written(recording.stdout, report), name)
      }
      assert.isAbove(total, 20)
    })
  },
)
