/** A result that has arrived counts, however the process ends that is not waited for. */
import { claudeAdapter } from "@runyard/adapters-claude"
import { codexAdapter } from "@runyard/adapters-codex"
import type { ProcessExit, Verdict } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { loadRecordings, type PackedRecording, read } from "./recordings.ts"

const adapters = { claude: claudeAdapter, codex: codexAdapter } as const

/** As `SIGINT` and `SIGTERM` of a ladder make of the CLIs, and a kill; first, when it is not known yet. */
const exits: ReadonlyArray<ProcessExit> = [
  { code: null, signal: null },
  { code: 0, signal: null },
  { code: 1, signal: null },
  { code: 143, signal: null },
  { code: null, signal: "SIGTERM" },
  { code: null, signal: "SIGKILL" },
]

const ended = (recording: PackedRecording, { code, signal }: ProcessExit): PackedRecording => ({
  ...recording,
  exitCode: code,
  exitSignal: signal,
})

const said = ({ outcome, error, finalMessage }: Verdict) => ({ outcome, code: error?.code, finalMessage })

describe.each([...loadRecordings("claude"), ...loadRecordings("codex")])(
  "a result of $cli $version",
  ({ cli, version, recordings }) => {
    it("counts the same whatever the exit, once the last turn has ended", () => {
      let results = 0
      const adapter = adapters[cli as keyof typeof adapters]
      for (const [scenario, recording] of Object.entries(recordings)) {
        const report = read(adapter, version, recording)
        const turns = report.drafts.filter(({ type }) => type === "agent.turn_started" || type === "agent.turn_ended")
        if (adapter.formats[report.format]?.framing !== "json-lines" || turns.at(-1)?.type !== "agent.turn_ended")
          continue
        results++
        for (const exit of exits) {
          const other = read(adapter, version, ended(recording, exit))
          assert.deepStrictEqual(said(other.verdict), said(report.verdict), `${cli} ${version} ${scenario}`)
        }
      }
      // 0.42 tells no turns.
      assert.isTrue(results > 5 || version === "0.42.0", `${results} results`)
    })
  },
)
