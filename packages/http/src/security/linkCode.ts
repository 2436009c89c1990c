/**
 * Codes for links that open one session each. They are signed with what the token gives, for one server: whoever has the
 * token can make one without asking that server, which is then sent nothing but the code itself.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

export interface LinkCodeOf {
  /** At least 32 characters. */
  readonly token: string
  /** Which server takes it: what that has been given as its name, or has chosen at its start. */
  readonly server: string
}

/** Longest life of a code, in milliseconds. */
export const maxCodeLife = 600_000

const idBytes = 16
const timeBytes = 6
const headBytes = idBytes + timeBytes
const shape = /^[A-Za-z0-9_-]{72}$/

const sign = ({ server, token }: LinkCodeOf, head: Uint8Array): Buffer => {
  const key = createHmac("sha256", token).update("runyard link v1").digest()
  return createHmac("sha256", key).update(`${server}\n`).update(head).digest()
}

/** A new code, 128 random bits and until when it works. @param now in milliseconds since 1970. */
export const makeLinkCode = (of: LinkCodeOf, now: number, lifeMillis: number): string => {
  const head = Buffer.alloc(headBytes)
  randomBytes(idBytes).copy(head)
  head.writeUIntBE(now + Math.min(lifeMillis, maxCodeLife), idBytes, timeBytes)
  return Buffer.concat([head, sign(of, head)]).toString("base64url")
}

/** Undefined unless it was made with this token for this server and is not over yet. */
export const readLinkCode = (
  of: LinkCodeOf,
  code: string,
  now: number,
): { readonly id: string; readonly expiresAt: number } | undefined => {
  if (!shape.test(code)) return undefined
  const bytes = Buffer.from(code, "base64url")
  const head = bytes.subarray(0, headBytes)
  const expiresAt = head.readUIntBE(idBytes, timeBytes)
  const isSigned = timingSafeEqual(bytes.subarray(headBytes), sign(of, head))
  // One that would last longer was made by a clock that was wrong.
  const isNow = expiresAt > now && expiresAt <= now + maxCodeLife
  return isSigned && isNow ? { id: head.toString("base64url", 0, idBytes), expiresAt } : undefined
}
