/** Reads server-sent events from the body of a response. */

export interface SseFrame {
  /** Missing: the frame is not numbered. */
  readonly id?: string
  readonly event: string
  readonly data: string
}

/** Characters of one frame; a longer one is not from a server of ours. */
const maxFrame = 64 * 1024 * 1024

const frameOf = (lines: ReadonlyArray<string>): SseFrame | undefined => {
  let id: string | undefined
  let event = "message"
  const data: Array<string> = []
  for (const line of lines) {
    const at = line.indexOf(":")
    const field = at < 0 ? line : line.slice(0, at)
    const value = at < 0 ? "" : line.slice(line[at + 1] === " " ? at + 2 : at + 1)
    if (field === "id") id = value
    else if (field === "event") event = value
    else if (field === "data") data.push(value)
  }
  if (data.length === 0) return undefined
  return { ...(id === undefined ? {} : { id }), event, data: data.join("\n") }
}

/** Frames as they come; ends with the body. Reads no further than it is asked to, so that a slow reader slows the server. */
export async function* readSse(body: ReadableStream<Uint8Array>): AsyncGenerator<SseFrame, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ""
  let lines: Array<string> = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const text = rest + decoder.decode(value, { stream: true })
      // A carriage return at the end may be half of a line end.
      const held = text.endsWith("\r") ? 1 : 0
      const parts = text.slice(0, text.length - held).split(/\r\n|\n|\r/)
      rest = (parts.pop() ?? "") + text.slice(text.length - held)
      for (const line of parts) {
        size += line.length
        if (line !== "") {
          lines.push(line)
          continue
        }
        const frame = frameOf(lines)
        lines = []
        size = 0
        if (frame !== undefined) yield frame
      }
      if (size + rest.length > maxFrame) throw new Error("The server sent an event that is too long")
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
