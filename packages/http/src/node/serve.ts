/** Listens on a socket for an app, with a bound on everything that a client may hold on to. */
import * as http from "node:http"
import * as https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { runyardError } from "@runyard/core/RunyardError"
import { problemOf, problemType, type Refusal, refusal, statusOf } from "../security/refusal.ts"
import { dataHeaders } from "../security/securityHeaders.ts"
import { refuseOn } from "./rawRefusal.ts"

export interface ServeLimits {
  /** Of a request's line and headers, in bytes. Default: 16 KiB. */
  readonly headerBytes: number
  /** For line and headers to arrive. Default: 10 s. */
  readonly headersMillis: number
  /** For a whole request to arrive. Default: 30 s. */
  readonly requestMillis: number
  /** A connection without a request. Default: 5 s. */
  readonly keepAliveMillis: number
  /**
   * A connection on which nothing moves in either direction, such as that of a reader that stopped reading. Streams of
   * events send something every 15 s. Default: 2 minutes.
   */
  readonly stalledMillis: number
  /** Connections in all; more are closed at once. Default: 2,048. */
  readonly connections: number
  /** Connections of one address. Default: 1,024. */
  readonly connectionsPerAddress: number
  /** Requests on one connection. Default: 10,000. */
  readonly requestsPerConnection: number
}

export const defaultServeLimits: ServeLimits = {
  headerBytes: 16_384,
  headersMillis: 10_000,
  requestMillis: 30_000,
  keepAliveMillis: 5_000,
  stalledMillis: 120_000,
  connections: 2_048,
  connectionsPerAddress: 1_024,
  requestsPerConnection: 10_000,
}

export interface ServeOptions {
  readonly app: {
    readonly fetch: (request: Request, env?: object) => Response | Promise<Response>
    /** Ends open streams and refuses what comes from now on. */
    readonly drain?: () => void
  }
  /** Default: `127.0.0.1`. The caller answers for any other: see `checkBind`. */
  readonly host?: string
  /** Default: 0, any that is free. */
  readonly port?: number
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  readonly limits?: Partial<ServeLimits> | undefined
}

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:4321`, without a slash at its end. */
  readonly url: string
  readonly server: http.Server
  /** Connections that begin from now on are made with this certificate; open ones stay. Does nothing without TLS. */
  readonly renewTls: (tls: NonNullable<ServeOptions["tls"]>) => void
  /**
   * Takes no more connections, ends streams of events with a hint to come again, lets requests finish, and closes what is
   * left after `graceMillis` (default 5 s). Calling it again waits for the same end.
   */
  readonly close: (options?: { readonly graceMillis?: number }) => Promise<void>
}

const clientErrors: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: refusal("HTTP_HEADERS_TOO_LARGE"),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: refusal("HTTP_HEADERS_TOO_LARGE"),
  ERR_HTTP_REQUEST_TIMEOUT: refusal("HTTP_TIMED_OUT"),
}

const countAddresses = (server: http.Server, most: number): void => {
  const open = new Map<string, number>()
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? ""
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
    if (count > most) socket.destroy()
  })
}

const oldestTls = { minVersion: "TLSv1.2" } as const

const sweepMillis = 20

const listen = (server: http.Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const at = `${host}:${port}`
      if (error.code === "EADDRINUSE") {
        reject(runyardError("HTTP_ADDRESS_IN_USE", { message: `Another program listens at ${at}`, detail: { port } }))
      } else if (error.code === "EACCES" || error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
        reject(
          runyardError("HTTP_BIND_REFUSED", {
            message: `The system does not let this program listen at ${at}: ${error.code}`,
            remedy: "Choose another address, or a port above 1023.",
          }),
        )
      } else reject(error)
    })
    server.listen({ host, port, exclusive: true }, () => resolve(server.address() as AddressInfo))
  })

/** A name or an address, and perhaps a port. Which of them are ours is for the app to say. */
const hostShape = /^(?:\[[0-9a-f:]{2,39}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/i

const respond = (outgoing: http.ServerResponse, refused: Refusal): void => {
  outgoing.writeHead(statusOf(refused), { ...dataHeaders, ...refused.headers, "content-type": problemType })
  outgoing.end(JSON.stringify(problemOf(refused)))
}

/**
 * Starts to listen. Rejects with `HTTP_ADDRESS_IN_USE` and `HTTP_BIND_REFUSED`. Whatever is no request of HTTP/1.1 is
 * answered with a problem and closed.
 */
export const serve = async (options: ServeOptions): Promise<RunningServer> => {
  const { app, host = "127.0.0.1", port = 0, tls } = options
  const limits = { ...defaultServeLimits, ...options.limits }
  const settings: http.ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMillis,
    requestTimeout: limits.requestMillis,
    keepAliveTimeout: limits.keepAliveMillis,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMillis),
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  }
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    errorHandler: () => {
      const refused = refusal("HTTP_MALFORMED")
      return new Response(JSON.stringify(problemOf(refused)), {
        status: statusOf(refused),
        headers: { ...dataHeaders, "content-type": problemType },
      })
    },
  })
  const handle: http.RequestListener = (incoming, outgoing) => {
    // Without these two the adapter has no address to make, and answers by itself.
    if (!hostShape.test(incoming.headers.host ?? "")) return respond(outgoing, refusal("HTTP_HOST_REFUSED"))
    if (incoming.url?.startsWith("/") !== true) {
      return respond(outgoing, refusal("HTTP_HOST_REFUSED", "The request has an address instead of a path"))
    }
    void listener(incoming, outgoing)
  }
  const server: http.Server =
    tls === undefined
      ? http.createServer(settings, handle)
      : https.createServer({ ...settings, ...tls, ...oldestTls }, handle)
  server.maxConnections = limits.connections
  server.maxRequestsPerSocket = limits.requestsPerConnection
  server.setTimeout(limits.stalledMillis)
  countAddresses(server, limits.connectionsPerAddress)
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    refuseOn(socket, clientErrors[error.code ?? ""] ?? refusal("HTTP_MALFORMED")),
  )
  server.on("connect", (_request, socket) => refuseOn(socket, refusal("HTTP_UPGRADE_REFUSED")))
  server.on("upgrade", (_request, socket) => refuseOn(socket, refusal("HTTP_UPGRADE_REFUSED")))
  server.on("checkExpectation", (_request, outgoing: http.ServerResponse) =>
    respond(outgoing, refusal("HTTP_MALFORMED", "The request expects something that this server does not do")),
  )

  const at = await listen(server, host, port)
  server.on("error", () => undefined)
  let closing: Promise<void> | undefined
  const shut = ({ graceMillis = 5_000 } = {}): Promise<void> =>
    new Promise((resolve) => {
      const bound = setTimeout(() => server.closeAllConnections(), graceMillis)
      // Nobody says when a connection has nothing more to do, and it would be kept for the next request.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMillis)
      server.close(() => {
        clearTimeout(bound)
        clearInterval(sweep)
        resolve()
      })
      app.drain?.()
    })
  const name = at.family === "IPv6" ? `[${at.address}]` : at.address
  return {
    host: at.address,
    port: at.port,
    url: `${tls === undefined ? "http" : "https"}://${name}:${at.port}`,
    server,
    renewTls: (next) => {
      if (server instanceof https.Server) server.setSecureContext({ ...next, ...oldestTls })
    },
    close: (given) => (closing ??= shut(given)),
  }
}
