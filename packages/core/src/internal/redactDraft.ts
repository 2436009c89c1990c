/** An event as it may be stored: whatever a host, an adapter or a person put into it is masked. */
import type { TimelessDraft } from "../EventDraft.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import { Tally } from "./redactTally.ts"

/** Changes nothing where nothing is found, or where it was masked before. */
export const redactDraft =
  (redaction: RedactionSession) =>
  (item: TimelessDraft): TimelessDraft => {
    const { value, redactions } = redaction.json(item.payload)
    if (redactions.length === 0) return item
    const all = new Tally()
    all.addAll(item.redactions)
    all.addAll(redactions)
    // Masking changes texts, not the shape.
    return { ...item, payload: value, redactions: all.all() } as TimelessDraft
  }
