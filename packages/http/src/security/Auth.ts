/** How a host finds out who sends a request. */
import type { Tenant } from "@runyard/core/Run"
import { ApiScope } from "../ApiScope.ts"
import type { Principal } from "../Principal.ts"
import { isSameSecret } from "./compare.ts"
import { sessionBook, type SessionBook, type SessionOptions } from "./sessionBook.ts"

/** What of a request may say who sends it. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  /** The value of `x-runyard-client`, which a page of another origin cannot send. */
  readonly client: string | undefined
  readonly request: Request
}

export interface Auth {
  /**
   * Who sends it; undefined: nobody that is known. Where cookies say so, let them count together with `client` alone: a
   * cookie is sent by whatever page, form or image makes the browser do so.
   */
  readonly authenticate: (credentials: Credentials) => Promise<Principal | undefined> | Principal | undefined
  /** Sessions of browsers. Default: none. */
  readonly sessions?: SessionBook
}

export interface TokenAuthOptions extends Pick<SessionOptions, "codeLifeMillis" | "lifeMillis" | "secure" | "server"> {
  /** At least 32 characters. */
  readonly token: string
  readonly scopes: "all" | ReadonlyArray<ApiScope>
  /** The tenant that whoever has the token belongs to. Default: none, it sees all of them. */
  readonly tenant?: Tenant
  /** Stands in the ledger and in the session's cookie: at most 64 letters, digits, `-` and `_`. Default: `local`. */
  readonly name?: string
}

const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/i

const nameShape = /^[A-Za-z0-9_-]{1,64}$/

/** One token, and sessions for browsers that are derived from it. Throws when the token is too short, or the name is none. */
export const tokenAuth = (options: TokenAuthOptions): Auth & { readonly sessions: SessionBook } => {
  const { name = "local", scopes, tenant, token, ...rest } = options
  if (token.length < 32) throw new Error("A token has at least 32 characters")
  if (!nameShape.test(name)) throw new Error("A name has 1 to 64 letters, digits, dashes and underscores")
  const principal: Principal = {
    name,
    scopes: scopes === "all" ? ApiScope.literals : scopes,
    ...(tenant === undefined ? {} : { tenant }),
  }
  const sessions = sessionBook({ ...rest, token, principal })
  return {
    sessions,
    authenticate: ({ authorization, client, cookie }) => {
      if (authorization !== undefined) {
        const [, sent] = bearer.exec(authorization) ?? []
        return sent !== undefined && isSameSecret(sent, token) ? principal : undefined
      }
      return cookie === undefined || client === undefined ? undefined : sessions.read(cookie, client, Date.now())
    },
  }
}
