/** What the fake model answers: one step for each request of an agent. */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** One piece of an assistant's turn, in words that both model APIs can be told in. */
export type Part =
  | { readonly text: string }
  | { readonly thinking: string }
  /** Runs a command line with whatever shell tool the CLI offers. */
  | { readonly shell: string }
  | { readonly write: { readonly path: string; readonly content: string } }
  /** Replaces one line of a file. */
  | { readonly edit: { readonly path: string; readonly before: string; readonly after: string } }
  /** Any other tool, by the name and arguments that this CLI knows it by. */
  | { readonly tool: { readonly name: string; readonly input: Json } }
  /** The final answer where a schema was asked for. Whether it fits the schema is the script's business. */
  | { readonly answer: Json }

/** Tokens of one request; whoever bills by the total adds them up. */
export interface TokenCounts {
  /** Read anew, without the cached ones. */
  readonly input: number
  readonly cached: number
  readonly cacheWrite: number
  /** Written, reasoning included. */
  readonly output: number
  readonly reasoning: number
}

/** A turn of the assistant, streamed when the CLI asks for a stream. */
export interface Reply {
  readonly reply: ReadonlyArray<Part>
  /** Default: 12 in, 6 out. */
  readonly usage?: Partial<TokenCounts>
  /** Pause before each event of the stream, so that a reader sees the turn grow. Default: none. */
  readonly pauseMillis?: number
  /** Breaks off in the middle: `reset` destroys the connection, `end` closes the stream politely. */
  readonly cut?: "reset" | "end"
}

/** An HTTP error in the API's own shape. */
export interface Failure {
  readonly status: number
  readonly message?: string
  readonly retryAfterSeconds?: number
  /** The account has used up its limit until then, in seconds since the epoch. For 429. */
  readonly resetsAt?: number
}

/** No answer, for as long as the CLI waits. */
export interface Silence {
  readonly hang: "before-headers" | "after-headers" | "in-stream"
}

export type Step = Reply | Failure | Silence

export type ReplyOptions = Omit<Reply, "reply">

export const reply = (parts: ReadonlyArray<Part>, options?: ReplyOptions): Reply => ({ reply: parts, ...options })

export const say = (text: string, options?: ReplyOptions): Reply => reply([{ text }], options)

export const shell = (command: string, options?: ReplyOptions): Reply => reply([{ shell: command }], options)

export const write = (path: string, content: string): Reply => reply([{ write: { path, content } }])

export const edit = (path: string, before: string, after: string): Reply => reply([{ edit: { path, before, after } }])

export const answer = (value: Json): Reply => reply([{ answer: value }])

export const failure = (status: number, options?: Omit<Failure, "status">): Failure => ({ status, ...options })

export const hang = (where: Silence["hang"] = "before-headers"): Silence => ({ hang: where })

export const defaultUsage: TokenCounts = { input: 12, cached: 0, cacheWrite: 0, output: 6, reasoning: 0 }

const partKeys = ["text", "thinking", "shell", "write", "edit", "tool", "answer"]

/** Reads a script file: a JSON array of steps. A step of no known shape is an error that names its place. */
export const parseScript = (source: string): ReadonlyArray<Step> => {
  const steps: unknown = JSON.parse(source)
  if (!Array.isArray(steps)) throw new Error("A script is a JSON array of steps")
  for (const [index, step] of steps.entries()) {
    const known =
      typeof step === "object" &&
      step !== null &&
      (typeof step.status === "number" ||
        ["before-headers", "after-headers", "in-stream"].includes(step.hang) ||
        (Array.isArray(step.reply) &&
          step.reply.every((part: object) => Object.keys(part).every((key) => partKeys.includes(key)))))
    if (!known) throw new Error(`Step ${index + 1} has neither "reply" of known parts, nor "status", nor "hang"`)
  }
  return steps as ReadonlyArray<Step>
}
