/** Receipts of requests with keys, in memory. */
import { defaultRetention, isForgotten, keyTaken, type Receipt, receiptOf } from "../Idempotency.ts"
import type { IdempotencyKey } from "../IdempotencyKey.ts"
import type { Scope } from "../Run.ts"
import type { RunEvent } from "../RunEvent.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"

type Tenant = Pick<Scope, "platform" | "tenant">

export interface MemoryReceipts {
  /** The error for a new run whose key another run has. */
  readonly conflict: (tenant: Tenant, events: ReadonlyArray<RunEvent>) => RunyardError | undefined
  /** Keeps the receipt of a new run. */
  readonly keep: (tenant: Tenant, events: ReadonlyArray<RunEvent>) => void
  readonly find: (tenant: Tenant, key: IdempotencyKey, now: number) => Receipt | undefined
}

export const memoryReceipts = (): MemoryReceipts => {
  /** By tenant and key, oldest first. */
  const tenants = new Map<string, Map<IdempotencyKey, Receipt>>()

  const find: MemoryReceipts["find"] = ({ platform, tenant }, key, now) => {
    const found = tenants.get(JSON.stringify([platform, tenant]))?.get(key)
    return found === undefined || isForgotten(found, now) ? undefined : found
  }

  const keep = ({ platform, tenant }: Tenant, receipt: Receipt) => {
    const place = JSON.stringify([platform, tenant])
    const kept = tenants.get(place) ?? new Map<IdempotencyKey, Receipt>()
    tenants.set(place, kept)
    kept.delete(receipt.key)
    kept.set(receipt.key, receipt)
    for (const [key, oldest] of kept) {
      if (kept.size <= defaultRetention.count && !isForgotten(oldest, receipt.createdAt)) break
      kept.delete(key)
    }
  }

  return {
    find,
    conflict: (tenant, [first]) => {
      const receipt = first === undefined ? undefined : receiptOf(first)
      const other = receipt === undefined ? undefined : find(tenant, receipt.key, receipt.createdAt)
      return other === undefined ? undefined : runyardError("QUEUE_IDEMPOTENCY_CONFLICT", keyTaken(other))
    },
    keep: (tenant, [first]) => {
      const receipt = first === undefined ? undefined : receiptOf(first)
      if (receipt !== undefined) keep(tenant, receipt)
    },
  }
}
