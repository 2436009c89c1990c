/** The command that all others belong to, and what they share. */
import { Runyard, type RunyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { type AppOptions, appLayer } from "../AppLayer.ts"

export const root = Command.make("runyard").pipe(
  Command.withSharedFlags({
    directory: Flag.String("directory").pipe(
      Flag.withDescription("Where runs are kept (default: RUNYARD_HOME, else the platform's data directory)"),
      Flag.optional,
    ),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("Only what was asked for"),
      Flag.withDefault(false),
    ),
  }),
  Command.withDescription("Run coding agents as durable, redacted, cancellable runs"),
)

/** Opens the store for one command, ends what a crashed program left behind, and closes it again. */
export const withYard = <A, R>(
  effect: Effect.Effect<A, RunyardError, R>,
  options: Pick<AppOptions, "adopt" | "promptSecrets" | "schedules"> = {},
) =>
  Effect.gen(function* () {
    const { directory } = yield* root
    const layer = appLayer({ ...options, directory: Option.getOrUndefined(directory) })
    return yield* Effect.gen(function* () {
      const yard = yield* Runyard
      yield* yard.recover
      return yield* effect
    }).pipe(Effect.provide(layer))
  })
