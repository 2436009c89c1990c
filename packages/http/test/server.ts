/** A server without sockets: the routes over a store in memory, with an agent CLI that is played. */
import {
  AdapterRegistry,
  Capabilities,
  defaultSettings,
  errorInfo,
  HostSettings,
  LiveView,
  MemoryStore,
  Redactor,
  Runner,
  runyardError,
  Runyard,
  SecretStore,
} from "@runyard/core"
import {
  fakeAdapter,
  fakeLine,
  fakeProcessHost,
  type FakeScript,
  fakeStructuredOutput,
  fakeWorkspace,
} from "@runyard/core/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Struct from "effect/Struct"
import { HttpRouter, HttpServer, HttpServerRequest } from "effect/http"
import { apiRoutes } from "../src/apiRoutes.ts"
import { ApiScope } from "../src/ApiScope.ts"
import { createClient } from "../src/client/index.ts"
import { Authorization, CurrentPrincipal, type Principal, Sessions } from "../src/Principal.ts"
import { problemOf } from "../src/Problem.ts"
import { scopeOf } from "../src/scopes.ts"
import { ServerStatus } from "../src/ServerStatus.ts"

export const origin = "http://server.test"
export const token = "all-of-it"
export const ana = { name: "ana", scopes: ApiScope.literals }

export const done = fakeLine({ done: { outcome: "succeeded", finalMessage: "bye" } })
export const quick: FakeScript = { steps: [{ stdout: done }] }
export const hang: FakeScript = { steps: [{ hang: true }] }

/** Each of a tenant, with a token that is its name. */
export const acme = { name: "acme", scopes: ApiScope.literals, tenant: { platform: "web", tenant: "acme" } }
export const rival = { name: "rival", scopes: ApiScope.literals, tenant: { platform: "web", tenant: "rival" } }

/** Whoever has one of these tokens may do everything: `ana` with all there is, the others with what is theirs. */
const principals = new Map<string | undefined, Principal>(
  [[token, ana] as const, ["acme", acme] as const, ["rival", rival] as const].map(([text, principal]) => [
    `Bearer ${text}`,
    principal,
  ]),
)

const authorization = Layer.succeed(Authorization, (httpEffect, { endpoint, group }) =>
  Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const principal = principals.get(headers["authorization"])
    if (principal === undefined || scopeOf(group.identifier, endpoint.identifier) === undefined) {
      return yield* Effect.fail(problemOf(errorInfo("HTTP_UNAUTHENTICATED")))
    }
    return yield* Effect.provideService(httpEffect, CurrentPrincipal, principal)
  }),
)

const sessions = Layer.succeed(Sessions, {
  open: (code) =>
    code === "once"
      ? Effect.succeed({ token: "a-session", maxAgeSeconds: 60, principal: ana })
      : Effect.fail(runyardError("HTTP_UNAUTHENTICATED")),
  close: () => Effect.void,
})

const status = (ready: Effect.Effect<void, ReturnType<typeof runyardError>>) =>
  Layer.succeed(ServerStatus, {
    info: { version: "0.0.0", node: "v0", platform: "test", pid: 1, startedAt: 0, demo: false },
    isReadOnly: false,
    ready,
    metrics: Effect.succeed("runyard_up 1\n"),
  })

export interface ServerOptions {
  readonly play?: () => FakeScript
  readonly ready?: Effect.Effect<void, ReturnType<typeof runyardError>>
  /** In place of the store in memory. */
  readonly store?: typeof MemoryStore.layer
}

const settings = Struct.assign(defaultSettings, { workspaces: "any" as const })

export const yardLayer = ({ play = () => quick, store = MemoryStore.layer }: ServerOptions) =>
  Runyard.layer.pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([fakeAdapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        store,
        LiveView.layer,
        SecretStore.layerMemory(),
        fakeWorkspace,
        fakeStructuredOutput(),
      ),
    ),
    Layer.provideMerge(
      fakeProcessHost({
        play: ({ args }) => (args[0] === "--version" ? { steps: [{ stdout: "1.0.0\n" }] } : play()),
      }),
    ),
    Layer.provideMerge(Layer.succeed(HostSettings, settings)),
  )

/** Everything that a test asks of it, until it is disposed. */
export const makeServer = (options: ServerOptions = {}) => {
  const { dispose, handler } = HttpRouter.toWebHandler(
    apiRoutes.pipe(
      Layer.provide(Layer.mergeAll(authorization, sessions, status(options.ready ?? Effect.void))),
      Layer.provide(yardLayer(options)),
      Layer.provide(HttpServer.layerServices),
    ),
    { disableLogger: true },
  )
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    handler(new Request(input, init), Context.empty())
  return { dispose, fetch, client: createClient({ baseUrl: origin, token, fetch }) }
}

export const request = { provider: "fake", prompt: "hello", cwd: "/work" }
