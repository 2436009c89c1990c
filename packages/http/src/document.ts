/** The OpenAPI document: what the contract gives, and what each route asks of its caller. Pure. */
import { OpenApi } from "effect/http-api"
import { Api } from "./Api.ts"
import { clientHeader, sessionCookie } from "./Principal.ts"
import { isRoute, scopes } from "./scopes.ts"

const securitySchemes = {
  token: { type: "http", scheme: "bearer", description: "The token of the server, or one that it was given." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: sessionCookie,
    description: "The session of a browser. Counts only together with `client`.",
  },
  client: {
    type: "apiKey",
    in: "header",
    name: clientHeader,
    description:
      "Any text that is kept: what the session was opened with. No form, link or image of another page can send it.",
  },
} as const

/** The scope stands beside both ways: which one is used does not matter. */
const securityOf = (operationId: string) => {
  const scope = isRoute(operationId) ? scopes[operationId] : "public"
  if (scope === "public") return []
  const asked = scope === "known" ? [] : [scope]
  return [{ token: asked }, { session: asked, client: [] }]
}

const methods = ["get", "post", "patch", "delete"] as const

export const document = (): OpenApi.OpenAPISpec => {
  const plain = OpenApi.fromApi(Api)
  const paths = Object.fromEntries(
    Object.entries(plain.paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        methods.flatMap((method) => {
          const operation = item[method]
          return operation === undefined
            ? []
            : [[method, { ...operation, security: securityOf(operation.operationId) }]]
        }),
      ),
    ]),
  )
  return { ...plain, paths, components: { ...plain.components, securitySchemes } }
}
