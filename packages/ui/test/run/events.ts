/** Events of a log, made up for tests. */
import type { RunEvent } from "../../src/api/types.ts"

type Type = RunEvent["type"]
type PayloadOf<K extends Type> = Extract<RunEvent, { readonly type: K }>["payload"]

export const event = <K extends Type>(
  seq: number,
  type: K,
  payload: PayloadOf<K>,
  more: Partial<Pick<RunEvent, "attempt" | "at" | "severity" | "redactions" | "source">> = {},
): RunEvent =>
  ({
    v: 1,
    runId: "run_0000000000000000",
    seq,
    attempt: 1,
    at: seq * 1000,
    mono: seq * 1000,
    type,
    channel: "ui",
    severity: "info",
    correlation: {},
    redactions: [],
    payload,
    ...more,
  }) as never

export const message = (seq: number, text = `m${seq}`): RunEvent => event(seq, "agent.message", { text })
