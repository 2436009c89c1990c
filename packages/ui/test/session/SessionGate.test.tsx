// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { QueryClientProvider } from "@tanstack/react-query"
import { render as renderBare, screen } from "@testing-library/react"
import { vi } from "vitest"
import { ApiProvider } from "../../src/api/ApiContext.tsx"
import { makeQueryClient } from "../../src/app/queryClient.ts"
import { SessionGate } from "../../src/session/SessionGate.tsx"
import { type Answers, apiOf, refusal } from "../support/render.tsx"

const session = { principal: "ada", scopes: [] }
const nobody = () => {
  throw refusal("HTTP_UNAUTHENTICATED", 401, "There is no session")
}
const used = () => {
  throw refusal("HTTP_UNAUTHENTICATED", 401, "The link was used before")
}

const open = (code: string | undefined, answers: Answers) => {
  const { client, sent } = apiOf(answers)
  renderBare(
    <ApiProvider client={client}>
      <QueryClientProvider client={makeQueryClient()}>
        <SessionGate code={code}>The page</SessionGate>
      </QueryClientProvider>
    </ApiProvider>,
  )
  return () => sent.map(({ route }) => route)
}

describe("SessionGate", () => {
  it("exchanges the code of a link for a session", async () => {
    const routes = open("abcdefgh", { "POST /session": () => session })
    await screen.findByText("The page")
    assert.deepStrictEqual(routes(), ["POST /session"])
  })

  it("sends a code again that nobody has answered", async () => {
    let calls = 0
    const routes = open("abcdefgh", {
      "POST /session": () => {
        if (calls++ === 0) throw new TypeError("network")
        return session
      },
    })
    await screen.findByText("Runyard could not be reached")
    await screen.findByText("The page", {}, { timeout: 8_000 })
    assert.deepStrictEqual(routes(), ["POST /session", "POST /session"])
  })

  it("takes a link that was used before where the browser is signed in, and says so where it is not", async () => {
    open("abcdefgh", { "POST /session": used, "GET /session": () => session })
    await screen.findByText("The page")
    open("abcdefgh", { "POST /session": used, "GET /session": nobody })
    await screen.findByText("The link was used before")
  })

  it("says what to do without a session, and takes a link that is opened in the same tab", async () => {
    const routes = open(undefined, { "POST /session": () => session, "GET /session": nobody })
    await screen.findByText("This browser is signed out")
    window.location.hash = "#code=abcdefgh12345678"
    window.dispatchEvent(new Event("hashchange"))
    await screen.findByText("The page")
    assert.strictEqual(window.location.hash, "")
    await vi.waitFor(() => assert.deepStrictEqual(routes(), ["GET /session", "POST /session"]))
  })
})
