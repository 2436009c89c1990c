/** A component as the page holds it: with a client whose answers a test gives, and what it was asked. */
import { QueryClientProvider } from "@tanstack/react-query"
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from "@tanstack/react-router"
import { cleanup, render as renderBare } from "@testing-library/react"
import type { ReactNode } from "react"
import { afterEach } from "vitest"
import { ApiProvider } from "../../src/api/ApiContext.tsx"
import { ApiProblem } from "../../src/api/ApiProblem.ts"
import { createClient } from "../../src/api/client.ts"
import type { Problem } from "../../src/api/types.ts"
import { makeQueryClient } from "../../src/app/queryClient.ts"
import { ToastProvider } from "../../src/components/Toast.tsx"

export interface Sent {
  readonly route: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: unknown
}

export type Answers = Readonly<Record<string, (sent: Sent) => unknown>>

/** A refusal, thrown by an answer. */
export const refusal = (
  code: Problem["code"],
  status: number,
  detail: string,
  detailData: Problem["detailData"] = {},
): ApiProblem =>
  new ApiProblem({
    title: detail,
    status,
    detail,
    code,
    class: "policy",
    remedy: "Do otherwise.",
    detailData: { ...detailData },
  })

/** @param answers by method and path below `/api/v1`, such as `GET /grants`, as JSON or as a response. A route without one is not found. */
export const apiOf = (answers: Answers) => {
  const sent: Array<Sent> = []
  const respond = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input instanceof Request ? input.url : input), "http://localhost")
    const route = `${init.method ?? "GET"} ${url.pathname.replace("/api/v1", "")}`
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined
    const asked = { route, query: url.searchParams, headers: new Headers(init.headers), body }
    sent.push(asked)
    try {
      const answer = answers[route]
      if (answer === undefined) throw refusal("STORE_RUN_NOT_FOUND", 404, `${route} has no answer`)
      const value = await answer(asked)
      return value instanceof Response ? value : Response.json(value)
    } catch (error) {
      if (error instanceof ApiProblem) return Response.json(error.problem, { status: error.status })
      throw error
    }
  }
  return { sent, client: createClient({ baseUrl: "http://localhost", fetch: respond }) }
}

afterEach(cleanup)

/** Draws it at `/`, beside a route for a run, and tells where the page has gone. */
export const render = (content: ReactNode, answers: Answers) => {
  const { client, sent } = apiOf(answers)
  const root = createRootRoute({ component: Outlet })
  const home = createRoute({ getParentRoute: () => root, path: "/", component: () => content })
  const run = createRoute({ getParentRoute: () => root, path: "/runs/$id", component: () => <p>The run</p> })
  const router = createRouter({
    routeTree: root.addChildren([home, run]),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  })
  const view = renderBare(
    <ApiProvider client={client}>
      <QueryClientProvider client={makeQueryClient()}>
        <ToastProvider>
          <RouterProvider router={router as never} />
        </ToastProvider>
      </QueryClientProvider>
    </ApiProvider>,
  )
  return { ...view, sent, path: () => router.state.location.pathname }
}
