// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen, within } from "@testing-library/react"
import { vi } from "vitest"
import type { QueuedRun, QueueListing } from "../../src/api/types.ts"
import { refusal } from "../support/render.tsx"
import { renderApp, withLayout } from "../support/renderApp.tsx"
import { runId, runOf } from "../support/runOf.ts"

withLayout()

const row = (runId: string, more: Partial<QueuedRun>): QueuedRun => ({
  runId,
  state: "waiting",
  provider: "claude",
  scope: runOf().scope,
  priority: "normal",
  enqueuedAt: 0,
  ...more,
})
const other = "run_0000000000000002"

const listing = (control: Partial<QueueListing["control"]> = {}): QueueListing => ({
  control: { paused: false, pausedProviders: [], limits: {}, ...control },
  waiting: 1,
  runs: [row(other, { state: "executed" }), row(runId, { position: 1 })],
})

const answers = (control: Partial<QueueListing["control"]> = {}) => ({
  "GET /queue": () => listing(control),
  "GET /queue/breakers": () => ({
    breakers: [
      { account: "claude", state: { _tag: "Open", until: Date.now() + 60_000, openings: 1, code: "CLI_OVERLOADED" } },
    ],
  }),
  "GET /queue/decisions": () => ({ decisions: [] }),
  "GET /runs": () => ({
    runs: [runOf({ state: "queued" }), runOf({ id: other, request: { ...runOf().request, prompt: "Another" } })],
  }),
  "POST /queue/decisions": () => listing().control,
  [`PATCH /queue/runs/${runId}`]: () => runOf(),
  [`GET /runs/${runId}/explain`]: () => ({ runId, state: "queued", reasons: [], text: "It waits: others come first." }),
})

describe("QueuePage", () => {
  it("pauses the whole queue, and one provider", async () => {
    const { bodies } = renderApp("/queue", answers())
    const card = await screen.findByRole("list", { name: "Agents" })
    await vi.waitFor(() => assert.include(card.textContent, "CLI_OVERLOADED"))
    fireEvent.click(screen.getByRole("button", { name: "Pause all" }))
    fireEvent.click(within(card).getByRole("button", { name: "Pause" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies("POST /queue/decisions"), [
        { change: { kind: "pause" } },
        { change: { kind: "pause", provider: "claude" } },
      ]),
    )
  })

  it("says that it is paused, and lets it go on", async () => {
    const { bodies } = renderApp("/queue", answers({ paused: true }))
    assert.include((await screen.findByText(/The queue is paused/)).textContent, "nothing starts")
    fireEvent.click(screen.getByRole("button", { name: "Resume all" }))
    await vi.waitFor(() => assert.deepStrictEqual(bodies("POST /queue/decisions"), [{ change: { kind: "resume" } }]))
  })

  it("changes urgency and holds with the keyboard, of what waits and not of what runs", async () => {
    const { bodies } = renderApp("/queue", answers())
    await screen.findByText("Look at the parser")
    for (const key of ["j", "+", "h"]) fireEvent.keyDown(document, { key })
    assert.strictEqual(document.activeElement?.getAttribute("data-run"), other)
    for (const key of ["j", "+", "h"]) fireEvent.keyDown(document, { key })
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies(`PATCH /queue/runs/${runId}`), [{ priority: "high" }, { held: true }]),
    )
  })

  it("says why a run waits when it is opened", async () => {
    renderApp("/queue", answers())
    fireEvent.click(await screen.findByText("Look at the parser"))
    await screen.findByText("It waits: others come first.")
  })

  it("sets and removes limits", async () => {
    const { bodies } = renderApp("/queue?tab=limits", answers({ limits: { provider: { claude: 1 } } }))
    fireEvent.change(await screen.findByRole("textbox", { name: "At once: claude" }), { target: { value: "3" } })
    fireEvent.click(screen.getByRole("button", { name: "Set" }))
    fireEvent.click(screen.getByRole("button", { name: "Remove the limit: claude" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies("POST /queue/decisions"), [
        { change: { kind: "limits", limits: { provider: { claude: 3 } } } },
        { change: { kind: "limits", limits: { provider: { claude: null } } } },
      ]),
    )
  })

  it("sets and removes quotas, of all and of one", async () => {
    const quotas = { perWorkspace: 20, tenant: { acme: 5 } }
    const { bodies } = renderApp("/queue?tab=limits", answers({ quotas }))
    const waiting = await screen.findByRole("textbox", { name: "Waiting: acme" })
    fireEvent.change(waiting, { target: { value: "-1" } })
    assert.strictEqual(waiting.getAttribute("aria-invalid"), "true")
    assert.isNull(screen.queryByRole("button", { name: "Set" }))
    fireEvent.change(waiting, { target: { value: "0" } })
    fireEvent.click(screen.getByRole("button", { name: "Set" }))
    fireEvent.click(screen.getByRole("button", { name: "Remove the quota: Each workspace" }))
    const form = screen.getByRole("form", { name: "Set a quota" })
    fireEvent.change(within(form).getByLabelText("Waiting"), { target: { value: "12" } })
    fireEvent.click(within(form).getByRole("button", { name: "Add" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(
        bodies("POST /queue/decisions").map((body) => (body as { readonly change: unknown }).change),
        [
          { kind: "quotas", quotas: { tenant: { acme: 0 } } },
          { kind: "quotas", quotas: { perWorkspace: null } },
          { kind: "quotas", quotas: { perWorkspace: 12 } },
        ],
      ),
    )
  })

  it("says with code and remedy that it cannot be loaded", async () => {
    renderApp("/queue", {
      "GET /queue": () => {
        throw refusal("HTTP_SCOPE_MISSING", 403, "You may not look at the queue")
      },
    })
    const alert = await screen.findByRole("alert")
    assert.include(alert.textContent, "HTTP_SCOPE_MISSING")
  })
})
