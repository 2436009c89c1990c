/** `runyard serve link`: another link to a server that is running. */
import { RunyardError as Failure, runyardError } from "@runyard/core"
import { NodeProcessHost } from "@runyard/core/node"
import { terminalJson } from "@runyard/core/TerminalText"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { dataDirectory } from "../AppLayer.ts"
import { openLink } from "../openLink.ts"
import { say, tell } from "../output.ts"
import { root } from "./root.ts"

/** How long the link works, in milliseconds. */
const lifeMillis = 300_000
/** What the browser gets to read the file that leads it there. */
const openMillis = 3_000

export const serveLink = Command.make(
  "link",
  {
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("Of several servers, the one that listens there (default: the one started last)"),
      Flag.optional,
    ),
    open: Flag.Boolean("open").pipe(Flag.withDescription("Open the page in the browser"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Give the link as JSON"), Flag.withDefault(false)),
  },
  Effect.fn("serve link")(function* (input) {
    const { directory: given, quiet } = yield* root
    const directory = Option.getOrElse(given, () => dataDirectory(NodeProcessHost.processEnv()))
    const http = yield* Effect.promise(() => import("@runyard/http/node"))
    const running = yield* Effect.promise(() => http.runningServers(directory))
    const [server, ...others] = running.filter(({ port }) => Option.getOrElse(input.port, () => port) === port)
    if (server === undefined) {
      return yield* runyardError("HTTP_NO_SERVER", {
        message: `No server ${Option.match(input.port, { onNone: () => "is running", onSome: (port) => `listens at port ${port}` })} on the store in ${directory}`,
      })
    }
    const token = yield* Effect.tryPromise({
      try: () => http.findToken(server.tokenFile),
      catch: (cause) =>
        cause instanceof Failure
          ? cause
          : runyardError("IO_FILE_UNREADABLE", { message: "The token file cannot be read", cause }),
    })
    if (token === undefined) {
      return yield* runyardError("IO_FILE_UNREADABLE", {
        message: `The token file ${server.tokenFile} of the server is gone`,
        remedy: "Start the server again: it makes a new token.",
      })
    }
    const now = yield* Clock.currentTimeMillis
    const code = http.makeLinkCode({ token, server: server.server }, now, lifeMillis)
    const link = `${server.base}/#code=${code}`
    if (input.json) {
      const { pid, port } = server
      say(terminalJson({ link, port, pid, expiresAt: now + lifeMillis }))
    } else {
      say(link)
      if (!quiet && others.length > 0) tell(`Of ${running.length} servers, that at port ${server.port}.`)
    }
    if (input.open) yield* Effect.scoped(Effect.andThen(openLink(directory, link), Effect.sleep(openMillis)))
  }),
).pipe(Command.withDescription("Make another link to the server that is running; it works once, for 5 minutes"))
