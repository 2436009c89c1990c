/** Circuit breakers in SQLite, on the connection of the event log: a row for each account that something is known against. */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Breaker, Breakers, isSpotless } from "@runyard/core/Breakers"
import { BreakerState, closedBreaker } from "@runyard/core/CircuitBreaker"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { LogTable } from "./internal/logTable.ts"
import { retryBusy } from "./internal/storeError.ts"

interface Row {
  readonly account: string
  readonly state: string
}

const prepareAll = (database: DatabaseSync) => ({
  all: database.prepare("SELECT account, state FROM circuit_breakers ORDER BY account"),
  get: database.prepare("SELECT account, state FROM circuit_breakers WHERE account = ?"),
  put: database.prepare("INSERT OR REPLACE INTO circuit_breakers (account, state) VALUES (?, ?)"),
  remove: database.prepare("DELETE FROM circuit_breakers WHERE account = ?"),
})

interface Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly mapError: (cause: unknown) => RunyardError
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(BreakerState))

const stateOf = ({ account, state }: Row): Result.Result<BreakerState, RunyardError> =>
  Result.mapError(decode(state), () =>
    runyardError("STORE_CORRUPT", {
      message: "What is known against a provider's account cannot be read by this version",
      detail: { account },
    }),
  )

export const make = ({ database, mapError, table }: Connection): Breakers["Service"] => {
  // Prepared late: a store that can only be read, and one that was just made, have to open first.
  let prepared: ReturnType<typeof prepareAll> | undefined
  const statements = () => (prepared ??= prepareAll(database))
  const attempt = <A>(use: () => Result.Result<A, RunyardError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.flatMap(Effect.try({ try: use, catch: mapError }), Effect.fromResult))

  const read = (account: string): Result.Result<BreakerState, RunyardError> => {
    const row = statements().get.get(account) as unknown as Row | undefined
    return row === undefined ? Result.succeed(closedBreaker) : stateOf(row)
  }

  const write = (account: string, state: BreakerState): void => {
    if (isSpotless(state)) statements().remove.run(account)
    else statements().put.run(account, JSON.stringify(state))
  }

  return Breakers.of({
    all: attempt(() => {
      const found: Array<Breaker> = []
      for (const row of statements().all.all() as unknown as ReadonlyArray<Row>) {
        const state = stateOf(row)
        if (Result.isFailure(state)) return Result.fail(state.failure)
        found.push({ account: row.account, state: state.success })
      }
      return Result.succeed(found)
    }),
    get: (account) => attempt(() => read(account)),
    change: (account, change) =>
      attempt(() =>
        table.transact(() =>
          Result.map(read(account), (before) => {
            const [answer, after] = change(before)
            if (after !== before) write(account, after)
            return answer
          }),
        ),
      ),
  })
}
