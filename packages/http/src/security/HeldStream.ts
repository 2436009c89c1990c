/** Streams of events that are handed on at their reader's pace, and end politely when the server does. */

const retryHint = new TextEncoder().encode("retry: 1000\n\n")

/** A body that is a held stream by itself, so that nothing is put between it and its reader. */
export interface SelfHeld {
  /** Ends it between two frames, with these bytes as the last. */
  readonly end: (last: Uint8Array) => void
  /** Has it call back once, however it ends. */
  readonly onEnd: (ended: () => void) => void
}

const selfHeld = new WeakMap<ReadableStream<Uint8Array>, SelfHeld>()

/** Marks a body as one. Its own bound on what it holds must be as tight as that of `hold`. */
export const holdsItself = (body: ReadableStream<Uint8Array>, self: SelfHeld): ReadableStream<Uint8Array> => {
  selfHeld.set(body, self)
  return body
}

export interface OpenStreams {
  /** Hands a body on; `onEnd` is called once, however it ends. A reader that does not read holds one chunk of it. */
  readonly hold: (body: ReadableStream<Uint8Array>, onEnd: () => void) => ReadableStream<Uint8Array>
  /** Ends all of them, between two frames, with a hint to come again after a second. */
  readonly end: () => void
}

export const openStreams = (): OpenStreams => {
  const ends = new Set<() => void>()
  return {
    hold: (body, onEnd) => {
      const self = selfHeld.get(body)
      if (self !== undefined) {
        const endSelf = () => self.end(retryHint)
        ends.add(endSelf)
        self.onEnd(() => {
          ends.delete(endSelf)
          onEnd()
        })
        return body
      }
      const reader = body.getReader()
      let end = (): void => undefined
      /** Whether it was open until now. */
      const close = (): boolean => {
        if (!ends.delete(end)) return false
        onEnd()
        return true
      }
      return new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            end = () => {
              if (!close()) return
              controller.enqueue(retryHint)
              controller.close()
              void reader.cancel().catch(() => undefined)
            }
            ends.add(end)
          },
          pull: async (controller) => {
            try {
              const next = await reader.read()
              if (!next.done && ends.has(end)) controller.enqueue(next.value)
              else if (next.done && close()) controller.close()
            } catch (error) {
              if (close()) controller.error(error)
            }
          },
          cancel: async (reason) => {
            close()
            await reader.cancel(reason)
          },
        },
        { highWaterMark: 0 },
      )
    },
    end: () => {
      for (const end of ends) end()
    },
  }
}
