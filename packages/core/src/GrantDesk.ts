/** Where people say in which directories agents may work: looks at a path, and grants it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { approve, type Grant, grantCommand, type GrantPlace, type GrantRequest, pathProblem } from "./Grant.ts"
import { Grants } from "./Grants.ts"
import { HostSettings } from "./HostSettings.ts"
import { isOwnData } from "./internal/grantedPlaces.ts"
import { localScope, type Scope } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"
import { Workspace } from "./Workspace.ts"

/** Behind the last part of a path it means nothing. */
const withoutEnd = (path: string): string => path.replace(/(?<=[^/\\:])[/\\]+$/, "")

export class GrantDesk extends Context.Service<
  GrantDesk,
  {
    /**
     * Grants a directory that is there. A path that leads to another one is refused with `POLICY_GRANT_REFUSED`, whose detail
     * has the real `path`, and so is where this host keeps its own data. Fails with `IO_DIRECTORY_UNREADABLE`, too.
     * @param options `lasting` as of `Grants.add`; `scope`: whose runs may work there, the local one by default.
     */
    readonly add: (
      request: GrantRequest,
      by: string,
      options?: { readonly lasting?: boolean; readonly scope?: Scope },
    ) => Effect.Effect<Grant, RunyardError>
    /** What a path is. Fails with `POLICY_GRANT_REFUSED` for what is no path. @param scope whose grants. Default: the local one. */
    readonly look: (path: string, scope?: Scope) => Effect.Effect<GrantPlace, RunyardError>
  }
>()("@runyard/core/GrantDesk") {
  static readonly layer = Layer.effect(
    GrantDesk,
    Effect.gen(function* () {
      const grants = yield* Grants
      const workspace = yield* Workspace
      const settings = yield* HostSettings

      const named = (path: string) => {
        const problem = pathProblem(path)
        return problem === undefined
          ? Effect.succeed(withoutEnd(path))
          : Effect.fail(runyardError("POLICY_GRANT_REFUSED", { message: `The path of a directory ${problem}` }))
      }

      const add = Effect.fn("GrantDesk.add")(function* (
        request: GrantRequest,
        by: string,
        { lasting, scope = localScope }: { readonly lasting?: boolean; readonly scope?: Scope } = {},
      ) {
        const { expiresAt, mode = "write", remote = false } = request
        const asked = yield* named(request.path)
        const path = yield* workspace.directory(asked)
        const mount = yield* workspace.mount(path)
        if (path !== asked) {
          return yield* runyardError("POLICY_GRANT_REFUSED", {
            message: `${asked} is a link to ${path}, and what is granted is the directory itself`,
            remedy: `If agents may work there: ${grantCommand(path, { mode, mount })}`,
            detail: { asked, path },
          })
        }
        const own = yield* isOwnData({ settings, workspace }, path)
        const approval = { scope, by, mode, remote, expiresAt }
        return yield* grants.add(
          yield* Effect.fromResult(approve({ path, mount, own }, approval)),
          lasting === undefined ? undefined : { lasting },
        )
      })

      const look = Effect.fn("GrantDesk.look")(function* (asked: string, scope = localScope) {
        const path = yield* named(asked)
        const found = yield* Effect.result(workspace.directory(path))
        if (Result.isFailure(found)) {
          const { error } = found.failure.detail
          const exists = error !== "ENOENT" && error !== "ENOTDIR"
          return { path, exists, isSymlink: false, isRemote: false }
        }
        const real = found.success
        const mount = yield* workspace.mount(real)
        const need = { scope, path: real, mount }
        const granted =
          (yield* grants.covering({ ...need, mode: "write" })) ?? (yield* grants.covering({ ...need, mode: "read" }))
        return {
          path,
          real,
          exists: true,
          isSymlink: real !== path,
          isRemote: mount?.remote === true,
          ...(granted === undefined ? {} : { granted }),
        }
      })

      return GrantDesk.of({ add, look })
    }),
  )
}
