/** What a filter asks of a run, in SQL. */
import type { RunFilter } from "@runyard/core/RunStore"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { holds } from "./runText.ts"

/** Without the place of a page. */
export type RunsAskedFor = Omit<RunFilter, "before" | "limit">

/** The texts that begin with the path of a directory and a separator: from the first on, up to the second. */
const below = (directory: string): readonly [string, string] => {
  const [separator, next] = directory.startsWith("/") ? ["/", "0"] : ["\\", "]"]
  const stem = directory.endsWith(separator) ? directory.slice(0, -1) : directory
  return [`${stem}${separator}`, `${stem}${next}`]
}

const directory = `(run_bodies.request ->> '$.cwd')`

/** The runs that work in a directory, and those that work below it: each a part of one index. */
export const placesOf = (sql: SqlClient.SqlClient, cwd: string, column = directory): readonly [Fragment, Fragment] => {
  const [first, end] = below(cwd)
  const place = sql.literal(column)
  return [sql`${place} = ${cwd}`, sql`(${place} >= ${first} AND ${place} < ${end})`]
}

/** What no index is for. */
export const furtherConditions = (
  sql: SqlClient.SqlClient,
  { hosts, tenant, text }: RunsAskedFor,
): ReadonlyArray<Fragment> => [
  ...(tenant === undefined
    ? []
    : [sql`runs.scope_platform = ${tenant.platform}`, sql`runs.scope_tenant = ${tenant.tenant}`]),
  ...(hosts === undefined ? [] : [sql`runs.host ->> '$.id' IN ${sql.in(hosts)}`]),
  ...(text === undefined ? [] : [holds(sql, text)]),
]

/** All that is asked of a run and its body, for those that are found by their keys: no index is looked at for it. */
export const conditionsOf = (sql: SqlClient.SqlClient, filter: RunsAskedFor): ReadonlyArray<Fragment> => {
  const { cwd, provider, states } = filter
  return [
    ...(cwd === undefined ? [] : [sql`(${sql.join(" OR ", false)(placesOf(sql, cwd, `+${directory}`))})`]),
    ...(provider === undefined ? [] : [sql`+runs.provider = ${provider}`]),
    ...(states === undefined ? [] : [sql`+runs.state IN ${sql.in(states)}`]),
    ...furtherConditions(sql, filter),
  ]
}
