/** Whether a run may have changed something that a second try would change again. Pure, one event after the other. */
import * as Schema from "effect/Schema"

/** `done`: a tool was executed. `unknown`: it cannot be told, because the output that was read does not show tools. */
export type SideEffects = "none" | "done" | "unknown"

/** What is known so far. Small, and the same after a way through JSON. */
export const SideEffectRecord = Schema.Struct({
  executed: Schema.Boolean,
  /** A process was started whose output shows no tools, or some of it was not understood. */
  blind: Schema.Boolean,
  /** Tools that were started and have not ended. At most 64; more count as executed. */
  open: Schema.Array(Schema.String),
}).annotate({ identifier: "SideEffectRecord" })
export type SideEffectRecord = typeof SideEffectRecord.Type

export const noSideEffects: SideEffectRecord = { executed: false, blind: false, open: [] }

const maxOpen = 64

/** As much of a run's event as counts here. */
export interface SideEffectEvent {
  readonly type: string
  readonly payload: object
}

const field = (payload: object, name: string): unknown => (payload as Readonly<Record<string, unknown>>)[name]

const isObscure = (payload: object): boolean => ["unknown", "long"].includes(String(field(payload, "reason")))

/**
 * Adds an event of any attempt of the run. Every kind of tool counts, reading ones too: what a tool named `other` does is
 * not known, and a fetched URL may act. A tool that was refused did nothing. `showsTools` says whether the output format
 * of the attempt tells of tools at all; text for people may not.
 */
export const noteSideEffects = (
  record: SideEffectRecord,
  event: SideEffectEvent,
  showsTools: boolean,
): SideEffectRecord => {
  if (record.executed) return record
  switch (event.type) {
    case "run.started":
      return showsTools || record.blind ? record : { ...record, blind: true }
    // What was not understood may have been a tool.
    case "run.chunk.stdout":
      return record.blind || !isObscure(event.payload) ? record : { ...record, blind: true }
    case "agent.tool_started": {
      const id = field(event.payload, "toolId")
      if (typeof id !== "string" || record.open.length >= maxOpen) return { ...record, executed: true }
      return record.open.includes(id) ? record : { ...record, open: [...record.open, id] }
    }
    case "agent.tool_output":
      return { ...record, executed: true, open: [] }
    case "agent.tool_completed":
      return field(event.payload, "status") === "denied"
        ? { ...record, open: record.open.filter((id) => id !== field(event.payload, "toolId")) }
        : { ...record, executed: true, open: [] }
    default:
      return record
  }
}

export const sideEffectsOf = (record: SideEffectRecord): SideEffects =>
  record.executed || record.open.length > 0 ? "done" : record.blind ? "unknown" : "none"

/** Whether these events, all of them of one run, say that a second try could do something twice. */
export const hasIrreversible = (events: Iterable<SideEffectEvent>, showsTools = true): boolean => {
  let record = noSideEffects
  for (const event of events) record = noteSideEffects(record, event, showsTools)
  return sideEffectsOf(record) !== "none"
}
