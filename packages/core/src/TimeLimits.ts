/** How long a run, and each part of it, may take. Pure. */
import * as Schema from "effect/Schema"
import type { RunLimits } from "./Run.ts"

/** In milliseconds each. Zero: no limit. */
export const TimeLimits = Schema.Struct({
  /** From the submit to the claim, by the wall clock, so that it also counts while no host is there. */
  queueMillis: Schema.Finite,
  /** From the claim to the end of the attempt. A suspended machine does not count. */
  wallMillis: Schema.Finite,
  /** Longest silence of an agent that runs no tool. */
  idleMillis: Schema.Finite,
  /** Longest silence while a tool runs, as far as the protocol tells. Zero: as `idleMillis`. */
  toolIdleMillis: Schema.Finite,
  /** Longest silence of a process whose agent has given its result. Zero: as `idleMillis`. */
  lingerMillis: Schema.Finite,
})
export type TimeLimits = typeof TimeLimits.Type

/**
 * No limit on the queue, 2 hours of wall clock, 20 minutes of silence with or without a tool. A process that lingers
 * gets 10 seconds: an offline Codex 0.121 to 0.169 exits 5 s after its last event, and Claude Code 2.1.265 ends
 * background tasks after 5 s.
 */
export const defaultTimeLimits: TimeLimits = {
  queueMillis: 0,
  wallMillis: 2 * 60 * 60 * 1000,
  idleMillis: 20 * 60 * 1000,
  toolIdleMillis: 0,
  lingerMillis: 10_000,
}

/** The limits of a run: what it asks for, else what the host gives all of them. */
export const timeLimits = (asked: RunLimits | undefined, host: TimeLimits): TimeLimits => {
  const idleMillis = asked?.idleMillis || host.idleMillis
  return {
    queueMillis: asked?.queueMillis || host.queueMillis,
    wallMillis: asked?.wallMillis || host.wallMillis,
    idleMillis,
    toolIdleMillis: asked?.toolIdleMillis || host.toolIdleMillis || idleMillis,
    lingerMillis: asked?.lingerMillis || host.lingerMillis || idleMillis,
  }
}
