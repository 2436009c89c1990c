/** The whole page at an address, with a client whose answers a test gives, in a window with a size. */
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { configure, render as renderBare } from "@testing-library/react"
import { afterAll, beforeAll } from "vitest"
import { ApiProvider } from "../../src/api/ApiContext.tsx"
import { makeQueryClient } from "../../src/app/queryClient.ts"
import { ToastProvider } from "../../src/components/Toast.tsx"
import { makeRouter } from "../../src/router.tsx"
import { type Answers, apiOf } from "./render.tsx"

// The code of a screen is loaded when it is opened.
configure({ asyncUtilTimeout: 15_000 })

/** Nothing is laid out here, so that every area that scrolls is said to be this high, and everything else a row. */
const viewHeight = 800
const rowHeight = 40

const scrolls = (element: HTMLElement) => element.className.includes("overflow-y-auto")

export const withLayout = () => {
  const before = ["clientHeight", "offsetHeight", "offsetWidth"].map(
    (name) => [name, Object.getOwnPropertyDescriptor(HTMLElement.prototype, name)] as const,
  )
  beforeAll(() => {
    const of = (name: string, get: (this: HTMLElement) => number) =>
      Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get })
    of("clientHeight", function () {
      return scrolls(this) ? viewHeight : rowHeight
    })
    of("offsetHeight", function () {
      return scrolls(this) ? viewHeight : rowHeight
    })
    of("offsetWidth", () => 1_000)
  })
  afterAll(() => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(HTMLElement.prototype, name)
      else Object.defineProperty(HTMLElement.prototype, name, descriptor)
    }
  })
}

export const renderApp = (address: string, answers: Answers) => {
  const { client, sent } = apiOf(answers)
  window.history.replaceState(null, "", address)
  const router = makeRouter()
  const view = renderBare(
    <ApiProvider client={client}>
      <QueryClientProvider client={makeQueryClient()}>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </QueryClientProvider>
    </ApiProvider>,
  )
  const bodies = (route: string) => sent.filter((each) => each.route === route).map(({ body }) => body)
  return { ...view, bodies, router, sent }
}

/** Frames of a stream as a server sends them; then it goes on, ends, or breaks. */
export const sse = (frames: ReadonlyArray<string>, after: "open" | "close" | "break" = "open"): Response => {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const frame of frames) controller.enqueue(encoder.encode(`${frame}\n\n`))
      if (after === "close") controller.close()
      if (after === "break") setTimeout(() => controller.error(new TypeError("network error")), 20)
    },
  })
  return new Response(body, { headers: { "content-type": "text/event-stream" } })
}
