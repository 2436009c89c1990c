/** `node:sqlite` as the `SqlClient` of effect/sql. The one file that knows how such a client is made. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"

/** Prepared statements that are kept. The oldest goes first. */
const statementCacheSize = 200

const sqlError = (cause: unknown, operation: string): SqlError.SqlError =>
  new SqlError.SqlError({
    reason: SqlError.classifySqliteError(
      // effect/sql looks for `errno`; node:sqlite says `errcode`.
      cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause,
      { message: "SQLite failed", operation },
    ),
  })

const statementCache = (database: DatabaseSync) => {
  const cache = new Map<string, StatementSync>()
  return (sql: string): StatementSync => {
    const known = cache.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const [oldest] = cache.keys()
    if (cache.size >= statementCacheSize && oldest !== undefined) cache.delete(oldest)
    cache.set(sql, statement)
    return statement
  }
}

type Params = ReadonlyArray<unknown>
type Transform = ((rows: ReadonlyArray<object>) => ReadonlyArray<object>) | undefined

// effect/sql hands over what its compiler made for this dialect.
const bound = (params: Params): Array<SQLInputValue> => params as Array<SQLInputValue>

const makeConnection = (database: DatabaseSync): SqlConnection.Connection => {
  const prepare = statementCache(database)

  const run = <A>(use: (safeIntegers: boolean) => A): Effect.Effect<A, SqlError.SqlError> =>
    Effect.withFiber((fiber) =>
      Effect.try({
        try: () => use(Context.get(fiber.context, SqlClient.SafeIntegers)),
        catch: (cause) => sqlError(cause, "execute"),
      }),
    )

  const rows = (statement: StatementSync, params: Params, transform: Transform, bigInts: boolean) => {
    statement.setReadBigInts(bigInts)
    statement.setReturnArrays(false)
    const found = statement.all(...bound(params))
    return transform === undefined ? found : transform(found)
  }

  const values = (statement: StatementSync, params: Params, bigInts: boolean) => {
    statement.setReadBigInts(bigInts)
    statement.setReturnArrays(true)
    return statement.all(...bound(params)) as unknown as ReadonlyArray<ReadonlyArray<unknown>>
  }

  return {
    execute: (sql, params, transform) => run((bigInts) => rows(prepare(sql), params, transform, bigInts)),
    executeRaw: (sql, params) =>
      run((bigInts) => {
        const statement = prepare(sql)
        return statement.columns().length > 0
          ? rows(statement, params, undefined, bigInts)
          : statement.run(...bound(params))
      }),
    executeValues: (sql, params) => run((bigInts) => values(prepare(sql), params, bigInts)),
    executeValuesUnprepared: (sql, params) => run((bigInts) => values(database.prepare(sql), params, bigInts)),
    executeUnprepared: (sql, params, transform) =>
      run((bigInts) => rows(database.prepare(sql), params, transform, bigInts)),
    // A statement of its own: an open cursor must not be run again from the cache.
    executeStream: (sql, params, transform) =>
      Stream.suspend(() => {
        const found = Stream.fromIterable(database.prepare(sql).iterate(...bound(params)), { chunkSize: 256 })
        return transform === undefined
          ? found
          : Stream.flattenIterable(Stream.mapArray(found, (chunk) => [transform(chunk)] as const))
      }).pipe(Stream.catchDefect((cause) => Stream.fail(sqlError(cause, "stream")))),
  }
}

/** A client on a connection that the caller opened and closes. Its transactions take the write lock when they begin. */
export const make = Effect.fnUntraced(function* (database: DatabaseSync) {
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(makeConnection(database)),
    semaphore: yield* Semaphore.make(1),
    isTransaction: () => database.isTransaction,
  })
  return yield* SqlClient.make({
    ...acquirers,
    driver: "node:sqlite",
    compiler: Statement.makeCompilerSqlite(),
    prepareTransactionControls: true,
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]],
  }).pipe(Effect.provide(Reactivity.layer))
})
