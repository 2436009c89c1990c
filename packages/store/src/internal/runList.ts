/**
 * A page of the list of runs. Where indexes leave many runs, of which only a text or a directory that many work below decides,
 * the newest are looked at first: what many have is soon found. Only where it is not, the page goes on with what an index
 * says of the text or the directory.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import type { RunyardError } from "@runyard/core/RunyardError"
import { conditionsOf, placesOf, type RunsAskedFor } from "./runConditions.ts"
import { everyProvider, isByProvider, runPage } from "./runPage.ts"
import { type RunRow, runSelection } from "./runRow.ts"
import type { TextPiece } from "./runTextIndex.ts"
import { soughtGrams } from "./textGrams.ts"

/** As many runs are found by their directory and then sorted. */
const maxSorted = 2_000

/** As many of the newest are looked at one by one. */
const newestLookedAt = 512

/** As many runs that may have a text are looked at before it is asked what else there is. */
const keysBeforeJudging = 1_024

interface Reading {
  readonly sql: SqlClient.SqlClient
  readonly query: <A>(effect: Effect.Effect<A, SqlError>) => Effect.Effect<A, RunyardError>
  /** Which runs below a key may have these pieces of a text. */
  readonly piece: (grams: ReadonlyArray<number>, below: number) => Effect.Effect<TextPiece | undefined, RunyardError>
}

interface Place {
  readonly before: number | undefined
  readonly limit: number
}

type Rows = Effect.Effect<ReadonlyArray<RunRow>, RunyardError>

export const make = ({ piece, query, sql }: Reading) => {
  const selection = sql.literal(runSelection)

  const rowsOf = (keys: Fragment, limit: number): Rows =>
    query(sql<RunRow>`SELECT ${selection} WHERE runs.id IN (${keys}) ORDER BY runs.id DESC LIMIT ${limit}`)

  const pageOf = Effect.fnUntraced(function* (
    filter: RunsAskedFor,
    { before, from, limit }: Place & { readonly from?: number },
  ): Effect.fn.Return<Fragment | undefined, RunyardError> {
    const providers = isByProvider(filter) ? (yield* query(everyProvider(sql))).map(({ provider }) => provider) : []
    if (isByProvider(filter) && providers.length === 0) return undefined
    return runPage(sql, filter, { before, limit, providers, ...(from === undefined ? {} : { from }) })
  })

  /** What indexes give in its order, or what is so little that it is sorted. */
  const direct = Effect.fnUntraced(function* (
    filter: RunsAskedFor,
    place: Place & { readonly from?: number },
  ): Effect.fn.Return<ReadonlyArray<RunRow>, RunyardError> {
    const keys = yield* pageOf(filter, place)
    return keys === undefined ? [] : yield* rowsOf(keys, place.limit)
  })

  const isCrowded = Effect.fnUntraced(function* (cwd: string) {
    const [exact, below] = placesOf(sql, cwd)
    const some = (place: Fragment) => sql`SELECT * FROM (SELECT run FROM run_bodies WHERE ${place} LIMIT ${maxSorted})`
    const [row] = yield* query(
      sql<{ count: number }>`SELECT count(*) AS count FROM (${some(exact)} UNION ALL ${some(below)})`,
    )
    return (row?.count ?? 0) >= maxSorted
  })

  /** Those of some runs, newest first, that the filter asks for; more and more at once, until there are enough. */
  const among = Effect.fnUntraced(function* (
    keys: ReadonlyArray<number>,
    filter: RunsAskedFor,
    limit: number,
  ): Effect.fn.Return<ReadonlyArray<RunRow>, RunyardError> {
    const conditions = sql.and(conditionsOf(sql, filter))
    const found: Array<RunRow> = []
    for (let [at, count] = [0, Math.max(limit, 64)]; at < keys.length && found.length < limit; count *= 4) {
      const some = JSON.stringify(keys.slice(at, at + count))
      const missing = limit - found.length
      const page = sql`
        SELECT runs.id FROM runs JOIN run_bodies ON run_bodies.run = runs.id
        WHERE runs.id IN (SELECT value FROM json_each(${some})) AND ${conditions} ORDER BY runs.id DESC LIMIT ${missing}`
      found.push(...(yield* rowsOf(page, missing)))
      at += count
    }
    return found
  })

  const newest = Effect.fnUntraced(function* (
    filter: RunsAskedFor,
    before: number | undefined,
  ): Effect.fn.Return<ReadonlyArray<number>, RunyardError> {
    const { cwd: _, text: __, ...indexed } = filter
    const page = yield* pageOf(indexed, { before, limit: newestLookedAt })
    if (page === undefined) return []
    const rows = yield* query(sql<{ id: number }>`SELECT id FROM (${page}) ORDER BY id DESC LIMIT ${newestLookedAt}`)
    return rows.map(({ id }) => id)
  })

  /**
   * Whether it is better to leave the index of the texts, of which so many runs below a key are expected: to read them by their
   * keys takes about three times as long as in their order, and another index may have fewer.
   */
  const isBetterWalked = Effect.fnUntraced(function* (filter: RunsAskedFor, below: number, expected: number) {
    if (expected > below / 3) return true
    const { cwd, provider, states } = filter
    if (cwd === undefined && provider === undefined && states === undefined) return false
    const { hosts: _, tenant: __, text: ___, ...indexed } = filter
    const page = yield* pageOf(indexed, { before: below, limit: Math.ceil(expected) })
    if (page === undefined) return true
    const [row] = yield* query(sql<{ count: number }>`SELECT count(*) AS count FROM (${page})`)
    return (row?.count ?? 0) < expected
  })

  /** Asks the index of the texts piece by piece. */
  const byText = Effect.fnUntraced(function* (
    filter: RunsAskedFor,
    text: string,
    { before, limit }: { readonly before: number; readonly limit: number },
  ): Effect.fn.Return<ReadonlyArray<RunRow>, RunyardError> {
    const grams = soughtGrams(text)
    const found: Array<RunRow> = []
    let [tried, judgeAt] = [0, keysBeforeJudging]
    for (let below = before; found.length < limit;) {
      if (tried >= judgeAt) {
        const expected = (tried / (before - below)) * below
        if (yield* isBetterWalked(filter, below, expected)) {
          return [...found, ...(yield* direct(filter, { before: below, limit: limit - found.length }))]
        }
        judgeAt = tried * 2
      }
      const next = yield* piece(grams, below)
      if (next === undefined) break
      const missing = limit - found.length
      const rows =
        next.keys === undefined
          ? direct(filter, { before: below, from: next.from, limit: missing })
          : among(next.keys, filter, missing)
      found.push(...(yield* rows))
      tried += next.keys?.length ?? 0
      below = next.from
    }
    return found
  })

  return Effect.fnUntraced(function* (
    filter: RunsAskedFor,
    { before, limit }: Place,
  ): Effect.fn.Return<ReadonlyArray<RunRow>, RunyardError> {
    const { cwd, text } = filter
    const isNarrow = cwd === undefined ? text === undefined : !(yield* isCrowded(cwd))
    if (isNarrow) return yield* direct(filter, { before, limit })
    const keys = yield* newest(filter, before)
    const found = yield* among(keys, filter, limit)
    const last = keys.at(-1)
    if (found.length >= limit || keys.length < newestLookedAt || last === undefined) return found
    const rest = { before: last, limit: limit - found.length }
    return [...found, ...(yield* text === undefined ? direct(filter, rest) : byText(filter, text, rest))]
  })
}
