/** The directories and files that a request names, as they really are, and whether somebody has granted each of them. */
import * as Effect from "effect/Effect"
import { type GrantMode, type Need, noGrant, ownData, pathProblem } from "../Grant.ts"
import type { Grants } from "../Grants.ts"
import type { HostSettings } from "../HostSettings.ts"
import { localScope, type RunRequest } from "../Run.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import type { Workspace } from "../Workspace.ts"

interface Services {
  readonly workspace: Workspace["Service"]
  readonly grants: Grants["Service"]
  readonly settings: HostSettings
}

type Field = "cwd" | "images" | "addDirs"

/** The sandbox that lets an agent write nothing is the system's, so that reading is all that it needs. */
const modeOf = (request: RunRequest, field: Field): GrantMode =>
  field === "images" || request.sandbox === "read-only" ? "read" : "write"

const changed = (field: Field, path: string): RunyardError =>
  runyardError("POLICY_DIRECTORY_CHANGED", {
    message: `${path} is no longer the path that was checked: a part of it has become a link`,
    detail: { field, path },
  })

/** Whether a real path is where the host keeps its own data, or below. */
export const isOwnData = (
  { settings: { ownDirectory }, workspace }: Pick<Services, "settings" | "workspace">,
  path: string,
): Effect.Effect<boolean> =>
  ownDirectory === undefined ? Effect.succeed(false) : workspace.isInside(path, ownDirectory)

/**
 * Fails with `POLICY_GRANT_REFUSED` for what is in the host's own data, whatever is granted, and with `POLICY_NO_GRANT` unless
 * the host lets runs work anywhere, or the real path is granted.
 */
export const requireGrant = Effect.fnUntraced(function* (
  services: Services,
  request: RunRequest,
  place: { readonly field: Field; readonly path: string; readonly asked: string },
): Effect.fn.Return<void, RunyardError> {
  const { grants, settings, workspace } = services
  if (yield* isOwnData(services, place.path)) return yield* ownData(place.path)
  if (settings.workspaces === "any") return
  const need: Need = {
    scope: request.scope ?? localScope,
    path: place.path,
    mode: modeOf(request, place.field),
    mount: yield* workspace.mount(place.path),
  }
  if ((yield* grants.covering(need)) === undefined) return yield* noGrant(need, place.field, place.asked)
})

/**
 * The request with real paths in it. Fails with `QUEUE_REQUEST_INVALID` for a path that nothing may be called, with
 * `IO_DIRECTORY_UNREADABLE` and `IO_FILE_UNREADABLE`, and as `requireGrant`.
 * @param checked that its paths were real when they were checked before: it fails with `POLICY_DIRECTORY_CHANGED` where
 *   one is not any more.
 */
export const grantedPlaces = Effect.fnUntraced(function* (
  services: Services,
  request: RunRequest,
  checked: boolean,
): Effect.fn.Return<RunRequest, RunyardError> {
  const { workspace } = services
  const granted = (field: Field) =>
    Effect.fnUntraced(function* (asked: string): Effect.fn.Return<string, RunyardError> {
      const problem = pathProblem(asked)
      if (problem !== undefined) {
        return yield* runyardError("QUEUE_REQUEST_INVALID", {
          message: `A path in "${field}" ${problem}`,
          detail: { field },
        })
      }
      const path = yield* field === "images" ? workspace.file(asked) : workspace.directory(asked)
      if (checked && path !== asked) return yield* changed(field, asked)
      yield* requireGrant(services, request, { field, path, asked })
      return path
    })
  const cwd = yield* granted("cwd")(request.cwd)
  const images = yield* Effect.forEach(request.images ?? [], granted("images"))
  const addDirs = yield* Effect.forEach(request.addDirs ?? [], granted("addDirs"))
  return {
    ...request,
    cwd,
    ...(request.images === undefined ? {} : { images }),
    ...(request.addDirs === undefined ? {} : { addDirs }),
  }
})
