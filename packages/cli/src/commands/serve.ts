/** `runyard serve`: the HTTP API and the page, on this machine; executes what is queued as long as it lives. */
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { Runyard, type RunyardError, RunyardError as Failure, runyardError, runsLeft } from "@runyard/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { appLayer, dataDirectory } from "../AppLayer.ts"
import { NodeProcessHost } from "@runyard/core/node"
import { openLink } from "../openLink.ts"
import { say, tell } from "../output.ts"
import { playground, playgroundOptions, playgroundPrompt } from "../playground.ts"
import { handleHangup, handleSignals } from "../stop.ts"
import { styleFor } from "../style.ts"
import { terminalJson } from "@runyard/core/TerminalText"
import { version } from "../version.ts"
import { root } from "./root.ts"
import { serveLink } from "./serveLink.ts"

/** The one that links and the page's own storage belong to, so that a server which was started again finds its pages. */
const defaultPort = 4577
/** What requests get before a server that was told to stop closes their connections. */
const graceMillis = 2_000

const asFailure =
  (code: "IO_FILE_UNREADABLE" | "HTTP_BIND_REFUSED", message: string) =>
  (cause: unknown): RunyardError =>
    cause instanceof Failure ? cause : runyardError(code, { message, cause })

const port = Flag.Int("port").pipe(
  Flag.withAlias("p"),
  Flag.withDescription(`Where to listen; 0: any port that is free (default ${defaultPort})`),
  Flag.withDefault(defaultPort),
)

const isBuilt = (page: string): boolean => {
  const built = existsSync(join(page, "index.html"))
  if (!built) tell("The page is not built (`npm run build`): this serves the API alone.")
  return built
}

export const serve = Command.make(
  "serve",
  {
    port,
    host: Flag.String("host").pipe(
      Flag.withDescription("The address to listen at (default 127.0.0.1: this machine alone)"),
      Flag.withDefault("127.0.0.1"),
    ),
    open: Flag.Boolean("open").pipe(Flag.withDescription("Open the page in the browser"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Say that it is ready as JSON"), Flag.withDefault(false)),
    tokenFile: Flag.String("token-file").pipe(
      Flag.withDescription("The file with the token; made when it is not there (default: http.token beside the runs)"),
      Flag.optional,
    ),
    allowRemote: Flag.Boolean("allow-remote").pipe(
      Flag.withDescription("Let other machines in, over TLS"),
      Flag.withDefault(false),
    ),
    tlsCert: Flag.String("tls-cert").pipe(Flag.withDescription("The certificate, a PEM file"), Flag.optional),
    tlsKey: Flag.String("tls-key").pipe(Flag.withDescription("Its private key, a PEM file"), Flag.optional),
    behindProxy: Flag.Boolean("behind-proxy").pipe(
      Flag.withDescription("A reverse proxy with TLS stands before it"),
      Flag.withDefault(false),
    ),
    publicHost: Flag.String("public-host").pipe(
      Flag.withDescription("A name, with its port, that browsers know it by; may be repeated"),
      Flag.between(0, 16),
    ),
    demo: Flag.Boolean("demo").pipe(
      Flag.withDescription("Offer a directory to try an agent in, with a task; both go with the server"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("serve")(function* (input) {
    const { directory: given, quiet } = yield* root
    const directory = Option.getOrElse(given, () => dataDirectory(NodeProcessHost.processEnv()))
    // Loaded by this command alone: the others start faster without.
    const [http, page] = yield* Effect.promise(() =>
      Promise.all([import("@runyard/http/node"), import("@runyard/ui").then((ui) => ui.assetsDirectory)]),
    )
    const tlsFiles = Option.all([input.tlsCert, input.tlsKey])
    const tls = Option.isNone(tlsFiles)
      ? undefined
      : yield* Effect.tryPromise({
          try: () => http.readTls(...tlsFiles.value),
          catch: asFailure("IO_FILE_UNREADABLE", "The certificate or its key cannot be read"),
        })
    const refused = http.checkBind({ ...input, hasTls: tls !== undefined, publicHosts: input.publicHost })
    if (refused !== undefined) return yield* refused
    const tokenFile = resolve(Option.getOrElse(input.tokenFile, () => join(directory, http.tokenFileName)))
    const token = yield* Effect.tryPromise({
      try: () => http.readToken(tokenFile),
      catch: asFailure("IO_FILE_UNREADABLE", "The token file cannot be read"),
    })
    const name = randomUUID()
    const secure = tls !== undefined || input.behindProxy
    const auth = http.tokenAuth({ token, scopes: "all", secure, server: name })

    const serving = Effect.gen(function* () {
      const yard = yield* Runyard
      const services = yield* Effect.context<Layer.Success<ReturnType<typeof appLayer>>>()
      const workspace = input.demo ? yield* playground("runyard serve --demo") : undefined
      const app = http.createApp({
        layer: Layer.succeedContext(services),
        auth,
        hosts: http.hostNames({ also: input.publicHost }),
        assets: isBuilt(page) ? http.directoryAssets(page) : undefined,
        info: {
          version,
          node: process.versions.node,
          platform: process.platform,
          pid: process.pid,
          startedAt: Date.now(),
          demo: input.demo,
          ...(workspace === undefined
            ? {}
            : { playground: { workspace, prompt: playgroundPrompt, options: playgroundOptions } }),
        },
      })
      const server = yield* Effect.acquireRelease(
        Effect.tryPromise({
          try: () => http.serve({ app, host: input.host, port: input.port, tls }),
          catch: asFailure("HTTP_BIND_REFUSED", "The server cannot listen there"),
        }),
        (running) => Effect.promise(() => running.close({ graceMillis })),
      )
      if (tls !== undefined && Option.isSome(tlsFiles)) {
        const [cert, key] = tlsFiles.value
        const watch = http.watchTls({
          cert,
          key,
          now: tls,
          onRenewed: (files) => {
            server.renewTls(files)
            tell("The certificate was read again: new connections get it.")
          },
          onBroken: ({ code, message }) =>
            tell(`The certificate is not the new one: ${code}: ${message}. Connections get the one from before.`),
        })
        yield* Effect.addFinalizer(() => Effect.sync(watch.stop))
        yield* handleHangup(() => void watch.check())
      }
      const base = input.publicHost[0] === undefined ? server.url : `https://${input.publicHost[0]}`
      const { host, port: at } = server
      const note = { server: name, host, port: at, base, pid: process.pid, startedAt: Date.now(), tokenFile }
      yield* Effect.acquireRelease(
        Effect.promise(() => http.leaveNote(directory, note)),
        (takeAway) => Effect.promise(takeAway),
      )
      const left = yield* yard.recover
      yield* yard.adopt([...left.queued, ...left.resumed])
      const link = `${base}/#code=${auth.sessions.issueCode(Date.now())}`
      if (input.json) {
        say(terminalJson({ ready: true, url: server.url, port: server.port, pid: process.pid, link, tokenFile }))
      } else {
        say(`READY ${server.url}`)
        const style = styleFor(process.stderr, process.env)
        say(link)
        if (!quiet) tell(style.dim(`  The link works once, for 5 minutes. Other clients: the token in ${tokenFile}`))
      }
      if (input.open) yield* openLink(directory, link)
      // The first request finds it done; what is wrong with it is that request's to tell.
      yield* Effect.forkScoped(Effect.promise(() => app.ready().catch(() => undefined)))

      const stopped = yield* Deferred.make<void>()
      yield* handleSignals([], () => {
        if (!Deferred.isDoneUnsafe(stopped)) Deferred.doneUnsafe(stopped, Effect.void)
        else Effect.runFork(yard.shutdown({ force: true }))
      })
      yield* Deferred.await(stopped)
      if (!quiet && !input.json) tell("stopping… (again to kill)")
      yield* Effect.promise(() => server.close({ graceMillis }))
      const report = yield* yard.shutdown({ force: false })
      yield* Effect.promise(() => app.dispose())
      if (report.left.length > 0) return yield* runsLeft(report)
    }).pipe(Effect.scoped)
    yield* Effect.provide(serving, appLayer({ directory, adopt: true, schedules: true }))
  }),
).pipe(Command.withSubcommands([serveLink]), Command.withDescription("Serve the API and the page on this machine"))
