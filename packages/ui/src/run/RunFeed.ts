/** The log of one run as it is and as it comes: opens its stream, and keeps what was read of it. */
import type { Client } from "../api/client.ts"
import type { RunEvent } from "../api/types.ts"
import { Conversation } from "./Conversation.ts"
import { EventWindow } from "./EventWindow.ts"
import type { LiveFrame } from "./timeline.ts"

/** `following`: events come as they are stored. `stopped`: the run has, so that nothing comes. `failed`: it was refused. */
export type FeedState = "following" | "stopped" | "failed"

/** Events that say something of the run itself, so that it is asked for again. */
const tellsOfRun = ({ type }: RunEvent): boolean =>
  type.startsWith("run.")
    ? !type.startsWith("run.chunk.")
    : type.startsWith("queue.") || type.startsWith("audit.") || type === "agent.session"

interface RunFeedOptions {
  readonly api: Client
  readonly id: string
  readonly lastSeq: number
  /** The run is another one now than it was. */
  readonly onRun: () => void
}

export class RunFeed {
  readonly window: EventWindow
  readonly conversation: Conversation
  readonly #options: RunFeedOptions
  readonly #listeners = new Set<() => void>()
  #state: FeedState = "stopped"
  #error: unknown

  constructor(options: RunFeedOptions) {
    const { api, id, lastSeq } = options
    this.#options = options
    this.window = new EventWindow({
      fetch: (after, limit, signal) => api.runs.log({ params: { id }, query: { after, limit }, signal }),
      lastSeq,
    })
    this.conversation = new Conversation(this.window, () => Date.now())
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): FeedState => this.#state

  get id(): string {
    return this.#options.id
  }

  get error(): unknown {
    return this.#error
  }

  /** Reads what comes until the run stops. The client goes on after a break by itself, from the last number. */
  async follow(signal: AbortSignal): Promise<void> {
    const { api, id, onRun } = this.#options
    let frames: Array<LiveFrame> = []
    const flush = () => {
      const taken = frames
      frames = []
      if (!signal.aborted) this.conversation.addLive(taken)
    }
    this.#set("following")
    try {
      for await (const frame of api.runs.events(id, { after: this.window.lastSeq, live: true, signal })) {
        if (signal.aborted) return
        if (frame.kind === "run") {
          this.conversation.hear([frame.event])
          this.window.append([frame.event])
          if (tellsOfRun(frame.event)) onRun()
        } else {
          // Many a frame fits between two of the screen.
          if (frames.length === 0) setTimeout(flush, 30)
          frames.push(frame.frame)
        }
      }
      if (signal.aborted) return
      this.#set("stopped")
      onRun()
    } catch (error) {
      if (signal.aborted) return
      this.#error = error
      this.#set("failed")
    }
  }

  /** The number of the first event that tells of an error, wherever in the log; undefined when there is none. */
  readonly firstError = async (signal: AbortSignal): Promise<number | undefined> => {
    const { api, id } = this.#options
    for (let after: number | undefined = 0; after !== undefined;) {
      const query = { after, limit: 1, severity: ["error"] } as const
      const page: Awaited<ReturnType<Client["runs"]["log"]>> = await api.runs.log({ params: { id }, query, signal })
      const [found] = page.events
      if (found !== undefined) return found.seq
      after = page.next
    }
    return undefined
  }

  close(): void {
    this.window.close()
    this.conversation.close()
  }

  #set(state: FeedState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
