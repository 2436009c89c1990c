/** What was decided for the whole queue, in memory. */
import { type ControlRecord, decideControl, openControl, type QueueControl } from "../QueueControl.ts"
import { maxControls } from "../RunQueue.ts"

export interface MemoryControls {
  readonly now: () => QueueControl
  readonly decide: (decision: Omit<ControlRecord, "control">) => QueueControl
  /** Newest first. */
  readonly records: (limit: number) => ReadonlyArray<ControlRecord>
}

export const memoryControls = (): MemoryControls => {
  const records: Array<ControlRecord> = []
  const now = () => records.at(-1)?.control ?? openControl
  return {
    now,
    decide: (decision) => {
      const control = decideControl(now(), decision.change)
      records.push({ ...decision, control })
      if (records.length > maxControls) records.shift()
      return control
    },
    records: (limit) => records.toReversed().slice(0, Math.max(0, limit)),
  }
}
