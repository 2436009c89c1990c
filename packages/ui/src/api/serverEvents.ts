/** Reads server-sent events with `fetch`, so that the request can carry its header, and goes on after a break. */
import { ApiProblem } from "./ApiProblem.ts"
import type { RunEvent } from "./types.ts"

/** What a stream of one run gives. */
export type RunFrame =
  | { readonly kind: "run"; readonly event: RunEvent }
  /** What was added to a message that is still being written. The log gets it whole. */
  | { readonly kind: "live"; readonly frame: LiveFrame }

export interface LiveFrame {
  readonly messageId: string
  readonly offset: number
  readonly text: string
}

interface Frame {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** Frames of a body as they come. */
async function* framesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Frame> {
  const reader = body.pipeThrough<string>(new TextDecoderStream()).getReader()
  let rest = ""
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (rest + value.replaceAll("\r\n", "\n")).split("\n\n")
      rest = blocks.pop() ?? ""
      for (const block of blocks) {
        const fields = block.split("\n").map((line) => [line.split(":", 1)[0], line.replace(/^[^:]*: ?/, "")] as const)
        const of = (name: string) => fields.filter(([field]) => field === name).map(([, text]) => text)
        const data = of("data").join("\n")
        if (data !== "") yield { event: of("event")[0] ?? "message", id: of("id")[0], data }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const pause = (millis: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, millis)
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true })
  })

interface Source {
  readonly after: number
  readonly signal: AbortSignal
  readonly open: (after: number) => Promise<Response>
}

export async function* eventsOf({ after, open, signal }: Source): AsyncGenerator<RunFrame> {
  let last = after
  let wait = 250
  while (!signal.aborted) {
    try {
      const { body } = await open(last)
      if (body === null) return
      for await (const frame of framesOf(body)) {
        wait = 250
        if (frame.event === "end") return
        if (frame.event === "live") yield { kind: "live", frame: JSON.parse(frame.data) as LiveFrame }
        if (frame.event === "run") {
          const event = JSON.parse(frame.data) as RunEvent
          if (event.seq <= last) continue
          last = event.seq
          yield { kind: "run", event }
        }
      }
    } catch (error) {
      if (signal.aborted) return
      // A refusal stays one; a broken connection does not.
      if (error instanceof ApiProblem && error.status < 500) throw error
    }
    await pause(wait, signal)
    wait = Math.min(wait * 2, 5_000)
  }
}
