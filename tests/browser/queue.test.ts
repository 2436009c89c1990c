import { assert, describe, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { withServer } from "./Served.ts"
import { choose, grant, promptField, signIn, startRun, state, useBrowser } from "./Visitor.ts"

const { visit } = useBrowser()

const waiting = (page: Page): Promise<ReadonlyArray<string>> =>
  page.locator("[data-run]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-run") ?? ""))

describe("The queue on the page", () => {
  it("is paused, filled, put into another order and let go on", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        await signIn(page, served.link)
        await grant(page, served.workspace)
        await page.goto(`${served.url}/queue`)
        await page.getByRole("button", { name: "Pause all" }).click()
        await page.getByText("The queue is paused").waitFor()

        const ids: Array<string> = []
        for (const prompt of ["first", "second"]) {
          await page.getByRole("link", { name: "New run" }).first().click()
          await choose(page, "Claude Code")
          await page.getByLabel("Workspace").fill(served.workspace)
          await promptField(page).fill(prompt)
          ids.push(await startRun(page))
          await state(page, "Waiting").waitFor()
        }
        const [first = "", second = ""] = ids
        await page.getByRole("link", { name: "Queue" }).first().click()
        await page.locator("[data-run]").nth(1).waitFor()
        assert.deepStrictEqual(await waiting(page), [first, second])
        await page.getByRole("button", { name: "What can be done with second" }).click()
        await page.getByRole("menuitem", { name: "More urgent" }).click()
        await page.waitForFunction(
          (id) => document.querySelector("[data-run]")?.getAttribute("data-run") === id,
          second,
        )
        await page.getByRole("button", { name: "Resume all" }).click()
        const [one, other] = await Promise.all(ids.map((id) => served.until(id, ({ state }) => state === "succeeded")))
        assert.isAbove(
          one?.attempts[0]?.startedAt ?? 0,
          other?.attempts[0]?.startedAt ?? Infinity,
          "the second one began first",
        )
        await page.getByText("Nothing runs and nothing waits").waitFor()
        await page.getByRole("tab", { name: "Decisions" }).click()
        await page
          .getByText(/Let the whole queue go on|Resumed/)
          .first()
          .waitFor()
      }),
    ))

  it("takes no more runs than a quota that was set on the page lets wait", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        await signIn(page, served.link)
        await grant(page, served.workspace)
        await page.goto(`${served.url}/queue?tab=limits`)
        await page.getByRole("button", { name: "Pause all" }).click()
        const form = page.getByRole("form", { name: "Set a quota" })
        await form.getByLabel("Waiting").fill("1")
        await form.getByRole("button", { name: "Add" }).click()
        await page.getByRole("textbox", { name: "Waiting: Each workspace" }).waitFor()
        const compose = async (prompt: string) => {
          await page.getByRole("link", { name: "New run" }).first().click()
          await choose(page, "Scripted agent")
          await page.getByLabel("Workspace").fill(served.workspace)
          await promptField(page).fill(prompt)
        }
        await compose("first")
        await startRun(page)
        await compose("second")
        await page.getByRole("button", { name: /Start run/ }).click()
        await page.getByText("QUEUE_QUOTA").first().waitFor()
        assert.lengthOf((await served.client.runs.list({ query: {} })).runs, 1)
      }),
    ))
})
