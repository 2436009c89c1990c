/** The whole HTTP host as one Hono app, to be mounted wherever requests come from. */
import type { Hono } from "hono"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Assets } from "./Assets.ts"
import type { ApiServices } from "./apiHandler.ts"
import { routes as table } from "./client/routes.generated.ts"
import { httpMetrics } from "./metrics.ts"
import { scopeOf } from "./scopes.ts"
import type { Principal } from "./Principal.ts"
import type { Auth } from "./security/Auth.ts"
import { hostNames, type HostNames } from "./security/HostNames.ts"
import { defaultHttpLimits, type HttpLimits } from "./security/HttpLimits.ts"
import type { Route } from "./security/routeMatcher.ts"
import { makeShell } from "./security/shell.ts"
import type { ServerInfo } from "./ServerStatus.ts"

interface AppOptions {
  /** Who may do what: `tokenAuth`, or a function of the program that mounts the app. */
  readonly auth: Auth
  /** What the server tells of itself. */
  readonly info: ServerInfo
  /** Names that the server answers to. Default: those of the loopback. */
  readonly hosts?: HostNames | undefined
  /** The page. Default: none, the API alone. */
  readonly assets?: Assets | undefined
  readonly limits?: Partial<HttpLimits> | undefined
  /** What another app puts before our paths without taking it off again, such as Hono's `route`. Default: nothing. */
  readonly basePath?: string | undefined
}

export type CreateAppOptions<E> = AppOptions &
  (
    | {
        /** A runtime of the program that mounts the app, which closes it, too. */ readonly runtime: ManagedRuntime.ManagedRuntime<
          ApiServices,
          E
        >
      }
    | {
        /** Built at the first request, or by `ready`; closed by `dispose`. */ readonly layer: Layer.Layer<
          ApiServices,
          E
        >
      }
  )

export interface RunyardApp extends Hono {
  /** Builds what the API needs, where that is not done yet. Rejects as the layer fails. */
  readonly ready: () => Promise<void>
  /** Ends open streams with a hint to come again, and refuses what comes from now on. */
  readonly drain: () => void
  /** Drains, and closes what `layer` has built. */
  readonly dispose: () => Promise<void>
}

/** The table of the contract as the shell looks routes up. */
const routes: ReadonlyArray<Route> = [
  ...Object.entries(table).flatMap(([group, endpoints]) =>
    Object.entries(endpoints).map(([name, { answer, method, path }]): Route => ({
      name: `${group}.${name}`,
      method,
      path,
      // What has no scope is reached by nobody: no principal has it.
      scope: scopeOf(group, name) ?? "none",
      stream: answer === "stream",
    })),
  ),
  { name: "openapi", method: "GET", path: "/api/v1/openapi.json", scope: "known", stream: false },
]

/**
 * Every request is checked before anything else happens to it: `Host`, method, origin, sizes, JSON, credentials, scope,
 * rate. What it lets through is handled as the contract says. Nothing of the contract is loaded before it is needed.
 */
export const createApp = <E>(options: CreateAppOptions<E>): RunyardApp => {
  const { assets, auth, basePath, hosts = hostNames(), info } = options
  const metrics = httpMetrics()
  const runtime = "runtime" in options ? options.runtime : ManagedRuntime.make(options.layer)
  const load = async () => {
    const [{ apiHandler }, context] = await Promise.all([import("./apiHandler.ts"), runtime.context()])
    return apiHandler({ context, info, metrics, sessions: auth.sessions })
  }
  let loading: ReturnType<typeof load> | undefined
  const loaded = (): ReturnType<typeof load> => {
    loading ??= load()
    // The next request tries again.
    loading.catch(() => (loading = undefined))
    return loading
  }
  const { app, drain } = makeShell({
    auth,
    hosts,
    limits: { ...defaultHttpLimits, ...options.limits },
    routes,
    metrics,
    assets,
    basePath,
    handle: async (request: Request, principal: Principal | undefined) => {
      const { handler } = await loaded()
      return handler(request, principal)
    },
  })
  return Object.assign(app, {
    ready: async () => void (await loaded()),
    drain,
    dispose: async () => {
      drain()
      const api = await loading?.catch(() => undefined)
      await api?.dispose()
      if (!("runtime" in options)) await runtime.dispose()
    },
  })
}
