/** Runs by a text: what of a run is looked at, and the condition that SQL has for it. */
import type { DatabaseSync } from "node:sqlite"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { holdsText, type RunTexts } from "@runyard/core/RunStore"

/** As much of a text as is looked for in JSON before that is parsed: LIKE takes as long as one by the other. */
const maxSought = 64

/** No id has other signs. */
const inIds = /^\w*$/

/** How a part of a text is written inside a JSON string, as a pattern of LIKE, which ignores the case of ASCII. */
const patternOf = (text: string): string => {
  // Half of a pair of code units is written differently where the other half is there.
  const part = text
    .slice(0, maxSought)
    .replace(/^[\udc00-\udfff]/, "")
    .replace(/[\ud800-\udbff]$/, "")
  return `%${JSON.stringify(part)
    .slice(1, -1)
    .replaceAll(/[%_!]/g, (sign) => `!${sign}`)}%`
}

/** The texts of a run from its columns; undefined where they are no JSON. */
export const textsOf = (id: string, request: string, finalMessage: string | null): RunTexts | undefined => {
  try {
    return {
      id,
      request: JSON.parse(request) as RunTexts["request"],
      ...(finalMessage === null ? {} : { finalMessage: JSON.parse(finalMessage) as string }),
    }
  } catch {
    return undefined
  }
}

/** Gives a connection the function that `holds` needs. A run that cannot be read is not passed over. */
export const define = (database: DatabaseSync): void => {
  database.function("run_holds_text", { deterministic: true }, (sought, id, request, finalMessage) => {
    const texts = textsOf(String(id), String(request), finalMessage === null ? null : String(finalMessage))
    return texts === undefined || holdsText(JSON.parse(String(sought)) as string, texts) ? 1 : 0
  })
}

/** Whether a run and its body have the text. Most are known not to have it before their JSON is parsed. */
export const holds = (sql: SqlClient.SqlClient, sought: string): Fragment => {
  const pattern = patternOf(sought)
  const hasPattern = [
    "run_bodies.request",
    "run_bodies.final_message",
    ...(inIds.test(sought) ? ["runs.run_id"] : []),
  ].map((column) => sql`${sql.literal(column)} LIKE ${pattern} ESCAPE '!'`)
  return sql`((${sql.join(" OR ", false)(hasPattern)})
    AND run_holds_text(${JSON.stringify(sought)}, runs.run_id, run_bodies.request, run_bodies.final_message))`
}
