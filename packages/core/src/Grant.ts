/** The permission to work under one directory: pure data, and what it covers. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Scope } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"
import type { Mount } from "./Workspace.ts"

export const GrantId = Schema.String.check(Schema.isPattern(/^grant_[0-9a-z]{12,40}$/)).pipe(Schema.brand("GrantId"))
export type GrantId = typeof GrantId.Type

/**
 * What may be done there. `write`: agents may work in it. `read`: its files may be shown to a model, and an agent may work
 * in it whose sandbox lets it write nothing (`sandbox: "read-only"`).
 */
export const GrantMode = Schema.Literals(["write", "read"])
export type GrantMode = typeof GrantMode.Type

/** A grant before it has an id. */
export const NewGrant = Schema.Struct({
  scope: Scope,
  /** The real path of a directory: no part of it is a link. */
  path: Schema.NonEmptyString,
  mode: GrantMode,
  /** Whether it is on a file system of another machine, or of a program, and was granted as one. */
  remote: Schema.Boolean,
  /** Who gave it. */
  by: Schema.String,
  expiresAt: Schema.optionalKey(Schema.Finite),
})
export type NewGrant = typeof NewGrant.Type

/** Instants are milliseconds since the epoch. A grant is never changed but for its end. */
export const Grant = Schema.Struct({
  ...NewGrant.fields,
  id: GrantId,
  at: Schema.Finite,
  revokedAt: Schema.optionalKey(Schema.Finite),
  revokedBy: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "Grant" })
export type Grant = typeof Grant.Type

/** What somebody asks for who wants agents to work in a directory. */
export const GrantRequest = Schema.Struct({
  /** Absolute, and the real path: what is granted is a directory, not a link to one. */
  path: Schema.NonEmptyString,
  /** Default: `write`. */
  mode: Schema.optionalKey(GrantMode),
  /** That it may be on a file system of another machine. Default: no. */
  remote: Schema.optionalKey(Schema.Boolean),
  /** In milliseconds since the epoch. Default: it lasts until it is revoked. */
  expiresAt: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "GrantRequest" })
export type GrantRequest = typeof GrantRequest.Type

/** What a path is, before it is granted. */
export const GrantPlace = Schema.Struct({
  path: Schema.String,
  /** The directory that it stands for. Missing: there is none, or it cannot be read. */
  real: Schema.optionalKey(Schema.String),
  exists: Schema.Boolean,
  isSymlink: Schema.Boolean,
  isRemote: Schema.Boolean,
  /** A grant that lets agents work there already; one to read only counts where no other does. */
  granted: Schema.optionalKey(Grant),
}).annotate({ identifier: "GrantPlace" })
export type GrantPlace = typeof GrantPlace.Type

/** What a request needs of a directory or file. */
export interface Need {
  readonly scope: Scope
  /** The real path. */
  readonly path: string
  readonly mode: GrantMode
  /** What the path is mounted from; undefined where the system does not tell. */
  readonly mount: Mount | undefined
}

const separatorOf = (path: string): string => (path.startsWith("/") ? "/" : "\\")

/** Whether a real path is a directory or below it. */
export const isWithin = (directory: string, path: string): boolean => {
  const separator = separatorOf(directory)
  return path === directory || path.startsWith(directory.endsWith(separator) ? directory : directory + separator)
}

/** The path and the directories above it: a grant that covers the path is on one of them. */
export const selfAndAbove = (path: string): ReadonlyArray<string> => {
  const separator = separatorOf(path)
  const parts = path.split(separator)
  const above = parts.map((_, index) => parts.slice(0, index + 1).join(separator)).filter((each) => each !== "")
  return separator === "/" ? ["/", ...above.filter((each) => each !== "/")] : above
}

/** The directory that a file is in. */
const aboveOf = (file: string): string => {
  const separator = separatorOf(file)
  return file.slice(0, file.lastIndexOf(separator)) || separator
}

export const isInForce = (grant: Grant, now: number): boolean =>
  grant.revokedAt === undefined && (grant.expiresAt === undefined || grant.expiresAt > now)

/**
 * Whether the grant allows it. It does not reach into what is mounted below its directory: that may come from anywhere, so
 * it is granted by itself.
 */
export const covers = (grant: Grant, { mode, mount, path, scope }: Need, now: number): boolean =>
  isInForce(grant, now) &&
  grant.scope.platform === scope.platform &&
  grant.scope.tenant === scope.tenant &&
  grant.scope.workspace === scope.workspace &&
  (grant.mode === "write" || mode === "read") &&
  isWithin(grant.path, path) &&
  (mount === undefined || (isWithin(mount.point, grant.path) && (!mount.remote || grant.remote)))

/** Characters that end a line, move a cursor or turn the reading direction: what is shown would not be what is granted. */
// oxlint-disable-next-line no-control-regex
const unshowable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd]|\p{Surrogate}/u

/** Why no request and no grant may name this path; undefined when it may. Never quotes it. */
export const pathProblem = (path: string): string | undefined => {
  if (!/^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path)) return "must be an absolute path"
  if (unshowable.test(path)) return "holds a character that cannot be shown, such as a line break"
  return undefined
}

/** What a person says about a directory that is to be granted. */
export interface Approval {
  readonly scope: Scope
  readonly by: string
  readonly mode: GrantMode
  /** That it may be on a file system of another machine. */
  readonly remote: boolean
  readonly expiresAt?: number | undefined
}

/** A word of a shell that means the path itself. */
export const quoted = (path: string): string =>
  /^[A-Za-z0-9_@%+:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`

/** The command that grants a directory to whoever may not be asked. */
export const grantCommand = (path: string, { mode, mount }: Pick<Need, "mode" | "mount">): string =>
  `runyard grant add ${quoted(path)}${mode === "read" ? " --read" : ""}${mount?.remote === true ? " --remote" : ""}`

/** A directory that somebody wants to be granted. */
export interface Place {
  /** The real path. */
  readonly path: string
  /** What is mounted there. */
  readonly mount: Mount | undefined
  /** Whether this host keeps its own data there, or above. */
  readonly own: boolean
}

/**
 * The grant of a directory, or why there can be none: the root of the file system, a remote one that nobody spoke of, or
 * where the host keeps its own data.
 */
export const approve = (
  place: Place,
  { by, expiresAt, mode, remote, scope }: Approval,
): Result.Result<NewGrant, RunyardError> => {
  const { path, mount } = place
  const refuse = (message: string, remedy: string) =>
    Result.fail(runyardError("POLICY_GRANT_REFUSED", { message, remedy, detail: { path } }))
  const problem = pathProblem(path)
  if (problem !== undefined) return refuse(`A directory cannot be granted whose path ${problem}`, "Rename it.")
  if (/^(?:\/|[A-Za-z]:[\\/]?)$/.test(path)) {
    return refuse("The root of the file system cannot be granted", "Grant the directories that agents work in.")
  }
  if (place.own) return Result.fail(ownData(path))
  if (mount?.remote === true && !remote) {
    return refuse(
      `${path} is on a file system of another machine or program (${mount.type} at ${mount.point})`,
      `If agents may work there: ${grantCommand(path, { mode, mount })}`,
    )
  }
  return Result.succeed({
    scope,
    path,
    mode,
    remote: mount?.remote === true,
    by,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  })
}

/** What a host keeps there would be an agent's to read: its token, its secrets, the logs of all runs. */
export const ownData = (path: string): RunyardError =>
  runyardError("POLICY_GRANT_REFUSED", {
    message: `${path} holds Runyard's own data, where no agent may work`,
    remedy: "Name the directory that the agent is to work in.",
    detail: { path },
  })

/** Nobody has granted it. The detail says all that is needed to ask. */
export const noGrant = (need: Need, field: string, asked: string): RunyardError => {
  const { mode, mount, path } = need
  const link = asked === path ? "" : `${asked} is a link to ${path}: `
  const remote = mount?.remote === true ? ` (${mount.type}, mounted at ${mount.point})` : ""
  // A file is granted by its directory.
  const granted = field === "images" ? aboveOf(path) : path
  const what = mode === "read" ? "may not be read by agents" : "is not a directory that agents may work in"
  return runyardError("POLICY_NO_GRANT", {
    message: `${link}${path}${remote} ${what}: nobody has granted it`,
    remedy: `If they may: ${grantCommand(granted, need)}`,
    detail: {
      field,
      path,
      asked,
      mode,
      ...(mount === undefined ? {} : { mount: { point: mount.point, type: mount.type, remote: mount.remote } }),
    },
  })
}
