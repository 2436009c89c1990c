/** Reads a recorded output through an adapter, exactly as a run would, without running anything. Pure. */
import type { Adapter, ProtocolRequest, Verdict } from "./Adapter.ts"
import { redactVerdict } from "./internal/runEnd.ts"
import type { TimelessDraft } from "./EventDraft.ts"
import { outputReader } from "./OutputReader.ts"
import type { RedactionSession } from "./RedactionSession.ts"
import type { ProcessExit } from "./Run.ts"
import type { RedactionCount } from "./RunEvent.ts"

export interface Recording {
  readonly stdout: string
  readonly stderr: string
  /** Undefined when it was not recorded: the protocol alone decides then. */
  readonly exit: ProcessExit | undefined
  /** One of the adapter's formats; found out from the text when missing. */
  readonly format?: string
  readonly request?: ProtocolRequest
}

export interface RecordingReport {
  readonly format: string
  readonly drafts: ReadonlyArray<TimelessDraft>
  /** How often each kind of vendor line came, by the vendor's own names. */
  readonly lineCounts: Readonly<Record<string, number>>
  readonly unknownLines: number
  readonly redactions: ReadonlyArray<RedactionCount>
  readonly verdict: Verdict
}

const readOf = (adapter: Adapter, recording: Recording): string => {
  const { format } = recording
  if (format !== undefined && adapter.formats[format] !== undefined) return format
  return adapter.detectFormat((recording.stdout === "" ? recording.stderr : recording.stdout).slice(0, 4096))
}

export const readRecording = (adapter: Adapter, recording: Recording, redaction: RedactionSession): RecordingReport => {
  const name = readOf(adapter, recording)
  const format = adapter.formats[name]
  if (format === undefined) throw new Error(`${adapter.provider} has no format ${name}`)
  const protocol = format.protocol(recording.request ?? {})
  const reader = outputReader(protocol, format.framing, redaction)
  // A recording does not say how the two streams were mixed; progress comes before the answer.
  reader.push("stderr", recording.stderr)
  reader.push("stdout", recording.stdout)
  reader.end()
  return {
    format: name,
    drafts: reader.take().drafts,
    lineCounts: reader.lineCounts(),
    unknownLines: reader.unknownLines(),
    redactions: reader.redactions(),
    verdict: redactVerdict(redaction, protocol.end(recording.exit)),
  }
}
