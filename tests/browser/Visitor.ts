/** A person at the page: a browser of one's own, and the steps that each way through the page begins with. */
import { assert } from "@effect/vitest"
import { type Browser, chromium, type Locator, type Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { chromiumArguments, findChromium } from "./findChromium.ts"

/** High enough for all rows of a short log to be drawn. */
const viewport = { width: 1280, height: 2_400 }

/** A browser for the tests of a file. What goes wrong in a page fails the test that opened it. */
export const useBrowser = () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments })
  })
  afterAll(() => browser.close())
  return {
    /** A person with an empty profile, for as long as `use` takes. */
    visit: async (use: (page: Page) => Promise<void>): Promise<void> => {
      const context = await browser.newContext({ viewport, reducedMotion: "reduce" })
      const errors: Array<string> = []
      context.on("weberror", (error) => errors.push(error.error().message))
      try {
        await use(await context.newPage())
        assert.deepStrictEqual(errors, [])
      } finally {
        await context.close()
      }
    },
  }
}

export const promptField = (page: Page): Locator => page.getByLabel("Prompt", { exact: true }).first()

/** Opens the link and waits for the form of a new run. */
export const signIn = async (page: Page, link: string): Promise<void> => {
  await page.goto(link)
  await page.getByRole("form", { name: "New run" }).waitFor()
}

/** Chooses an agent of the form. */
export const choose = async (page: Page, agent: string): Promise<void> => {
  await page.getByRole("combobox", { name: "Agent", exact: true }).click()
  await page.getByRole("option", { name: agent }).click()
}

/** Lets agents work in a directory, as the form asks for it. */
export const grant = async (page: Page, path: string): Promise<void> => {
  await page.getByRole("button", { name: "Grant another" }).click()
  const dialog = page.getByRole("dialog", { name: "Let agents work in a directory" })
  await dialog.getByLabel("Directory", { exact: true }).fill(path)
  await dialog.getByRole("button", { name: "Look at it" }).click()
  await dialog.getByRole("button", { name: "Grant", exact: true }).click()
  await dialog.waitFor({ state: "hidden" })
  assert.strictEqual(await page.getByLabel("Workspace").inputValue(), path)
}

/** Starts the run of the form and tells its id. */
export const startRun = async (page: Page): Promise<string> => {
  await page.getByRole("button", { name: /Start run/ }).click()
  await page.waitForURL(/\/runs\/run_\w+$/)
  return new URL(page.url()).pathname.slice("/runs/".length)
}

/** The state that the head of a run's screen shows. */
export const state = (page: Page, label: string): Locator => page.locator("header").getByText(label, { exact: true })
