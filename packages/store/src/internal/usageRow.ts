/** Attempts' usage as rows of `usage_ledger`. Rows are decoded with the schemas of core before they are believed. */
import type { SQLInputValue } from "node:sqlite"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { AttemptUsage } from "@runyard/core/AttemptUsage"
import { LedgerEntry } from "@runyard/core/LedgerEntry"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { UsageMeter } from "@runyard/core/UsageMeter"

export const entryColumns = `run_id, attempt, scope_platform, scope_tenant, scope_workspace, provider, model, session_id,
  account, profile, actor, initiator, at, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, unsplit_tokens,
  tokens_are, nano_usd, cost_source, price_table`

export interface EntryRow {
  readonly id: number
  readonly run_id: string
  readonly attempt: number
  readonly scope_platform: string
  readonly scope_tenant: string
  readonly scope_workspace: string
  readonly provider: string
  readonly model: string | null
  readonly session_id: string | null
  readonly account: string | null
  readonly profile: string | null
  readonly actor: string
  readonly initiator: string
  readonly at: number
  readonly input_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly output_tokens: number
  readonly unsplit_tokens: number
  readonly tokens_are: string
  readonly nano_usd: number | null
  readonly cost_source: string
  readonly price_table: string | null
}

export interface UsageRow extends EntryRow {
  readonly turns: number
  readonly wall_millis: number
  readonly meter: string
}

/** In the order of `entryColumns`, and then turns, wall time and meter. */
export const toParams = ({ entry, meter, turns, wallMillis }: AttemptUsage): ReadonlyArray<SQLInputValue> => [
  entry.runId,
  entry.attempt,
  entry.scope.platform,
  entry.scope.tenant,
  entry.scope.workspace,
  entry.provider,
  entry.model ?? null,
  entry.sessionId ?? null,
  entry.account ?? null,
  entry.profile ?? null,
  entry.actor,
  entry.initiator,
  entry.at,
  entry.charge.tokens.input,
  entry.charge.tokens.cacheRead,
  entry.charge.tokens.cacheWrite,
  entry.charge.tokens.output,
  entry.charge.tokens.unsplit,
  entry.charge.tokensAre,
  entry.charge.money ?? null,
  entry.charge.costSource,
  entry.charge.priceTable ?? null,
  turns,
  wallMillis,
  JSON.stringify(meter),
]

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

const parse = (row: EntryRow): unknown => ({
  ...present({ model: row.model, sessionId: row.session_id, account: row.account, profile: row.profile }),
  runId: row.run_id,
  attempt: row.attempt,
  scope: { platform: row.scope_platform, tenant: row.scope_tenant, workspace: row.scope_workspace },
  provider: row.provider,
  actor: row.actor,
  initiator: row.initiator,
  at: row.at,
  charge: {
    tokens: {
      input: row.input_tokens,
      cacheRead: row.cache_read_tokens,
      cacheWrite: row.cache_write_tokens,
      output: row.output_tokens,
      unsplit: row.unsplit_tokens,
    },
    tokensAre: row.tokens_are,
    ...present({ money: row.nano_usd, priceTable: row.price_table }),
    costSource: row.cost_source,
  },
})

const decodeEntry = Schema.decodeUnknownResult(LedgerEntry)
const decodeMeter = Schema.decodeUnknownResult(Schema.fromJsonString(UsageMeter))

const unreadable = ({ attempt, run_id }: EntryRow): RunyardError =>
  runyardError("STORE_CORRUPT", {
    message: `What attempt ${attempt} of ${run_id} used cannot be read by this version`,
    detail: { runId: run_id },
  })

/** Fails with `STORE_CORRUPT`. */
export const entryOf = (row: EntryRow): Result.Result<LedgerEntry, RunyardError> =>
  Result.mapError(decodeEntry(parse(row)), () => unreadable(row))

/** Fails with `STORE_CORRUPT`. */
export const usageOf = (row: UsageRow): Result.Result<AttemptUsage, RunyardError> =>
  Result.flatMap(entryOf(row), (entry) =>
    Result.mapBoth(decodeMeter(row.meter), {
      onSuccess: (meter) => ({ entry, meter, turns: row.turns, wallMillis: row.wall_millis }),
      onFailure: () => unreadable(row),
    }),
  )
