/** Sealed requests in SQLite: AES-256-GCM, with a key that is not in the store. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { PromptSeal, sealedStates } from "@runyard/core/PromptSeal"
import { type RunId, RunRequest } from "@runyard/core/Run"
import type { RunyardError } from "@runyard/core/RunyardError"
import type { Access } from "./internal/databaseFile.ts"
import { retryBusy, storeError } from "./internal/storeError.ts"

const cipher = "aes-256-gcm"
const nonceBytes = 12
const tagBytes = 16
/** In front of every sealed request: how it is sealed. */
const format = 1
/** A sealed request without a run is of a host that died between the two. No submit takes so long, in milliseconds. */
const orphanedAfterMillis = 60 * 60 * 1000

const decodeRequest = Schema.decodeUnknownOption(Schema.fromJsonString(RunRequest))

/** Bound to its run: it does not open for another one. Format, nonce, tag, text. */
const close = (key: Uint8Array, id: RunId, text: string): Uint8Array => {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(id))
  const sealed = Buffer.concat([sealing.update(text, "utf8"), sealing.final()])
  return new Uint8Array(Buffer.concat([Buffer.from([format]), nonce, sealing.getAuthTag(), sealed]))
}

const open = (key: Uint8Array, id: RunId, sealed: Uint8Array): Option.Option<string> => {
  if (sealed[0] !== format) return Option.none()
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
  const unsealing = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(id))
  return Option.liftThrowable(() => {
    const opened = unsealing.setAuthTag(tag).update(sealed.subarray(1 + nonceBytes + tagBytes))
    return Buffer.concat([opened, unsealing.final()]).toString("utf8")
  })()
}

/** @param secret the installation's; the key is derived from it. */
export const make = Effect.fnUntraced(function* (
  filename: string,
  secret: Uint8Array,
  access: Access,
): Effect.fn.Return<PromptSeal["Service"], RunyardError, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const query = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.mapError(effect, storeError(filename)))
  const key = new Uint8Array(hkdfSync("sha256", secret, "", "runyard sealed request", 32))

  const seal = Effect.fn("PromptSeal.seal")(function* (id: RunId, request: RunRequest) {
    const at = yield* Clock.currentTimeMillis
    const sealed = close(key, id, JSON.stringify(request))
    yield* query(sql`INSERT OR REPLACE INTO sealed_requests (run_id, at, sealed) VALUES (${id}, ${at}, ${sealed})`)
  })

  const unseal = Effect.fn("PromptSeal.unseal")(function* (id: RunId) {
    const [row] = yield* query(sql<{ sealed: Uint8Array }>`SELECT sealed FROM sealed_requests WHERE run_id = ${id}`)
    if (row === undefined) return undefined
    return Option.getOrUndefined(Option.flatMap(open(key, id, row.sealed), decodeRequest))
  })

  const destroy = Effect.fn("PromptSeal.destroy")(function* (id: RunId) {
    yield* query(sql`DELETE FROM sealed_requests WHERE run_id = ${id}`)
  })

  if (access !== "read-only") {
    const now = yield* Clock.currentTimeMillis
    yield* query(sql`
      DELETE FROM sealed_requests WHERE at < ${now - orphanedAfterMillis}
        AND run_id NOT IN (SELECT run_id FROM runs WHERE ${sql.in("state", sealedStates)})`)
  }

  return PromptSeal.of({ seal, unseal, destroy })
})
