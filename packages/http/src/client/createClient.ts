/** The light client: no Effect at run time, so that it is small in a browser. Its table of routes is generated. */
import { ApiUnreachable, errorOf } from "./ApiProblem.ts"
import type { Client, EncodedStoredEvent, RunFrame } from "./Client.ts"
import { follow, type FollowOptions } from "./follow.ts"
import { type Route, routes } from "./routes.generated.ts"

export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:7717`. Default: the page's own. */
  readonly baseUrl?: string
  /** Default: none, so that the browser's session counts. */
  readonly token?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

type Plain = string | number | boolean | undefined

interface Asked {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, Plain | ReadonlyArray<Plain>>>
  readonly payload?: unknown
  readonly headers?: Readonly<Record<string, Plain>>
  readonly signal?: AbortSignal
}

const pathOf = (path: string, params: Asked["params"] = {}): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))

const queryOf = (query: Asked["query"] = {}): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) {
      if (each !== undefined) search.append(name, `${each}`)
    }
  }
  const text = search.toString()
  return text === "" ? "" : `?${text}`
}

/** A client of a server. Nothing is sent before a method is called. */
export const createClient = (options: ClientOptions = {}): Client => {
  const base = (options.baseUrl ?? "").replace(/\/+$/, "")
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  const own: Record<string, string> = {
    "x-runyard-client": "1",
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  }

  const send = async ({ method, path }: Route, asked: Asked): Promise<Response> => {
    const headers = new Headers(own)
    for (const [name, value] of Object.entries(asked.headers ?? {})) {
      if (value !== undefined) headers.set(name, String(value))
    }
    if (asked.payload !== undefined) headers.set("content-type", "application/json")
    const url = `${base}${pathOf(path, asked.params)}${queryOf(asked.query)}`
    let response: Response
    try {
      response = await fetch(url, {
        method,
        headers,
        credentials: "same-origin",
        ...(asked.payload === undefined ? {} : { body: JSON.stringify(asked.payload) }),
        ...(asked.signal === undefined ? {} : { signal: asked.signal }),
      })
    } catch (cause) {
      if (asked.signal?.aborted === true) throw cause
      throw new ApiUnreachable("The server cannot be reached", { cause })
    }
    if (!response.ok) throw await errorOf(response)
    return response
  }

  const call = async (route: Route, asked: Asked = {}): Promise<unknown> => {
    const response = await send(route, asked)
    if (response.status === 204) return undefined
    return route.answer === "text" ? response.text() : response.json()
  }

  const stream = (route: Route, asked: Asked) => async (after: number | undefined, signal: AbortSignal) => {
    const headers = after === undefined ? {} : { "last-event-id": after }
    const { body } = await send(route, { ...asked, headers: { ...headers, accept: "text/event-stream" }, signal })
    if (body === null) throw new ApiUnreachable("The server's answer has no body")
    return body
  }

  async function* runEvents(
    id: string,
    { live, ...rest }: FollowOptions & { readonly live?: boolean } = {},
  ): AsyncGenerator<RunFrame, void, undefined> {
    const query = live === true ? { live: 1 } : {}
    const connect = stream(routes.runs.events, { params: { id }, query })
    for await (const { data, event } of follow(connect, (frame) => frame.event === "end", rest)) {
      if (event === "run") yield { kind: "run", event: JSON.parse(data) }
      else if (event === "live") yield { kind: "live", frame: JSON.parse(data) }
    }
  }

  async function* allEvents(rest: FollowOptions = {}): AsyncGenerator<EncodedStoredEvent, void, undefined> {
    const connect = stream(routes.events.all, {})
    for await (const { data, event } of follow(connect, () => false, rest)) {
      if (event === "run") yield JSON.parse(data) as EncodedStoredEvent
    }
  }

  const calls = Object.fromEntries(
    Object.entries(routes).map(([group, endpoints]) => [
      group,
      Object.fromEntries(
        Object.entries(endpoints).map(([name, route]) => [name, (asked?: Asked) => call(route, asked)]),
      ),
    ]),
  )
  Object.assign(calls["runs"] ?? {}, { events: runEvents })
  Object.assign(calls["events"] ?? {}, { all: allEvents })
  // The table is generated from the contract that the type is computed from.
  return calls as unknown as Client
}
