/** The form of a new run from the first instant on, whatever the server takes its time for. */
import { assert, describe, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { type Served, withServer } from "./Served.ts"
import { choose, grant, promptField, signIn, state, useBrowser } from "./Visitor.ts"

const { visit } = useBrowser()

/** Clicks the button in the very frame in which it can be clicked, and counts. */
const clickAtOnce = (page: Page) =>
  page.addInitScript(`
    window.clicks = 0
    const look = () => {
      const button = [...document.querySelectorAll("button[type=submit]")].find((each) => /Start run/.test(each.textContent))
      if (button !== undefined && !button.disabled) {
        window.clicks++
        button.click()
      } else requestAnimationFrame(look)
    }
    new MutationObserver((_, observer) => (observer.disconnect(), look())).observe(document, { childList: true, subtree: true })
  `)

const hold = async (page: Page, route: string, millis: number) =>
  page.route(`**/api/v1/${route}`, async (request) => {
    await new Promise((resolve) => setTimeout(resolve, millis))
    await request.continue()
  })

const runsOf = async (served: Served) => (await served.client.runs.list({ query: {} })).runs

describe("The form of a new run", () => {
  for (const slow of [[], ["settings"], ["capabilities"], ["policy*"], ["settings", "capabilities", "policy*"]]) {
    it(`starts a run at the first click that it takes, with ${slow.join(", ") || "nothing"} slow`, () =>
      withServer({ args: ["--demo"] }, (served) =>
        visit(async (page) => {
          for (const [index, route] of slow.entries()) await hold(page, route, 700 + index * 400)
          await clickAtOnce(page)
          await page.goto(served.link)
          await page.waitForURL(/\/runs\/run_\w+$/)
          assert.strictEqual(await page.evaluate("window.clicks"), 1)
          await state(page, "Succeeded").waitFor()
          assert.lengthOf(await runsOf(served), 1)
        }),
      ))
  }

  it("keeps a workspace that was typed when Escape is pressed, and shows the command for it", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        await signIn(page, served.link)
        await grant(page, served.workspace)
        await choose(page, "Scripted agent")
        const workspace = page.getByLabel("Workspace")
        await workspace.click()
        for (const typed of [served.workspace, "/somewhere/else"]) {
          await workspace.fill(typed)
          for (let times = 0; times < 3; times++) await page.keyboard.press("Escape")
          assert.strictEqual(await workspace.inputValue(), typed)
        }
        await workspace.fill(served.workspace)
        await promptField(page).fill("It's done")
        await page.getByRole("button", { name: "On the command line" }).click()
        const line = `runyard exec scripted --cwd ${served.workspace} -- 'It'\\''s done'`
        await page.getByText(line, { exact: true }).waitFor()
      }),
    ))
})
