// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { vi } from "vitest"
import type { Run } from "../../src/api/types.ts"
import { runsSearch } from "../../src/routes/runsSearch.ts"
import { refusal } from "../support/render.tsx"
import { renderApp, withLayout } from "../support/renderApp.tsx"
import { runOf } from "../support/runOf.ts"

withLayout()

const idOf = (index: number) => `run_${String(index).padStart(16, "0")}`
const many: ReadonlyArray<Run> = Array.from({ length: 60 }, (_, index) =>
  runOf({
    id: idOf(999 - index),
    state: "succeeded",
    request: { provider: "claude", prompt: `Task ${index}`, cwd: "/w" },
  }),
)

const page = ({ query }: { readonly query: URLSearchParams }) => {
  const before = query.get("before")
  const from = before === null ? 0 : many.findIndex(({ id }) => id === before) + 1
  const runs = many.slice(from, from + 20)
  return { runs, ...(from + 20 < many.length ? { next: runs.at(-1)?.id } : {}) }
}

describe("RunsPage", () => {
  it("asks for the page after the last run as the end comes near, and for no page twice", async () => {
    const { sent } = renderApp("/runs", { "GET /runs": page })
    await screen.findByText("Task 0")
    await vi.waitFor(() => assert.isAtLeast(sent.length, 2))
    const asked = sent.map(({ query }) => query.get("before"))
    assert.deepStrictEqual(asked.slice(0, 2), [null, idOf(999 - 19)])
    assert.strictEqual(new Set(asked).size, asked.length)
  })

  it("keeps what is chosen in the address, and asks the server for it", async () => {
    const { router, sent } = renderApp("/runs?provider=codex", { "GET /runs": () => ({ runs: [] }) })
    fireEvent.click(await screen.findByRole("button", { name: "Failed" }))
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: "parser" } })
    await vi.waitFor(() =>
      assert.deepStrictEqual(router.state.location.search, { provider: "codex", status: "failed", q: "parser" }),
    )
    await vi.waitFor(() => assert.strictEqual(sent.at(-1)?.query.get("q"), "parser"))
    assert.strictEqual(sent.at(-1)?.query.get("provider"), "codex")
    assert.deepStrictEqual(sent.at(-1)?.query.getAll("state"), ["failed", "timed_out", "interrupted", "rejected"])
    fireEvent.click(await screen.findByRole("button", { name: "Show all runs" }))
    await vi.waitFor(() => assert.deepStrictEqual(router.state.location.search, {}))
  })

  it("moves with j and k, and opens the details beside the list", async () => {
    const { router } = renderApp("/runs", {
      "GET /runs": page,
      [`GET /runs/${idOf(998)}`]: () => ({ ...many[1], finalMessage: "All done" }),
    })
    await screen.findByText("Task 0")
    fireEvent.keyDown(document, { key: "j" })
    await vi.waitFor(() => assert.strictEqual(document.activeElement?.getAttribute("data-run"), idOf(998)))
    fireEvent.click(document.activeElement ?? document)
    await screen.findByText("All done")
    assert.deepStrictEqual(router.state.location.search, { run: idOf(998) })
    fireEvent.click(screen.getByRole("button", { name: "Close" }))
    await vi.waitFor(() => assert.deepStrictEqual(router.state.location.search, {}))
  })

  it("tells an empty history from a choice that nothing fits, and a failure from both", async () => {
    renderApp("/runs", { "GET /runs": () => ({ runs: [] }) })
    await screen.findByText("No runs yet")
    renderApp("/runs?q=x", {
      "GET /runs": () => {
        throw refusal("STORE_UNAVAILABLE", 400, "The store is away")
      },
    })
    await screen.findByText("The store is away")
  })

  it("takes nothing from an address that is no choice", () => {
    assert.deepStrictEqual(runsSearch({ provider: "../x", status: "odd", q: 5, run: "run_<script>" }), { q: "5" })
  })
})
