/** What a run's earlier attempts say about trying it again. Pure. */
import type { TimelessDraft } from "../EventDraft.ts"
import { addMoney, fromUsd, type NanoUsd, noMoney } from "../Money.ts"
import type { Attempt, Run } from "../Run.ts"
import {
  noSideEffects,
  noteSideEffects,
  type SideEffectRecord,
  type SideEffects,
  sideEffectsOf,
} from "../SideEffects.ts"

export interface RetryHistory {
  /** Executions, the one that ends now among them, without those that were parked and those whose host died. */
  readonly tries: number
  readonly parks: number
  readonly parkedMillis: number
  /** When the first attempt started; undefined when none did. */
  readonly firstAt: number | undefined
  /** Of all attempts. */
  readonly sideEffects: SideEffects
  /** What all attempts cost; undefined when it is not known of one. */
  readonly spent: NanoUsd | undefined
}

const untold: SideEffectRecord = { ...noSideEffects, blind: true }

/** A version that did not tell may have executed anything. */
const recordOf = ({ sideEffects, startedAt }: Attempt): SideEffectRecord =>
  sideEffects ?? (startedAt === undefined ? noSideEffects : untold)

const worst = (all: ReadonlyArray<SideEffects>): SideEffects =>
  all.includes("done") ? "done" : all.includes("unknown") ? "unknown" : "none"

/** @param run as it is stored, its last attempt under way. @param last the events that will end the attempt. */
export const historyOf = ({ attempts }: Run, last: ReadonlyArray<TimelessDraft>): RetryHistory => {
  const earlier = attempts.slice(0, -1)
  const current = attempts.at(-1)
  const parked = earlier.filter(({ retry }) => retry?.parked === true)
  const final = last.at(-1)
  const error = final !== undefined && "error" in final.payload ? final.payload.error : undefined
  const told = last.reduce(
    (record, event) => noteSideEffects(record, event, true),
    current === undefined ? noSideEffects : recordOf(current),
  )
  // The store may not have taken its start before its end.
  const started = current?.startedAt !== undefined || last.some(({ type }) => type === "run.started")
  // What the store did not take may have held anything.
  const record = started && error?.code.startsWith("STORE_") === true ? { ...told, blind: true } : told

  const usd = final !== undefined && "cost" in final.payload ? final.payload.cost?.usd : undefined
  const cost = usd === undefined ? (started ? undefined : noMoney) : fromUsd(usd)
  const before = earlier.length === 0 ? noMoney : earlier.at(-1)?.retry?.spent
  return {
    tries: 1 + earlier.filter(({ retry }) => retry !== undefined && retry.parked !== true).length,
    parks: parked.length,
    parkedMillis: parked.reduce((sum, { endedAt, retry }) => sum + Math.max(0, (retry?.at ?? 0) - (endedAt ?? 0)), 0),
    firstAt: attempts.find(({ startedAt }) => startedAt !== undefined)?.startedAt,
    sideEffects: worst([...earlier.map((attempt) => sideEffectsOf(recordOf(attempt))), sideEffectsOf(record)]),
    spent: cost === undefined || before === undefined ? undefined : addMoney(before, cost),
  }
}
