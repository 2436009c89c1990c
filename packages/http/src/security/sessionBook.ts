/** The sessions of browsers: opened by one-time codes, closed by the page or by time. */
import { randomUUID } from "node:crypto"
import type { Principal } from "../Principal.ts"
import { oneTimeCodes } from "./OneTimeCodes.ts"
import { clientDigest, newSessionId, readSession, sessionIn, sessionKey, writeSession } from "./sessionCookie.ts"

export interface SessionOptions {
  /** Whom a browser becomes. */
  readonly principal: Principal
  /** The token that the signatures of sessions are derived from: another token ends all of them. */
  readonly token: string
  /** Default: 12 hours. */
  readonly lifeMillis?: number
  /** How long a code works, from 1 to 10 minutes. Default: 5 minutes. */
  readonly codeLifeMillis?: number
  /** Whether the browser sends the cookie over TLS alone. Default: no. */
  readonly secure?: boolean
  /** Names this server, so that codes for its links work nowhere else. Default: a new one. */
  readonly server?: string
}

export interface SessionBook {
  /** A one-time code for a link. */
  readonly issueCode: (now: number) => string
  /**
   * Exchanges a code for a session; undefined when the code is none, or used, or too old.
   * @param client what the page sends as `x-runyard-client`, now and with each later request.
   */
  readonly open: (
    code: string,
    client: string,
    now: number,
  ) => { readonly principal: Principal; readonly value: string; readonly maxAgeSeconds: number } | undefined
  /** Ends a session until this program ends. */
  readonly close: (value: string, client: string, now: number) => void
  /** Who has the session of a `Cookie` header. */
  readonly read: (cookies: string, client: string, now: number) => Principal | undefined
  /** Whether the cookie goes over TLS alone. */
  readonly secure: boolean
}

/** Closed sessions that are remembered until they would have ended; of more the oldest are forgotten. */
const maxClosed = 10_000

export const sessionBook = (options: SessionOptions): SessionBook => {
  const { codeLifeMillis = 300_000, lifeMillis = 43_200_000, principal: owner, secure = false, token } = options
  const { server = randomUUID() } = options
  const key = sessionKey(token)
  const codes = oneTimeCodes({ token, server }, codeLifeMillis)
  const closed = new Map<string, number>()
  return {
    secure,
    issueCode: codes.issue,
    open: (code, client, now) => {
      if (!codes.redeem(code, now)) return undefined
      const id = newSessionId()
      const expiresAt = now + lifeMillis
      return {
        principal: owner,
        value: writeSession(key, { id, name: owner.name, expiresAt, client: clientDigest(client) }),
        maxAgeSeconds: Math.floor(lifeMillis / 1000),
      }
    },
    close: (value, client, now) => {
      const session = readSession(key, value, { client, now })
      if (session !== undefined) closed.set(session.id, session.expiresAt)
      for (const [id, until] of closed) {
        if (until > now && closed.size <= maxClosed) break
        closed.delete(id)
      }
    },
    read: (cookies, client, now) => {
      const value = sessionIn(cookies)
      const session = value === undefined ? undefined : readSession(key, value, { client, now })
      return session === undefined || session.name !== owner.name || closed.has(session.id) ? undefined : owner
    },
  }
}
