/**
 * A scripted stand-in for the model services behind the real CLIs, on loopback.
 *
 * It speaks as much of the Anthropic Messages and OpenAI Responses APIs as the CLIs need, and nothing of what they do
 * besides: it checks no key, counts no tokens, validates no request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import { messagesError, messagesTurn } from "./Messages.ts"
import { type Api, type ModelRequest, readRequest } from "./ModelRequest.ts"
import { responsesError, responsesTurn } from "./Responses.ts"
import { type Json, type Reply, say, type Step } from "./Script.ts"
import { idMaker, sse, type Turn, type WireEvent } from "./Wire.ts"

/**
 * A list is taken step by step, and is followed by `Nothing is left of the script.` A function decides by the request,
 * and may take its time.
 */
export type Script = ReadonlyArray<Step> | ((request: ModelRequest) => Step | Promise<Step>)

export interface FakeModelOptions {
  readonly script?: Script
  /** Default: any free one. */
  readonly port?: number
  /** Called for each request of a model, before it is answered. */
  readonly onRequest?: (request: ModelRequest) => void
}

export interface FakeModel {
  /** Without a path: what `ANTHROPIC_BASE_URL` takes. Codex wants `/v1` after it. */
  readonly url: string
  readonly port: number
  /** All requests so far, in order of arrival. */
  readonly requests: ReadonlyArray<ModelRequest>
  /** Those that took a step. */
  readonly turns: () => ReadonlyArray<ModelRequest>
  /** Waits until the script was asked this often. Rejects when the server closes first. */
  readonly turn: (number: number) => Promise<ModelRequest>
  /** Replaces what is left of the script. */
  readonly play: (script: Script) => void
  /** Ends every connection, answered or not. */
  readonly close: () => Promise<void>
}

const apis: Readonly<Record<string, Api>> = { "/v1/messages": "messages", "/v1/responses": "responses" }

/** What the CLIs ask besides the model, and must be answered for them to start. */
const sideAnswers: Readonly<Record<string, Json>> = {
  "/": { ok: true },
  "/api/hello": { message: "hello" },
  "/v1/models": { object: "list", data: [], models: [], has_more: false, first_id: null, last_id: null },
  "/v1/messages/count_tokens": { input_tokens: 100 },
}

const auxiliaryStep = say('{"title": "A scripted conversation", "isNewTopic": false}')
const finalStep = say("Nothing is left of the script.")

const unfinished = say("This sentence is never finished, because the model has stopped answering.")

/** The beginning of a turn; long enough to hold a part of its text. */
const firstHalf = (events: ReadonlyArray<WireEvent>): ReadonlyArray<WireEvent> =>
  events.slice(0, Math.ceil(events.length / 2))

const bodyOf = async (message: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString("utf8")
  return text === "" ? undefined : JSON.parse(text)
}

const sendJson = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

export const startFakeModel = async (options: FakeModelOptions = {}): Promise<FakeModel> => {
  const requests: Array<ModelRequest> = []
  const waiting = new Set<{ number: number; resolve: (request: ModelRequest) => void; reject: (e: Error) => void }>()
  const closing = new AbortController()
  const id = idMaker()
  let script: Script = options.script ?? []
  let taken = 0

  const turns = (): ReadonlyArray<ModelRequest> => requests.filter((request) => !request.auxiliary)

  const stepFor = (request: ModelRequest): Step | Promise<Step> => {
    if (request.auxiliary) return auxiliaryStep
    if (typeof script === "function") return script(request)
    return script[taken++] ?? finalStep
  }

  const note = (request: ModelRequest): void => {
    requests.push(request)
    options.onRequest?.(request)
    const asked = turns()
    for (const waiter of waiting) {
      const found = asked[waiter.number - 1]
      if (found === undefined) continue
      waiting.delete(waiter)
      waiter.resolve(found)
    }
  }

  const turnOf = (step: Reply, request: ModelRequest): Turn =>
    request.api === "messages" ? messagesTurn(step, request, id) : responsesTurn(step, request, id)

  const stream = async (events: ReadonlyArray<WireEvent>, pauseMillis: number, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
    for (const event of events) {
      if (pauseMillis > 0) await pause(pauseMillis, undefined, { signal: closing.signal })
      if (response.destroyed) return
      response.write(sse(event))
    }
  }

  const sendReply = async (step: Reply, request: ModelRequest, response: ServerResponse): Promise<void> => {
    const { events, whole } = turnOf(step, request)
    const pauseMillis = step.pauseMillis ?? 0
    if (request.streaming) await stream(step.cut === undefined ? events : firstHalf(events), pauseMillis, response)
    else if (step.cut === undefined) sendJson(response, 200, whole)
    else response.writeHead(200, { "content-type": "application/json" })
    // What was written must have left before the connection goes.
    if (step.cut === "reset") response.write("\n", () => response.destroy())
    else response.end()
  }

  const answer = async (step: Step, request: ModelRequest, response: ServerResponse): Promise<void> => {
    if ("status" in step) {
      const body = request.api === "messages" ? messagesError(step) : responsesError(step)
      const retry = step.retryAfterSeconds
      sendJson(response, step.status, body, retry === undefined ? {} : { "retry-after": String(retry) })
    } else if ("reply" in step) {
      await sendReply(step, request, response)
    } else if (step.hang === "in-stream" && request.streaming) {
      await stream(firstHalf(turnOf(unfinished, request).events), 0, response)
    } else if (step.hang !== "before-headers") {
      response.writeHead(200, { "content-type": request.streaming ? "text/event-stream" : "application/json" })
      response.flushHeaders()
    }
  }

  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    const path = (message.url ?? "/").replace(/\?.*/s, "")
    const body = await bodyOf(message)
    const api = message.method === "POST" ? apis[path] : undefined
    if (api !== undefined) {
      const request = readRequest(api, requests.length + 1, body)
      note(request)
      return answer(await stepFor(request), request, response)
    }
    const known = sideAnswers[path]
    return known === undefined
      ? sendJson(response, 404, { error: { message: `The fake model has no ${path}` } })
      : sendJson(response, 200, known)
  }

  const server = createServer((message, response) => {
    // A CLI that is killed leaves in the middle of anything.
    response.on("error", () => undefined)
    handle(message, response).catch((cause: unknown) => {
      if (closing.signal.aborted || response.destroyed) return
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: { message: String(cause) } })
    })
  })
  server.requestTimeout = 0

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(options.port ?? 0, "127.0.0.1", resolve)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The fake model listens on no port")

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    turns,
    turn: (number) => {
      const found = turns()[number - 1]
      if (found !== undefined) return Promise.resolve(found)
      if (closing.signal.aborted) return Promise.reject(new Error("The fake model is closed"))
      return new Promise((resolve, reject) => waiting.add({ number, resolve, reject }))
    },
    play: (next) => {
      script = next
      taken = 0
    },
    close: async () => {
      closing.abort()
      for (const waiter of waiting) waiter.reject(new Error(`The script was asked less than ${waiter.number} times`))
      waiting.clear()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
