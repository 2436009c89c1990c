/** How long a run, and each part of it, may take. Pure. */
import type { RunLimits } from "./Run.ts"

/** In milliseconds each. Zero: no limit. */
export interface TimeLimits {
  /** From the submit to the claim, by the wall clock, so that it also counts while no host is there. */
  readonly queueMillis: number
  /** From the claim to the end of the attempt. A suspended machine does not count. */
  readonly wallMillis: number
  /** Longest silence of an agent that runs no tool. */
  readonly idleMillis: number
  /** Longest silence while a tool runs, as far as the protocol tells. Zero: as `idleMillis`. */
  readonly toolIdleMillis: number
  /** Longest silence of a process whose agent has given its result. Zero: as `idleMillis`. */
  readonly lingerMillis: number
}

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
