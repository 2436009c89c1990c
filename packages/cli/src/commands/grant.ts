/** `runyard grant add`, `ls`, `revoke`: where agents may work. */
import { type Grant, GrantDesk, GrantId, Grants, localScope, Runyard, runyardError, Workspace } from "@runyard/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Argument, Command, Flag } from "effect/cli"
import { absolutePath } from "../absolutePath.ts"
import { homeWarning, whoGrants } from "../askGrant.ts"
import { say, tell } from "../output.ts"
import { stateText } from "../render.ts"
import { styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { root, withYard } from "./root.ts"

const json = Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false))
const pathArgument = Argument.String("path").pipe(Argument.withDescription("a directory (default: here)"))

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90m`, `8h` or `30d`, in milliseconds. */
const durationOf = (text: string) => {
  const [, count, unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  return count === undefined
    ? Effect.fail(
        runyardError("QUEUE_REQUEST_INVALID", {
          message: "--for takes a number and m, h or d: 90m, 8h, 30d",
          remedy: "Leave it out for a grant that lasts until it is revoked.",
        }),
      )
    : Effect.succeed(Number(count) * (units[unit] ?? 0))
}

const day = (millis: number): string => new Date(millis).toISOString().slice(0, 16).replace("T", " ")

const ending = ({ expiresAt, revokedAt, revokedBy }: Grant): string => {
  if (revokedAt !== undefined) return `revoked ${day(revokedAt)} by ${revokedBy ?? "somebody"}`
  return expiresAt === undefined ? "" : `until ${day(expiresAt)}`
}

const line = (grant: Grant): string => {
  const notes = [grant.remote ? "remote" : "", ending(grant)].filter((note) => note !== "")
  return [grant.id, grant.mode.padEnd(5), grant.path, `${grant.by}, ${day(grant.at)}`, ...notes]
    .map(terminalText)
    .join("  ")
}

const add = Command.make(
  "add",
  {
    path: pathArgument.pipe(Argument.withDefault(".")),
    read: Flag.Boolean("read").pipe(
      Flag.withDescription("Only to look at: images, and agents whose sandbox is read-only"),
      Flag.withDefault(false),
    ),
    remote: Flag.Boolean("remote").pipe(
      Flag.withDescription("It is on a network file system, and that is meant"),
      Flag.withDefault(false),
    ),
    for: Flag.String("for").pipe(
      Flag.withDescription("How long: 90m, 8h, 30d (default: until revoked)"),
      Flag.optional,
    ),
    json,
  },
  Effect.fn("grant add")(function* (input) {
    const { quiet } = yield* root
    const asked = yield* absolutePath(input.path)
    const lasts = Option.isSome(input.for) ? yield* durationOf(input.for.value) : undefined
    yield* withYard(
      Effect.gen(function* () {
        const desk = yield* GrantDesk
        const { isSymlink, real } = yield* desk.look(asked)
        // Said before, so that it is read even where the grant then cannot be stored.
        const warning = real === undefined || isSymlink ? undefined : homeWarning(real)
        if (warning !== undefined && !quiet) tell(styleFor(process.stderr, process.env).yellow(`! ${warning}`))
        const expiresAt = lasts === undefined ? undefined : (yield* Clock.currentTimeMillis) + lasts
        const grant = yield* desk.add(
          {
            path: asked,
            mode: input.read ? "read" : "write",
            remote: input.remote,
            ...(expiresAt === undefined ? {} : { expiresAt }),
          },
          whoGrants(),
        )
        say(input.json ? terminalJson(grant) : line(grant))
      }).pipe(Effect.provide(GrantDesk.layer)),
    )
  }),
).pipe(Command.withDescription("Let agents work in a directory and below it"))

const list = Command.make(
  "ls",
  {
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Those that were revoked or have expired, too"),
      Flag.withDefault(false),
    ),
    json,
  },
  Effect.fn("grant ls")(function* ({ all, json }) {
    yield* withYard(
      Effect.gen(function* () {
        const found = yield* (yield* Grants).list({ scope: localScope, ended: all })
        if (json) return found.forEach((grant) => say(terminalJson(grant)))
        if (found.length === 0) return tell("No directory is granted to agents. Grant one: runyard grant add PATH")
        for (const grant of found) say(line(grant))
      }),
    )
  }),
).pipe(Command.withDescription("List the directories that agents may work in"))

const revoke = Command.make(
  "revoke",
  {
    target: Argument.String("grant").pipe(Argument.withDescription("a grant's id, or its directory")),
    stopRuns: Flag.Boolean("stop-runs").pipe(
      Flag.withDescription("Cancel the runs that are executed there, too"),
      Flag.withDefault(false),
    ),
    json,
  },
  Effect.fn("grant revoke")(function* ({ json, stopRuns, target }) {
    const id = Schema.decodeUnknownOption(GrantId)(target)
    const path = yield* absolutePath(target)
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const workspace = yield* Workspace
        // A directory that is gone has no real path any more; its grant has.
        const real = yield* Effect.orElseSucceed(workspace.directory(path), () => path)
        const by = whoGrants()
        const meant = Option.isSome(id) ? id.value : { path: real }
        const { grants, stopped } = yield* yard.revoke({ scope: localScope, target: meant, by }, { stopRuns })
        if (json) return say(terminalJson({ grants, stopped: stopped.map((run) => run.id) }))
        const style = styleFor(process.stdout, process.env)
        for (const grant of grants) say(line(grant))
        for (const run of stopped) say(`${run.id}  ${stateText(run.state, style)}`)
      }),
    )
  }),
).pipe(Command.withDescription("Let agents work there no longer"))

export const grant = Command.make("grant").pipe(
  Command.withSubcommands([add, list, revoke]),
  Command.withDescription("Say where agents may work"),
)
