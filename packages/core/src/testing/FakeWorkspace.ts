/** Directories and answers without a disk: every path is there, and every answer fits but those a test says do not. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isWithin } from "../Grant.ts"
import { runyardError } from "../RunyardError.ts"
import { StructuredOutput } from "../StructuredOutput.ts"
import { Workspace } from "../Workspace.ts"

export const fakeWorkspace: Layer.Layer<Workspace> = Layer.succeed(Workspace, {
  directory: (path) =>
    path.includes("missing")
      ? Effect.fail(runyardError("IO_DIRECTORY_UNREADABLE", { message: `${path} is not there` }))
      : Effect.succeed(path),
  file: Effect.succeed,
  policies: () => Effect.succeed([]),
  mount: () => Effect.succeed(undefined),
  isInside: (path, directory) => Effect.succeed(isWithin(directory, path)),
  hold: (path) => Effect.succeed({ path, identity: path }),
  isRepository: () => Effect.succeed(true),
  scratch: Effect.succeed("/scratch"),
  write: (directory, name) => Effect.succeed(`${directory}/${name}`),
})

export const fakeStructuredOutput = (violations: ReadonlyArray<string> = []): Layer.Layer<StructuredOutput> =>
  Layer.succeed(StructuredOutput, {
    checkSchema: () => Effect.void,
    violations: () => Effect.succeed(violations),
  })
