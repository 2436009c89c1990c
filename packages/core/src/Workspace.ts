/** The directories that runs touch: the one they work in, and a private one for an attempt's files. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { PolicyLayer } from "./PolicyLayer.ts"
import type { RunyardError } from "./RunyardError.ts"

/** What a path is mounted from. */
export interface Mount {
  /** Where: the path itself or one above it. */
  readonly point: string
  /** As the system calls it: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string
  /** Whether what is there comes from another machine, or from a program. */
  readonly remote: boolean
}

/** A directory that is held open: nothing that happens to its name makes it another one. */
export interface HeldDirectory {
  /** The real path that it had when it was opened. */
  readonly path: string
  /** Device and inode. While it is held, no other directory has them. */
  readonly identity: string
  /** A path that leads a child of this program to it whatever its name means by then; missing where there is none. */
  readonly handle?: string
}

export class Workspace extends Context.Service<
  Workspace,
  {
    /** The real path of a readable directory. Fails with `IO_DIRECTORY_UNREADABLE`. */
    readonly directory: (path: string) => Effect.Effect<string, RunyardError>
    /** The real path of a readable file. Fails with `IO_FILE_UNREADABLE`. */
    readonly file: (path: string) => Effect.Effect<string, RunyardError>
    /** What is mounted at a real path; undefined where the system does not tell. */
    readonly mount: (path: string) => Effect.Effect<Mount | undefined>
    /**
     * Whether a real path is a directory or below it, by what they are: the same directory mounted elsewhere, or written in
     * other letters where those are not told apart, is that directory.
     */
    readonly isInside: (path: string, directory: string) => Effect.Effect<boolean>
    /**
     * Opens a directory by its real path, until the scope closes. Fails with `POLICY_DIRECTORY_CHANGED` when the
     * path, or a part of it, has become something else, and with `IO_DIRECTORY_UNREADABLE`.
     */
    readonly hold: (path: string) => Effect.Effect<HeldDirectory, RunyardError, Scope.Scope>
    /** What the project that a directory belongs to takes away from what runs may use. */
    readonly policies: (directory: string) => Effect.Effect<ReadonlyArray<PolicyLayer>>
    /** Whether the directory is inside a git repository. */
    readonly isRepository: (directory: string) => Effect.Effect<boolean>
    /** A private directory (0700), removed with the scope. Fails with `IO_SCRATCH_FAILED`. */
    readonly scratch: Effect.Effect<string, RunyardError, Scope.Scope>
    /** Writes a private file (0600) into a scratch directory and gives its path. Fails with `IO_SCRATCH_FAILED`. */
    readonly write: (directory: string, name: string, content: string) => Effect.Effect<string, RunyardError>
  }
>()("@runyard/core/Workspace") {}
