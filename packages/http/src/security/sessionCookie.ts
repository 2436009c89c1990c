/** The session of a browser as a signed value: nothing is stored, so that it outlives a restart of the server. */
import { createHmac, randomBytes } from "node:crypto"
import { digestOf, isSameSecret } from "./compare.ts"

export const cookieName = "runyard_session"

export interface SessionValue {
  /** Random, and names the session. */
  readonly id: string
  /** The name of the principal. */
  readonly name: string
  /** In milliseconds since 1970. */
  readonly expiresAt: number
  /**
   * What the page sends in `x-runyard-client`, as a digest. Cookies belong to a host and not to a port, so that another
   * local server may get to see this one: without that header's value it is worth nothing.
   */
  readonly client: string
}

const version = "v1"
/** A value is signed for a name of letters, digits, `-` and `_`; dots part the fields. */
const shape = /^v1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{1,64})\.(\d{1,15})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

export const clientDigest = (client: string): string => digestOf(client).toString("base64url")

export const newSessionId = (): string => randomBytes(16).toString("base64url")

const sign = (key: Uint8Array, text: string): string => createHmac("sha256", key).update(text).digest("base64url")

/** The key that signs sessions is derived from the token: another token ends all of them. */
export const sessionKey = (token: string): Uint8Array =>
  createHmac("sha256", token).update("runyard session v1").digest()

export const writeSession = (key: Uint8Array, { client, expiresAt, id, name }: SessionValue): string => {
  const text = [version, id, name, expiresAt, client].join(".")
  return `${text}.${sign(key, text)}`
}

/** Undefined unless this key signed it, it is not over yet, and it was made for this client. */
export const readSession = (
  key: Uint8Array,
  value: string,
  { client, now }: { readonly client: string; readonly now: number },
): SessionValue | undefined => {
  const [, id, name, until, made, signature] = shape.exec(value) ?? []
  if (id === undefined || name === undefined || made === undefined || signature === undefined) return undefined
  const expiresAt = Number(until)
  const signed = isSameSecret(signature, sign(key, [version, id, name, expiresAt, made].join(".")))
  return signed && expiresAt > now && isSameSecret(made, clientDigest(client))
    ? { id, name, expiresAt, client: made }
    : undefined
}

/** The one session of a Cookie header. Two of them are none: nobody knows which one is meant. */
export const sessionIn = (header: string): string | undefined => {
  const found = header
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${cookieName}=`))
  return found.length === 1 ? found[0]?.slice(cookieName.length + 1) : undefined
}
