/** What stands around the API: every request is checked here, in one order, before a handler sees it. */
import { type Context, Hono } from "hono"
import type { Asset, Assets } from "../Assets.ts"
import type { HttpMetrics } from "../metrics.ts"
import type { Auth } from "./Auth.ts"
import type { Principal } from "../Principal.ts"
import { readBody } from "./body.ts"
import { apiPrefix, guardHead, type RequestHead } from "./guards.ts"
import { openStreams } from "./HeldStream.ts"
import type { HostNames } from "./HostNames.ts"
import type { HttpLimits } from "./HttpLimits.ts"
import { places, rateLimit } from "./RateLimit.ts"
import { problemOf, problemType, type Refusal, refusal, statusOf } from "./refusal.ts"
import { type Route, routeMatcher } from "./routeMatcher.ts"
import { dataHeaders, pageHeaders } from "./securityHeaders.ts"

export interface ShellOptions {
  readonly auth: Auth
  readonly hosts: HostNames
  readonly limits: HttpLimits
  readonly routes: ReadonlyArray<Route>
  /** Handles a request that may be handled. Called with a body that was read and checked. */
  readonly handle: (request: Request, principal: Principal | undefined) => Promise<Response>
  readonly metrics: HttpMetrics
  readonly assets?: Assets | undefined
  /** A prefix that another app adds to our paths. Default: none. */
  readonly basePath?: string | undefined
}

export interface Shell {
  readonly app: Hono
  /** Ends open streams and refuses what comes from now on. */
  readonly drain: () => void
}

/** What a Node server hands over beside the request. */
interface NodeBindings {
  readonly incoming?: {
    readonly rawHeaders?: ReadonlyArray<string>
    readonly url?: string
    readonly originalUrl?: string
    readonly socket?: { readonly remoteAddress?: string; readonly localPort?: number }
  }
}

const responseTo = (refused: Refusal): Response =>
  new Response(JSON.stringify(problemOf(refused)), {
    status: statusOf(refused),
    headers: { ...dataHeaders, ...refused.headers, "content-type": problemType },
  })

const retryAfter = (millis: number): Readonly<Record<string, string>> => ({
  "retry-after": String(Math.max(1, Math.ceil(millis / 1000))),
})

const countIn =
  (rawHeaders: ReadonlyArray<string>) =>
  (name: string): number =>
    rawHeaders.filter((raw, index) => index % 2 === 0 && raw.toLowerCase() === name).length

/** The query's and the path's own form, as they came. */
const targetOf = (request: Request, incoming: NodeBindings["incoming"]): string => {
  if (incoming?.url !== undefined) return incoming.url
  const { pathname, search } = new URL(request.url)
  return `${pathname}${search}`
}

const withoutBase = (path: string, basePath: string): string =>
  basePath !== "" && path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path

const headOf = (request: Request, { incoming }: NodeBindings, basePath: string): RequestHead => ({
  method: request.method,
  target: withoutBase(targetOf(request, incoming), basePath),
  header: (name) => request.headers.get(name) ?? (name === "host" ? new URL(request.url).host : undefined),
  count: incoming?.rawHeaders === undefined ? undefined : countIn(incoming.rawHeaders),
  port: incoming?.socket?.localPort,
})

const assetResponse = (asset: Asset, known: string | null): Response => {
  const headers = {
    ...pageHeaders,
    "content-type": asset.type,
    "cache-control": asset.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    etag: asset.etag,
    vary: "accept-encoding",
    ...(asset.encoding === undefined ? {} : { "content-encoding": asset.encoding }),
  }
  return known === asset.etag
    ? new Response(null, { status: 304, headers })
    : new Response(asset.body, { status: 200, headers })
}

const acceptedBy = (request: Request): ReadonlyArray<string> =>
  (request.headers.get("accept-encoding") ?? "")
    .split(",")
    .filter((part) => !/;\s*q=0(?:\.0*)?\s*$/.test(part))
    .map((part) => (part.split(";", 1)[0] ?? "").trim().toLowerCase())

/** The Hono app, which answers every path below it. */
export const makeShell = (options: ShellOptions): Shell => {
  const { assets, auth, basePath = "", hosts, limits, metrics } = options
  const match = routeMatcher(options.routes)
  const rates = rateLimit(limits.rate)
  const strangers = rateLimit(limits.anonymousRate)
  const admissions = places(limits.admissions)
  const streamPlaces = places(limits.streams)
  const streams = openStreams()
  let draining = false

  const limited = (principal: Principal | undefined, address: string, now: number) => {
    const wait = principal === undefined ? strangers.take(address, now) : rates.take(principal.name, now)
    return wait === undefined ? undefined : refusal("HTTP_RATE_LIMITED", undefined, retryAfter(wait))
  }

  /** Everything between the guards and the handler. */
  const enter = async (
    request: Request,
    path: string,
    address: string,
  ): Promise<{ readonly route: Route; readonly principal: Principal | undefined } | Refusal> => {
    const header = (name: string) => request.headers.get(name) ?? undefined
    const principal = await auth.authenticate({
      authorization: header("authorization"),
      cookie: header("cookie"),
      client: header("x-runyard-client"),
      request,
    })
    const found = match(request.method, path)
    const wait = limited(principal, address, Date.now())
    if (wait !== undefined) return wait
    const isPublic = found.kind === "route" && found.route.scope === "public"
    if (principal === undefined && !isPublic) {
      return refusal("HTTP_UNAUTHENTICATED", undefined, { "www-authenticate": 'Bearer realm="runyard"' })
    }
    if (found.kind === "none") return refusal("HTTP_NOT_FOUND")
    if (found.kind === "method") {
      return refusal("HTTP_METHOD_NOT_ALLOWED", undefined, { allow: found.allowed.join(", ") })
    }
    const { route } = found
    const suffices = isPublic || route.scope === "known" || principal?.scopes.some((scope) => scope === route.scope)
    return suffices === true
      ? { route, principal }
      : refusal("HTTP_SCOPE_MISSING", `This needs the scope ${route.scope}`)
  }

  const hold = (response: Response, leave: () => void): Response => {
    const { body, headers, status } = response
    if (body === null) {
      leave()
      return response
    }
    metrics.streamOpened()
    const held = streams.hold(body, () => {
      metrics.streamClosed()
      leave()
    })
    return new Response(held, { status, headers })
  }

  const placeFor = (route: Route, who: string): (() => void) | undefined => {
    // A schedule's request is checked as that of a run is, which may ask the CLI.
    if (route.scope === "runs:write" || route.scope === "schedules:write") return admissions.take(who)
    return route.stream ? streamPlaces.take(who) : () => undefined
  }

  const run = async (route: Route, principal: Principal | undefined, request: Request): Promise<Response> => {
    const leave = placeFor(route, principal?.name ?? "")
    if (leave === undefined) return responseTo(refusal("HTTP_BUSY", undefined, retryAfter(1000)))
    let handedOn = false
    try {
      const read = await readBody(request, limits)
      if ("code" in read) return responseTo(read)
      const response = await options.handle(read.request, principal)
      if (!route.stream || !response.ok) return response
      handedOn = true
      return hold(response, leave)
    } finally {
      if (!handedOn) leave()
    }
  }

  const api = async (request: Request, path: string, address: string): Promise<readonly [string, Response]> => {
    if (draining) return ["none", responseTo(refusal("HTTP_SHUTTING_DOWN", undefined, retryAfter(2000)))]
    const entered = await enter(request, path, address)
    if ("code" in entered) return ["none", responseTo(entered)]
    const response = await run(entered.route, entered.principal, request)
    for (const [name, value] of Object.entries(dataHeaders)) response.headers.set(name, value)
    const cookie = response.headers.get("set-cookie")
    if (cookie !== null && auth.sessions?.secure === true) response.headers.set("set-cookie", `${cookie}; Secure`)
    return [entered.route.name, response]
  }

  const page = async (request: Request, path: string): Promise<Response> => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return responseTo(refusal("HTTP_METHOD_NOT_ALLOWED", undefined, { allow: "GET, HEAD" }))
    }
    const asset = await assets?.get(path, acceptedBy(request))
    return asset === undefined
      ? responseTo(refusal("HTTP_NOT_FOUND"))
      : assetResponse(asset, request.headers.get("if-none-match"))
  }

  const answer = async (context: Context): Promise<Response> => {
    const request = context.req.raw
    const bindings = (context.env ?? {}) as NodeBindings
    const head = headOf(request, bindings, basePath)
    const refused = guardHead(head, { hosts, maxUrlLength: limits.urlLength, maxBodyBytes: limits.bodyBytes })
    if (refused !== undefined) {
      metrics.requested("none", statusOf(refused))
      return responseTo(refused)
    }
    const path = withoutBase(new URL(request.url).pathname, basePath)
    // What is routed is what was sent: `%2e%2e` and the like are resolved on the way here, and are no names of ours.
    if (path !== head.target.split("?", 1)[0]) {
      metrics.requested("none", 404)
      return responseTo(refusal("HTTP_NOT_FOUND"))
    }
    if (!path.startsWith(apiPrefix)) {
      const response = await page(request, path)
      metrics.requested("page", response.status)
      return response
    }
    const rooted =
      basePath === "" ? request : new Request(new URL(`${path}${new URL(request.url).search}`, request.url), request)
    const [name, response] = await api(rooted, path, bindings.incoming?.socket?.remoteAddress ?? "unknown")
    metrics.requested(name, response.status)
    return response
  }

  const app = new Hono()
  app.all("*", answer)
  app.onError(() => {
    metrics.requested("none", 500)
    return responseTo(refusal("INTERNAL_DEFECT"))
  })
  return {
    app,
    drain: () => {
      draining = true
      streams.end()
    },
  }
}
