/**
 * Which runs are on a page of the list. A page is put together from walks, each over the newest of one provider and state, or
 * of one place, so that an index gives them in their order and a walk is as long as the page: one query for several would
 * read and sort all that have them.
 */
import { RunState } from "@runyard/core/Run"
import type { RunFilter } from "@runyard/core/RunStore"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { furtherConditions, placesOf, type RunsAskedFor } from "./runConditions.ts"

const undefinedAlone: ReadonlyArray<undefined> = [undefined]

/** As many walks as a page may have: SQLite puts 500 queries together at most. More are one walk over all runs. */
const maxWalks = 400

/** The providers that there are runs of, as long as a page may have a walk for each; one look at an index for each. */
export const everyProvider = (sql: SqlClient.SqlClient) => sql<{ provider: string }>`
  WITH RECURSIVE each (provider) AS (
    SELECT min(provider) FROM runs
    UNION ALL
    SELECT (SELECT min(provider) FROM runs WHERE provider > each.provider) FROM each WHERE each.provider IS NOT NULL)
  SELECT provider FROM each WHERE provider IS NOT NULL LIMIT ${maxWalks + 1}`

/** Whether a page is put together from those of each provider. */
export const isByProvider = ({ cwd, provider, states }: RunFilter): boolean =>
  cwd === undefined && provider === undefined && states !== undefined

interface Page {
  /** The key of the last run of the page before. */
  readonly before: number | undefined
  /** Only keys from this one on. */
  readonly from?: number
  readonly limit: number
  /** All that there are, where the page is put together from theirs. */
  readonly providers: ReadonlyArray<string>
}

/** The keys of the runs, newest first. */
export const runPage = (
  sql: SqlClient.SqlClient,
  filter: RunsAskedFor,
  { before, from: first, limit, providers }: Page,
): Fragment => {
  const { cwd, hosts, states, tenant, text } = filter
  const walk = (
    provider: string | undefined,
    among: ReadonlyArray<string> | undefined,
    place: Fragment | undefined,
  ): Fragment => {
    const key = sql.literal(place === undefined ? "runs.id" : "run_bodies.run")
    const ofRuns = [among, tenant, provider, hosts, text].some((part) => part !== undefined)
    const from = sql.literal(
      place === undefined
        ? `runs${text === undefined ? "" : " JOIN run_bodies ON run_bodies.run = runs.id"}`
        : // In this order, and alone where that will do: only the index of the directories gives what is asked for.
          `run_bodies${ofRuns ? " CROSS JOIN runs ON runs.id = run_bodies.run" : ""}`,
    )
    const conditions = [
      ...(place === undefined ? [] : [place]),
      ...(among === undefined ? [] : [sql.in("runs.state", among)]),
      ...(provider === undefined ? [] : [sql`runs.provider = ${provider}`]),
      ...(before === undefined ? [] : [sql`${key} < ${before}`]),
      ...(first === undefined ? [] : [sql`${key} >= ${first}`]),
      ...furtherConditions(sql, filter),
    ]
    return sql`SELECT * FROM (SELECT ${key} FROM ${from} WHERE ${sql.and(conditions)} ORDER BY ${key} DESC LIMIT ${limit})`
  }

  const places = cwd === undefined ? undefinedAlone : placesOf(sql, cwd)
  const each = isByProvider(filter) ? providers : [filter.provider]
  // Those of one provider, too, are found state by state, so that they need no index of their own.
  const split = states ?? (filter.provider === undefined || cwd !== undefined ? undefined : RunState.literals)
  const kinds = split?.map((state) => [state]) ?? undefinedAlone
  const many = each.length * kinds.length * places.length > maxWalks
  const walks = (many ? [filter.provider] : each).flatMap((provider) =>
    (many ? [states] : kinds).flatMap((among) => places.map((place) => walk(provider, among, place))),
  )
  return sql.join(" UNION ALL ", false)(walks)
}
