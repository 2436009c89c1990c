/** An adapter for a CLI that does not exist: JSON lines with the agent events themselves in them. */
import * as Result from "effect/Result"
import type { Adapter, Decoded, Verdict } from "../Adapter.ts"
import type { AgentEvent } from "../AgentEvent.ts"
import { errorInfo, runyardError } from "../RunyardError.ts"

/** What the fake CLI may print: `{"event":{…}}`, `{"delta":{…}}`, `{"done":{…verdict…}}`. */
interface FakeLine {
  readonly event?: AgentEvent
  readonly delta?: { readonly messageId: string; readonly text: string }
  readonly done?: Verdict
}

export const fakeLine = (line: FakeLine): string => `${JSON.stringify(line)}\n`

export const fakeAdapter: Adapter = {
  provider: "fake",
  name: "Fake CLI",
  executable: { names: ["fake"], variable: "RUNYARD_FAKE_PATH", install: "It does not exist." },
  version: {
    args: ["--version"],
    read: (output) => output.stdout.trim() || undefined,
    assess: (version) => ({ version, status: "supported", features: {} }),
  },
  auth: { args: () => undefined, read: () => ({ state: "ready", message: "It needs none." }) },
  env: ["FAKE_KEY"],
  secretEnv: ["FAKE_KEY"],
  prepare: (request) =>
    request.sandbox === undefined
      ? Result.succeed({
          args: ["run"],
          env: {},
          stdin: { kind: "text", text: request.prompt },
          files: {},
          format: "lines",
          transport: "pipe",
        })
      : Result.fail(runyardError("QUEUE_OPTION_UNSUPPORTED", { message: "The fake CLI has no sandbox" })),
  formats: {
    lines: {
      framing: "json-lines",
      protocol: () => {
        let verdict: Verdict | undefined
        return {
          delta: (line) => {
            if (!line.includes('"delta"')) return undefined
            const { delta } = JSON.parse(line) as FakeLine
            return delta === undefined ? undefined : [delta]
          },
          decode: ({ stream, json }): Decoded => {
            if (stream === "stderr") return { events: [], name: "stderr", original: "text" }
            const line = json as FakeLine | undefined
            if (line?.done !== undefined) {
              verdict = line.done
              return { events: [], name: "done", original: "line" }
            }
            return line?.event === undefined
              ? { events: [], name: "unknown", original: "unknown" }
              : { events: [line.event], name: line.event.type, original: "line" }
          },
          end: (exit) =>
            verdict ?? {
              outcome: "failed",
              error: errorInfo("CLI_NO_RESULT", { detail: { exitCode: exit?.code ?? null } }),
            },
        }
      },
    },
  },
  detectFormat: () => "lines",
  ladders: { pipe: [{ do: "signal", signal: "SIGTERM", waitMillis: 500 }] },
}
