/** The statements of receipts, on the connection of the append path: a run and its receipt are stored in one transaction. */
import type { DatabaseSync } from "node:sqlite"
import { defaultRetention, isForgotten, type Receipt } from "@runyard/core/Idempotency"
import type { IdempotencyKey } from "@runyard/core/IdempotencyKey"
import type { Scope } from "@runyard/core/Run"

/** Receipts that are forgotten with each new one, at most: more than one, so that the table shrinks. */
const sweepAtOnce = 16
/** New receipts after which those of a tenant are counted. */
const countEvery = 1_024

const prepareAll = (database: DatabaseSync) => ({
  find: database.prepare(`
    SELECT key, fingerprint, run_id AS runId, created_at AS createdAt FROM run_receipts
    WHERE scope_platform = ? AND scope_tenant = ? AND key = ?`),
  put: database.prepare(`
    INSERT OR REPLACE INTO run_receipts (scope_platform, scope_tenant, key, fingerprint, run_id, created_at)
    VALUES (?, ?, ?, ?, ?, ?)`),
  forget: database.prepare(`
    DELETE FROM run_receipts WHERE id IN (
      SELECT id FROM run_receipts WHERE created_at <= ? ORDER BY created_at LIMIT ${sweepAtOnce})`),
  keepNewest: database.prepare(`
    DELETE FROM run_receipts WHERE scope_platform = ?1 AND scope_tenant = ?2 AND id <= (
      SELECT id FROM run_receipts WHERE scope_platform = ?1 AND scope_tenant = ?2
      ORDER BY id DESC LIMIT 1 OFFSET ${defaultRetention.count})`),
})

type Tenant = Pick<Scope, "platform" | "tenant">

/** Every method is synchronous and throws what SQLite throws; all are for the inside of a transaction. */
export class ReceiptTable {
  private readonly statements: ReturnType<typeof prepareAll>

  constructor(database: DatabaseSync) {
    this.statements = prepareAll(database)
  }

  find({ platform, tenant }: Tenant, key: IdempotencyKey, now: number): Receipt | undefined {
    const found = this.statements.find.get(platform, tenant, key) as Receipt | undefined
    return found === undefined || isForgotten(found, now) ? undefined : found
  }

  /** In place of one that is forgotten. */
  put({ platform, tenant }: Tenant, { createdAt, fingerprint, key, runId }: Receipt): void {
    const { forget, keepNewest, put } = this.statements
    const { lastInsertRowid } = put.run(platform, tenant, key, fingerprint, runId, createdAt)
    forget.run(createdAt - defaultRetention.ageMillis)
    if (Number(lastInsertRowid) % countEvery === 0) keepNewest.run(platform, tenant)
  }
}
