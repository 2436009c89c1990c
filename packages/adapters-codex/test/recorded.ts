/** Reads recorded output through the adapter, as a run would. */
import type { AgentEvent, ProcessExit, ProtocolRequest, Verdict } from "@runyard/core"
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { codexAdapter } from "../src/index.ts"

const folder = new URL("./recorded/", import.meta.url)

export const recorded = (name: string): string => {
  const bytes = readFileSync(new URL(name, folder))
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")
}

export const linesOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.replace(/\n$/, "").split("\n"))

export interface ReadRun {
  readonly events: ReadonlyArray<AgentEvent>
  readonly drained: ReadonlyArray<AgentEvent>
  /** Lines by their name. */
  readonly counts: Readonly<Record<string, number>>
  readonly unknown: number
  readonly verdict: Verdict
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const readRun = (run: {
  readonly stdout?: string
  readonly stderr?: string
  readonly exit?: ProcessExit
  readonly request?: ProtocolRequest
  readonly format?: string
}): ReadRun => {
  const { stdout = "", stderr = "" } = run
  const name = run.format ?? codexAdapter.detectFormat((stdout || stderr).slice(0, 4096))
  const format = codexAdapter.formats[name]
  if (format === undefined) throw new Error(`no format ${name}`)
  const protocol = format.protocol(run.request ?? {})
  const events: Array<AgentEvent> = []
  const counts: Record<string, number> = {}
  let unknown = 0
  const feed = (stream: "stdout" | "stderr", text: string): void => {
    for (const line of linesOf(text)) {
      const json = stream === "stdout" && format.framing === "json-lines" ? parse(line) : undefined
      const decoded = protocol.decode({ stream, text: line, json })
      events.push(...decoded.events)
      counts[decoded.name] = (counts[decoded.name] ?? 0) + 1
      if (decoded.original === "unknown") unknown++
    }
  }
  feed("stderr", stderr)
  feed("stdout", stdout)
  const drained = protocol.drain?.() ?? []
  return { events, drained, counts, unknown, verdict: protocol.end(run.exit) }
}

export const exited = (code: number): ProcessExit => ({ code, signal: null })
export const killed = (signal: string): ProcessExit => ({ code: null, signal })

type EventOf<T extends AgentEvent["type"]> = Extract<AgentEvent, { readonly type: T }>

export const eventsOf = <T extends AgentEvent["type"]>(
  run: Pick<ReadRun, "events">,
  type: T,
): ReadonlyArray<EventOf<T>["payload"]> => {
  const found: Array<EventOf<T>["payload"]> = []
  // The compiler does not follow the type of the payload from a type that is a parameter.
  for (const event of run.events) if (event.type === type) found.push(event.payload as EventOf<T>["payload"])
  return found
}
