/**
 * What one attempt has used so far, read from the events of its run, with what must be remembered to count on: cumulative
 * totals become what its own process used. Pure; a store keeps one for each attempt, changed with the event that tells.
 */
import type { LedgerEntry } from "./LedgerEntry.ts"
import type { PriceTable } from "./PriceTable.ts"
import { workspaceOf } from "./QueueEntry.ts"
import type { Run } from "./Run.ts"
import type { RunEvent } from "./RunEvent.ts"
import { chargeOf, newSession, readMeter, type SessionTotals, startMeter, type UsageMeter } from "./UsageMeter.ts"

export interface AttemptUsage {
  readonly entry: LedgerEntry
  readonly meter: UsageMeter
  /** That have begun, or as many as the CLI tells, whichever is more. */
  readonly turns: number
  readonly wallMillis: number
}

type Started = Extract<RunEvent, { readonly type: "run.started" }>

/** Runs of which nobody said who asked for them. */
const nobody = "local"

const initiatorOf = ({ attempts }: Run, attempt: number): LedgerEntry["initiator"] => {
  if (attempt <= 1) return "request"
  return attempts[attempt - 2]?.error?.code === "QUEUE_HOST_DIED" ? "recovery" : "retry"
}

/**
 * The row of an attempt whose process has been started.
 * @param before the totals of the conversation that it goes on with; undefined when nobody metered that.
 */
export const begin = (
  run: Run,
  event: Started,
  before: SessionTotals | undefined,
  prices: PriceTable,
): AttemptUsage => {
  const { actor, id, request } = run
  const { resumed } = event.payload
  const meter = startMeter(resumed === undefined ? newSession : (before ?? {}), resumed !== undefined)
  return {
    entry: {
      runId: id,
      attempt: event.attempt,
      scope: workspaceOf(run),
      provider: request.provider,
      ...(request.model === undefined ? {} : { model: request.model }),
      ...(resumed === undefined ? {} : { sessionId: resumed }),
      ...(request.account === undefined ? {} : { account: request.account }),
      ...(request.profile === undefined ? {} : { profile: request.profile }),
      actor: actor ?? nobody,
      initiator: initiatorOf(run, event.attempt),
      at: event.at,
      charge: chargeOf(meter, prices),
    },
    meter,
    turns: 0,
    wallMillis: 0,
  }
}

const read = (row: AttemptUsage, event: RunEvent): AttemptUsage => {
  const { entry } = row
  const model = entry.model === undefined ? {} : { model: entry.model }
  switch (event.type) {
    case "agent.session":
      return {
        ...row,
        entry: {
          ...entry,
          sessionId: event.payload.sessionId,
          ...(event.payload.model === undefined ? {} : { model: event.payload.model }),
        },
      }
    case "agent.turn_started":
      return { ...row, turns: row.turns + 1 }
    case "run.usage":
      return { ...row, meter: readMeter(row.meter, { ...event.payload, ...model }) }
    case "run.completed":
    case "run.failed":
    case "run.canceled":
    case "run.timed_out":
    case "run.interrupted":
    case "run.action_needed": {
      const { cost, turns = 0, usage } = event.payload
      const reading = { ...(usage === undefined ? {} : { usage }), ...(cost === undefined ? {} : { cost }), ...model }
      return { ...row, turns: Math.max(row.turns, turns), meter: readMeter(row.meter, reading) }
    }
    default:
      return row
  }
}

/** The row after one more event of its attempt. */
export const absorb = (row: AttemptUsage, event: RunEvent, prices: PriceTable): AttemptUsage => {
  const next = read(row, event)
  const wallMillis = Math.max(row.wallMillis, Math.round(event.mono))
  const charge = next.meter === row.meter ? row.entry.charge : chargeOf(next.meter, prices)
  return { ...next, entry: { ...next.entry, charge }, wallMillis }
}
