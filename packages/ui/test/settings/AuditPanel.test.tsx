// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { vi } from "vitest"
import { AuditPanel } from "../../src/settings/AuditPanel.tsx"
import { auditPage } from "../support/mockOperator.ts"
import { type Answers, refusal, render } from "../support/render.tsx"

const answers = (more: Answers = {}): Answers => ({ "GET /audit": ({ query }) => auditPage(query), ...more })

describe("AuditPanel", () => {
  it("shows who has decided what, page by page, each once", async () => {
    const { sent } = render(<AuditPanel />, answers())
    await vi.waitFor(() => assert.lengthOf(screen.getAllByRole("listitem"), 100))
    assert.include(screen.getAllByRole("listitem")[0]?.textContent, "Granted /home/ada/parserby ada")
    fireEvent.click(screen.getByRole("button", { name: "Show older" }))
    await vi.waitFor(() => assert.lengthOf(screen.getAllByRole("listitem"), 200))
    fireEvent.click(screen.getByRole("button", { name: "Show older" }))
    await vi.waitFor(() => assert.lengthOf(screen.getAllByRole("listitem"), 230))
    assert.isNull(screen.queryByRole("button", { name: "Show older" }))
    assert.deepStrictEqual(
      sent.map(({ query }) => query.get("before")),
      [null, "131", "31"],
    )
  })

  it("says that there is nothing", async () => {
    render(<AuditPanel />, answers({ "GET /audit": () => ({ entries: [] }) }))
    await screen.findByText("Nothing was decided yet")
  })

  it("says with code that it cannot be loaded, and tries again", async () => {
    let refused = true
    render(
      <AuditPanel />,
      answers({
        "GET /audit": ({ query }) => {
          if (refused) throw refusal("HTTP_SCOPE_MISSING", 403, "You may not read it")
          return auditPage(query)
        },
      }),
    )
    assert.include((await screen.findByRole("alert")).textContent, "HTTP_SCOPE_MISSING")
    refused = false
    fireEvent.click(screen.getByRole("button", { name: "Try again" }))
    await vi.waitFor(() => assert.lengthOf(screen.getAllByRole("listitem"), 100))
  })
})
