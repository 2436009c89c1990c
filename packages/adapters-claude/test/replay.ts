/** Gives recorded output to the adapter, as the core does. */
import { readFileSync } from "node:fs"
import type { Decoded, ProcessExit, ProtocolRequest, Verdict } from "@runyard/core"
import type { AgentEvent, AgentEventType } from "@runyard/core/AgentEvent"
import { claudeAdapter } from "../src/ClaudeAdapter.ts"

export const recorded = (name: string): ReadonlyArray<string> =>
  readFileSync(new URL(`recorded/claude-${name}.ndjson`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

export interface Replay {
  readonly events: ReadonlyArray<AgentEvent>
  readonly types: ReadonlyArray<AgentEventType>
  readonly decoded: ReadonlyArray<Decoded>
  readonly live: ReadonlyArray<{ readonly messageId: string; readonly text: string }>
  readonly verdict: Verdict
}

export interface ReplayOptions {
  readonly format?: string
  readonly stderr?: ReadonlyArray<string>
  readonly exit?: { readonly code?: number; readonly signal?: string } | undefined
  readonly request?: ProtocolRequest
}

export const replay = (lines: ReadonlyArray<string>, options: ReplayOptions = {}): Replay => {
  const format = claudeAdapter.formats[options.format ?? "stream-json"]
  if (format === undefined) throw new Error("no such format")
  const protocol = format.protocol(options.request ?? {})
  const live: Array<Replay["live"][number]> = []
  const decoded = (options.stderr ?? []).map((text) => protocol.decode({ stream: "stderr", text, json: undefined }))
  for (const text of lines) {
    const isJson = format.framing === "json-lines"
    const deltas = isJson ? protocol.delta?.(text) : undefined
    if (deltas === undefined) {
      decoded.push(protocol.decode({ stream: "stdout", text, json: isJson ? parse(text) : undefined }))
    } else live.push(...deltas)
  }
  const events = [...decoded.flatMap((one) => one.events), ...(protocol.drain?.() ?? [])]
  const exit: ProcessExit | undefined =
    options.exit === undefined ? undefined : { code: options.exit.code ?? null, signal: options.exit.signal ?? null }
  return { events, types: events.map(({ type }) => type), decoded, live, verdict: protocol.end(exit) }
}

type PayloadOf<K extends AgentEventType> = Extract<AgentEvent, { readonly type: K }>["payload"]

export const ofType = <K extends AgentEventType>({ events }: Replay, type: K): ReadonlyArray<PayloadOf<K>> =>
  events.filter((event) => event.type === type).map(({ payload }) => payload as PayloadOf<K>)
