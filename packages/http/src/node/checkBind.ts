/** Whether a server may listen where others can reach it. */
import { isIPv4, isIPv6 } from "node:net"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"

export interface BindOptions {
  readonly host: string
  /** Whether somebody has said that other machines may reach it. */
  readonly allowRemote: boolean
  /** Whether it speaks TLS itself. */
  readonly hasTls: boolean
  /** Whether a reverse proxy with TLS stands before it. */
  readonly behindProxy: boolean
  /** Names that clients use. */
  readonly publicHosts: ReadonlyArray<string>
}

export const isLoopbackAddress = (host: string): boolean =>
  host === "localhost" ||
  (isIPv4(host) && host.startsWith("127.")) ||
  (isIPv6(host) && /^(?:::1|(?:0{1,4}:){7}0{0,3}1)$/.test(host))

const refuse = (message: string): RunyardError => runyardError("HTTP_BIND_REFUSED", { message })

/** Why not, as `HTTP_BIND_REFUSED`; undefined when it may. The loopback always may. */
export const checkBind = (options: BindOptions): RunyardError | undefined => {
  const { allowRemote, behindProxy, hasTls, host, publicHosts } = options
  if (allowRemote && !hasTls) return refuse("Other machines are let in over TLS alone")
  if (behindProxy && publicHosts.length === 0) return refuse("Behind a proxy, its public name has to be known")
  if (isLoopbackAddress(host)) return undefined
  if (!allowRemote && !behindProxy) return refuse(`${host} is reached from other machines`)
  return publicHosts.length === 0 ? refuse("The name that other machines use has to be known") : undefined
}
