/** The directories that runs touch: the one they work in, and a private one for an attempt's files. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RunyardError } from "./RunyardError.ts"

export class Workspace extends Context.Service<
  Workspace,
  {
    /** The real path of a readable directory. Fails with `IO_DIRECTORY_UNREADABLE`. */
    readonly directory: (path: string) => Effect.Effect<string, RunyardError>
    /** The real path of a readable file. Fails with `IO_FILE_UNREADABLE`. */
    readonly file: (path: string) => Effect.Effect<string, RunyardError>
    /** Whether the directory is inside a git repository. */
    readonly isRepository: (directory: string) => Effect.Effect<boolean>
    /** A private directory (0700), removed with the scope. Fails with `IO_SCRATCH_FAILED`. */
    readonly scratch: Effect.Effect<string, RunyardError, Scope.Scope>
    /** Writes a private file (0600) into a scratch directory and gives its path. Fails with `IO_SCRATCH_FAILED`. */
    readonly write: (directory: string, name: string, content: string) => Effect.Effect<string, RunyardError>
  }
>()("@runyard/core/Workspace") {}
