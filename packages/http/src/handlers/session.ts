/** Routes of a browser's session. */
import * as Effect from "effect/Effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../Api.ts"
import { CurrentPrincipal, sessionCookie, Sessions } from "../Principal.ts"
import { answered } from "./answered.ts"

/** No script reads it, and no other site's request carries it. */
const setCookie = (value: string, maxAgeSeconds: number) =>
  HttpEffect.appendPreResponseHandler((_, response) =>
    Effect.succeed(
      HttpServerResponse.setCookieUnsafe(response, sessionCookie, value, {
        httpOnly: true,
        sameSite: "strict",
        path: "/",
        maxAge: maxAgeSeconds * 1000,
      }),
    ),
  )

export const sessionHandlers = HttpApiBuilder.group(
  Api,
  "session",
  Effect.fnUntraced(function* (handlers) {
    const sessions = yield* Sessions

    return handlers.handleAll({
      open: Effect.fnUntraced(function* ({ payload: { code } }) {
        const { maxAgeSeconds, principal, token } = yield* sessions.open(code)
        yield* setCookie(token, maxAgeSeconds)
        return { principal: principal.name, scopes: principal.scopes }
      }, answered),
      get: () => Effect.map(CurrentPrincipal, ({ name, scopes }) => ({ principal: name, scopes })),
      close: Effect.fnUntraced(function* () {
        const { cookies } = yield* HttpServerRequest.HttpServerRequest
        yield* sessions.close(cookies[sessionCookie] ?? "")
        yield* setCookie("", 0)
      }),
    })
  }),
)
