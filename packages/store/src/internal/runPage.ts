/**
 * Which runs are on a page of the list. A page is put together from walks, each over the newest of one state in one place,
 * so that an index gives them in their order and a walk is as long as the page: one query for several states or
 * directories would read and sort all that have them.
 */
import { RunState } from "@runyard/core/Run"
import type { RunFilter } from "@runyard/core/RunStore"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"

/** As much of a text as is looked for in JSON before that is parsed. */
const maxSought = 500

/** How a part of a text is written inside a JSON string, as a pattern of LIKE, which ignores the case of ASCII. */
const patternOf = (text: string): string => {
  const part = text.slice(0, maxSought).replace(/[\ud800-\udbff]$/, "")
  return `%${JSON.stringify(part)
    .slice(1, -1)
    .replaceAll(/[%_!]/g, (sign) => `!${sign}`)}%`
}

/** The texts that begin with the path of a directory and a separator: from the first on, up to the second. */
const below = (directory: string): readonly [string, string] => {
  const [separator, next] = directory.startsWith("/") ? ["/", "0"] : ["\\", "]"]
  const stem = directory.endsWith(separator) ? directory.slice(0, -1) : directory
  return [`${stem}${separator}`, `${stem}${next}`]
}

const undefinedAlone: ReadonlyArray<undefined> = [undefined]

/** The keys of the runs, newest first. @param before the key of the last run of the page before. */
export const runPage = (
  sql: SqlClient.SqlClient,
  { cwd, hosts, provider, states, tenant, text }: Omit<RunFilter, "before" | "limit">,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Fragment => {
  // SQL's lower-case is that of ASCII. Most JSON is known not to have it before it is parsed.
  const holds = (sought: string) => sql`(instr(lower(runs.run_id), lower(${sought})) > 0
    OR (run_bodies.request LIKE ${patternOf(sought)} ESCAPE '!' AND (
      instr(lower(run_bodies.request ->> '$.title'), lower(${sought})) > 0
      OR instr(lower(run_bodies.request ->> '$.prompt'), lower(${sought})) > 0))
    OR instr(lower(run_bodies.final_message), lower(${sought})) > 0)`

  const walk = (state: string | undefined, place: Fragment | undefined): Fragment => {
    const key = sql.literal(place === undefined ? "runs.id" : "run_bodies.run")
    const ofRuns = [state, tenant, provider, hosts, text].some((part) => part !== undefined)
    const from = sql.literal(
      place === undefined
        ? `runs${text === undefined ? "" : " JOIN run_bodies ON run_bodies.run = runs.id"}`
        : // In this order, and alone where that will do: only the index of the directories gives what is asked for.
          `run_bodies${ofRuns ? " CROSS JOIN runs ON runs.id = run_bodies.run" : ""}`,
    )
    const conditions = [
      ...(place === undefined ? [] : [place]),
      ...(state === undefined ? [] : [sql`runs.state = ${state}`]),
      ...(tenant === undefined
        ? []
        : [sql`runs.scope_platform = ${tenant.platform}`, sql`runs.scope_tenant = ${tenant.tenant}`]),
      ...(provider === undefined ? [] : [sql`runs.provider = ${provider}`]),
      ...(hosts === undefined ? [] : [sql`runs.host ->> '$.id' IN ${sql.in(hosts)}`]),
      ...(text === undefined ? [] : [holds(text)]),
      ...(before === undefined ? [] : [sql`${key} < ${before}`]),
    ]
    return sql`SELECT * FROM (SELECT ${key} FROM ${from} WHERE ${sql.and(conditions)} ORDER BY ${key} DESC LIMIT ${limit})`
  }

  const directory = sql`(run_bodies.request ->> '$.cwd')`
  const [first, end] = below(cwd ?? "")
  const places =
    cwd === undefined
      ? undefinedAlone
      : [sql`${directory} = ${cwd}`, sql`(${directory} >= ${first} AND ${directory} < ${end})`]
  // A provider's runs are found state by state, so that they need no index of their own.
  const all = provider === undefined || cwd !== undefined ? undefinedAlone : RunState.literals
  const walks = (states ?? all).flatMap((state) => places.map((place) => walk(state, place)))
  return sql.join(" UNION ALL ", false)(walks)
}
