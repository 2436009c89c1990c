/** Which names this server answers to. A name that a stranger has pointed here never is one. */

export interface HostNames {
  /**
   * Whether the value of a `Host` header is one of them: as text, with the port. A trailing dot, a user, or another form of
   * the same address is none.
   * @param port at which the request arrived, where the server can tell; undefined: any.
   */
  readonly allows: (host: string, port: number | undefined) => boolean
  /** Whether a page of this origin is ours. */
  readonly allowsOrigin: (origin: string, port: number | undefined) => boolean
}

export interface HostNamesOptions {
  /**
   * More of them, as browsers write them: `runyard.example` or `runyard.example:8443`, whose pages come over TLS, or
   * `http://runyard.example`. Default: none.
   */
  readonly also?: ReadonlyArray<string>
  /** Whether `127.0.0.1`, `localhost` and `[::1]` are among them. Default: yes. */
  readonly loopback?: boolean
}

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"])
const shape = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(\d{1,5}))?$/
const defaultPorts: Readonly<Record<string, string>> = { http: "80", https: "443" }

const isLoopback = (host: string, port: number | undefined): boolean => {
  const [, name = "", at = "80"] = shape.exec(host) ?? []
  return loopbackNames.has(name) && (port === undefined || at === String(port))
}

const originOf = (name: string): string => (/^https?:\/\//.test(name) ? name : `https://${name}`)

export const hostNames = ({ also = [], loopback = true }: HostNamesOptions = {}): HostNames => {
  const origins = new Set(also.map((name) => originOf(name.toLowerCase())))
  const names = new Set([...origins].map((origin) => origin.replace(/^https?:\/\//, "")))
  return {
    allows: (host, port) => names.has(host.toLowerCase()) || (loopback && isLoopback(host.toLowerCase(), port)),
    allowsOrigin: (origin, port) => {
      if (origins.has(origin)) return true
      const [, scheme = "", host = ""] = /^(https?):\/\/([^/]+)$/.exec(origin) ?? []
      const at = shape.exec(host)?.[2] === undefined ? `${host}:${defaultPorts[scheme]}` : host
      return loopback && host !== "" && isLoopback(at, port)
    },
  }
}
