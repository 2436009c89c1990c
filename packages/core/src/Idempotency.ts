/** The same request sent twice is one run: what makes it the same, and what happens when it is not. Pure. */
import * as Schema from "effect/Schema"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { canonicalJson } from "./internal/canonicalJson.ts"
import { keyBytes, makeFingerprint } from "./internal/redactFingerprint.ts"
import { RequestFingerprint } from "./RequestFingerprint.ts"
import { RunId, type RunRequest } from "./Run.ts"
import type { RunEvent } from "./RunEvent.ts"
import { type ErrorInfo, errorInfo } from "./RunyardError.ts"

export { IdempotencyKey, RequestFingerprint }

/** What is kept of a request that had a key: never the request itself. */
export const Receipt = Schema.Struct({
  key: IdempotencyKey,
  fingerprint: RequestFingerprint,
  runId: RunId,
  /** In milliseconds since the epoch. */
  createdAt: Schema.Finite,
})
export type Receipt = typeof Receipt.Type

/** The receipt that a run leaves by its first event; undefined for a request without a key. */
export const receiptOf = (event: Pick<RunEvent, "at" | "payload" | "runId" | "type">): Receipt | undefined => {
  if (event.type !== "run.queued") return undefined
  const { fingerprint, request } = event.payload as Extract<RunEvent, { readonly type: "run.queued" }>["payload"]
  const { idempotencyKey: key } = request
  return key === undefined || fingerprint === undefined
    ? undefined
    : { key, fingerprint, runId: event.runId, createdAt: event.at }
}

/** How long and how many receipts are kept. Until then a key means its request; afterwards it is new again. */
export interface ReceiptRetention {
  readonly ageMillis: number
  /** In one tenant; the oldest go first. */
  readonly count: number
}

/** 30 days, and 100 000 in a tenant. */
export const defaultRetention: ReceiptRetention = { ageMillis: 30 * 24 * 60 * 60_000, count: 100_000 }

const parts = 2

/** A key of its own for each part, made from the installation's: two short fingerprints under one key would be one. */
const partKey = (derive: (text: string) => string, part: number): Uint8Array => {
  const digits = [0, 1, 2, 3].map((index) => derive(`idempotency ${part}.${index}`)).join("")
  return Uint8Array.from({ length: keyBytes }, (_, at) => Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16))
}

/**
 * What a request does, as one text: its keys in order, without its title, which does nothing, and without its scope and
 * its key, by which the receipt is looked up.
 */
const essence = (request: RunRequest): string =>
  canonicalJson({ ...request, idempotencyKey: undefined, scope: undefined, title: undefined })

/**
 * Fingerprints requests as they were made, before anything is masked. Two requests have the same one when they ask for
 * the same, whatever the order of their fields. `key` is the installation's, so that hosts on one store agree.
 */
export const makeRequestFingerprint = (key: Uint8Array): ((request: RunRequest) => RequestFingerprint) => {
  const derive = makeFingerprint(key)
  const prints = Array.from({ length: parts }, (_, part) => makeFingerprint(partKey(derive, part)))
  return (request) => {
    const text = essence(request)
    return RequestFingerprint.make(prints.map((print) => print(text)).join(""))
  }
}

export type IdempotencyDecision =
  /** The key is new, or so old that nobody remembers it. */
  | { readonly kind: "new" }
  /** It was sent before: this is its run. */
  | { readonly kind: "same"; readonly runId: RunId }
  /** `QUEUE_IDEMPOTENCY_CONFLICT`: the key belongs to another request. */
  | { readonly kind: "conflict"; readonly error: ErrorInfo }

/** Decides about a request with a key, by the receipt that the store has for that key in the request's tenant. */
export const decideIdempotency = (
  receipt: Receipt | undefined,
  fingerprint: RequestFingerprint,
  now: number,
  retention: ReceiptRetention = defaultRetention,
): IdempotencyDecision => {
  if (receipt === undefined || isForgotten(receipt, now, retention)) return { kind: "new" }
  if (receipt.fingerprint === fingerprint) return { kind: "same", runId: receipt.runId }
  return { kind: "conflict", error: keyTaken(receipt) }
}

/** Whether a receipt is too old to count, and may be deleted. */
export const isForgotten = (receipt: Receipt, now: number, retention: ReceiptRetention = defaultRetention): boolean =>
  now - receipt.createdAt >= retention.ageMillis

/** What a store fails with that is asked to queue a second run for one key. */
export const keyTaken = ({ key, runId }: Receipt): ErrorInfo =>
  errorInfo("QUEUE_IDEMPOTENCY_CONFLICT", { detail: { runId, key } })
