// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen, within } from "@testing-library/react"
import { vi } from "vitest"
import { BudgetsPanel } from "../../src/usage/BudgetsPanel.tsx"
import { budgets } from "../support/mockOperator.ts"
import { type Answers, refusal, render } from "../support/render.tsx"

const answers = (more: Answers = {}): Answers => ({
  "GET /budgets": () => ({ budgets: budgets() }),
  "POST /budgets": ({ body }) => ({ ...(body as object), from: "store", uses: [] }),
  "DELETE /budgets/a%2Fb": () => ({ budgets: [] }),
  ...more,
})

const bodiesOf = ({ sent }: ReturnType<typeof render>) =>
  sent.filter(({ route }) => route === "POST /budgets").map(({ body }) => body)

describe("BudgetsPanel", () => {
  it("shows what is used of each, the most first, and lets nobody change what is a server's own", async () => {
    render(<BudgetsPanel />, answers())
    const meter = await screen.findByRole("meter", { name: "daily: 2026-11-27" })
    assert.strictEqual(meter.getAttribute("aria-valuenow"), "86")
    assert.strictEqual(meter.getAttribute("aria-valuetext"), "$17.20 of $20.00 used")
    assert.isNotNull(screen.getByText("$17.20 of $20.00 used, $1.00 set aside, 1 not known exactly"))
    const teams = () =>
      screen.getAllByRole("meter", { name: /^teams/ }).map((each) => each.getAttribute("aria-valuenow"))
    assert.deepStrictEqual(teams(), ["100", "90", "75", "60", "45"])
    assert.isNotNull(screen.getByText(/\(used up\)/))
    fireEvent.click(screen.getByRole("button", { name: "Show all 8" }))
    assert.lengthOf(teams(), 8)
    assert.isNull(screen.queryByRole("button", { name: "Remove hours" }))
  })

  it("sets one in the unit of its kind", async () => {
    const view = render(<BudgetsPanel />, answers({ "GET /budgets": () => ({ budgets: [] }) }))
    await screen.findByText("No budget is set")
    fireEvent.click(screen.getByRole("button", { name: "Set a budget" }))
    const dialog = await screen.findByRole("dialog")
    fireEvent.click(within(dialog).getByRole("button", { name: "Set the budget" }))
    await within(dialog).findByText("Give it a name.")
    await within(dialog).findByText("Write a number, 0 or more.")
    fireEvent.change(within(dialog).getByLabelText("Name"), { target: { value: "daily" } })
    fireEvent.change(within(dialog).getByLabelText("Limit"), { target: { value: "$12.50" } })
    fireEvent.change(within(dialog).getByLabelText("Days of"), { target: { value: "Europe/Berlin" } })
    fireEvent.click(within(dialog).getByRole("button", { name: "Set the budget" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodiesOf(view), [
        {
          rule: {
            id: "daily",
            scope: "all",
            kind: "money",
            limit: 12_500_000_000,
            window: "day",
            unknown: "allow",
            timeZone: "Europe/Berlin",
          },
        },
      ]),
    )
  })

  it("changes one without changing what was not touched", async () => {
    const view = render(<BudgetsPanel />, answers())
    fireEvent.click(await screen.findByRole("button", { name: "Change teams" }))
    const dialog = await screen.findByRole("dialog")
    fireEvent.click(within(dialog).getByRole("button", { name: "Set the budget" }))
    await vi.waitFor(() => assert.deepStrictEqual(bodiesOf(view), [{ rule: budgets()[1]?.rule }]))
  })

  it("removes one after it has asked, whatever it is called", async () => {
    const [report] = budgets()
    const odd = { ...report, rule: { ...report?.rule, id: "a/b" } }
    const { sent } = render(<BudgetsPanel />, answers({ "GET /budgets": () => ({ budgets: [odd] }) }))
    fireEvent.click(await screen.findByRole("button", { name: "Remove a/b" }))
    fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove" }))
    await vi.waitFor(() => assert.isTrue(sent.some(({ route }) => route === "DELETE /budgets/a%2Fb")))
  })

  it("says with code that they cannot be loaded", async () => {
    const refuse = () => {
      throw refusal("HTTP_SCOPE_MISSING", 403, "You may not look at budgets")
    }
    render(<BudgetsPanel />, answers({ "GET /budgets": refuse }))
    assert.include((await screen.findByRole("alert")).textContent, "HTTP_SCOPE_MISSING")
  })
})
