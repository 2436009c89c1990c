/** What another program or a file gives on stdin. */
import { type RunyardError, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"

/**
 * All of stdin as UTF-8. Fails with `tooLong` once more than `maxBytes` have come, with `QUEUE_REQUEST_INVALID` where it
 * cannot be read. An interruption lets stdin go, since a terminal that nobody types in would keep the
 * program alive.
 */
export const pipedText = (maxBytes: number, tooLong: RunyardError): Effect.Effect<string, RunyardError> =>
  Effect.tryPromise({
    try: async (signal) => {
      signal.addEventListener("abort", () => process.stdin.destroy())
      const parts: Array<Buffer> = []
      let size = 0
      for await (const part of process.stdin) {
        parts.push(part as Buffer)
        size += (part as Buffer).length
        if (size > maxBytes) throw tooLong
      }
      return Buffer.concat(parts).toString("utf8")
    },
    catch: (cause) =>
      cause === tooLong
        ? tooLong
        : runyardError("QUEUE_REQUEST_INVALID", {
            message: `stdin cannot be read: ${(cause as NodeJS.ErrnoException).code ?? "it was closed"}`,
            remedy: "Pipe a text or a file in.",
          }),
  })
