/** The screens in Chromium, as built and under the policy of content: what a tool finds wrong with them, in each theme and width. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import type { Server } from "node:http"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type Browser, chromium, type Page } from "playwright-core"
import { build } from "vite"
import { afterAll, beforeAll } from "vitest"
import { chromiumArguments, findChromium } from "../../../../tests/browser/findChromium.ts"
import { runRoutes, runs, runStream } from "../support/mockRuns.ts"
import { mockServer } from "../support/mockServer.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly target: ReadonlyArray<string> }>
}

/** What axe finds by the rules of WCAG 2.2 AA and by good practice. */
const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
  const found = (await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(tags)} }).then((all) => all.violations)`,
  )) as ReadonlyArray<Violation>
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`))
}

const isWider = (page: Page) => page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

const compose = async (page: Page) => {
  await page.fill("#prompt", "Add a test")
  await page.fill("#cwd", "/home/ada/other")
  await page.getByText("POLICY_NO_GRANT").waitFor()
  for (const name of [
    "Agent options",
    "Answer format",
    "Limits and budget",
    "Title, priority, start",
    "On the command line",
  ]) {
    await page.getByRole("button", { name }).click()
  }
  await page.getByText(/flags that no run gets/).click()
}

interface Screen {
  readonly name: string
  readonly at: string
  /** There when the screen is. */
  readonly shows: string
  readonly then?: (page: Page) => Promise<void>
}

const screens: ReadonlyArray<Screen> = [
  { name: "composer", at: "/", shows: "Agent options" },
  { name: "composer, all of it", at: "/", shows: "Agent options", then: compose },
  {
    name: "grant",
    at: "/settings",
    shows: "/home/ada/parser",
    then: async (page) => {
      await page.getByRole("button", { name: "Grant a directory" }).click()
      await page.getByLabel("Directory", { exact: true }).fill("/srv/nfs/link")
      await page.keyboard.press("Enter")
      await page.getByText("This is a link.").waitFor()
    },
  },
  { name: "grants", at: "/settings", shows: "/home/ada/parser" },
  { name: "policy", at: "/settings?tab=policy", shows: "Permission modes" },
  { name: "agents", at: "/settings?tab=agents", shows: "Not installed" },
  {
    name: "audit log",
    at: "/settings?tab=audit",
    shows: "this host",
    then: async (page) => {
      await page.locator("summary").first().click()
      await page.getByText("grant.given").waitFor()
    },
  },
  { name: "server", at: "/settings?tab=server", shows: "local/local/local-workspace" },
  { name: "usage", at: "/usage", shows: "By model" },
  { name: "budgets", at: "/usage", shows: "$17.20 of $20.00 used" },
  {
    name: "budget",
    at: "/usage",
    shows: "$17.20 of $20.00 used",
    then: async (page) => {
      await page.getByRole("button", { name: "Set a budget" }).click()
      await page.getByRole("button", { name: "Set the budget" }).click()
      await page.getByText("Give it a name.").waitFor()
    },
  },
  {
    name: "keys",
    at: "/usage",
    shows: "By model",
    then: async (page) => {
      await page.keyboard.press("?")
      await page.getByRole("dialog").waitFor()
    },
  },
  { name: "history", at: "/runs", shows: "Add a test for the parser" },
  { name: "details of a run", at: `/runs?run=${runs.done}`, shows: "Final message" },
  { name: "run, live", at: `/runs/${runs.live}`, shows: "Writing" },
  { name: "run, ended", at: `/runs/${runs.done}`, shows: "What I changed" },
  { name: "run, failed", at: `/runs/${runs.failed}`, shows: "It was tried 4 times." },
  { name: "run, waiting", at: `/runs/${runs.waiting}`, shows: "1 run is before it" },
  { name: "events", at: `/runs/${runs.million}?view=events`, shows: "Step 1000000" },
  { name: "terminal", at: `/runs/${runs.done}?view=terminal`, shows: "npm deprecated" },
  { name: "queue", at: "/queue", shows: "CLI_OVERLOADED" },
  {
    name: "schedules",
    at: "/schedules",
    shows: "Nightly audit",
    then: async (page) => {
      await page.getByRole("button", { name: /^Nightly audit/ }).click()
      await page.getByRole("list", { name: "Next times" }).waitFor()
    },
  },
  {
    name: "new schedule",
    at: "/schedules",
    shows: "Nightly audit",
    then: async (page) => {
      await page.getByRole("button", { name: "New schedule" }).click()
      await page.getByRole("button", { name: "Weekdays at 9" }).click()
      await page.getByRole("list", { name: "Next times" }).waitFor()
      await page.getByRole("button", { name: "Save the schedule" }).click()
      await page.getByText("Say where the agent is to work.").waitFor()
    },
  },
  {
    name: "schedule that is changed",
    at: "/schedules",
    shows: "Nightly audit",
    then: async (page) => {
      await page.getByRole("button", { name: "Edit Nightly audit" }).click()
      await page.getByRole("list", { name: "Next times" }).waitFor()
      await page.getByText("While a run has not ended").waitFor()
    },
  },
  { name: "limits", at: "/queue?tab=limits", shows: "Running at once" },
  { name: "decisions", at: "/queue?tab=decisions", shows: "Paused codex" },
  { name: "nothing", at: "/nowhere/at/all", shows: "There is nothing here" },
]

describe("The screens in Chromium", () => {
  const assets = mkdtempSync(path.join(tmpdir(), "runyard-ui-"))
  let browser: Browser
  let server: Server
  let url: string

  beforeAll(async () => {
    await build({
      configFile: path.join(import.meta.dirname, "../../vite.config.ts"),
      build: { outDir: assets },
      logLevel: "error",
    })
    ;({ server, url } = await mockServer({ assets, routes: runRoutes, stream: runStream }))
    browser = await chromium.launch({
      executablePath: findChromium(),
      args: chromiumArguments,
    })
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    server.closeAllConnections()
    server.close()
    rmSync(assets, { recursive: true, force: true })
  })

  // A tool needs seconds for each screen: between them, both themes and both widths.
  for (const [colorScheme, width] of [
    ["light", 390],
    ["dark", 1280],
  ] as const) {
    it(`can be used by everybody, ${colorScheme}, ${width} wide`, { timeout: 120_000 }, async () => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 844 },
        serviceWorkers: "block",
        reducedMotion: "reduce",
      })
      const page = await context.newPage()
      const wrong: Array<string> = []
      page.on("pageerror", ({ message }) => wrong.push(`error: ${message}`))
      page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`))
      for (const { at, name, shows, then } of screens) {
        await page.goto(url + at)
        await page.getByText(shows).first().waitFor()
        await then?.(page)
        wrong.push(...(await violations(page)).map((each) => `${name}, ${each}`))
        if (await isWider(page)) wrong.push(`${name} is wider than the window`)
      }
      await context.close()
      assert.deepStrictEqual(wrong, [])
    })
  }

  it(
    "shows the focus at every stop of the keyboard, and takes it along to the next screen",
    { timeout: 120_000 },
    async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 844 }, serviceWorkers: "block" })
      // The prompt has a caret, and its frame.
      const focus = `(() => {
      const { activeElement } = document
      const passes = activeElement === document.body || activeElement.id === "prompt"
      if (passes || activeElement.hasAttribute("data-base-ui-focus-guard")) return "shown"
      const element = activeElement.closest("label, [data-terminal]") ?? activeElement
      const { height, width } = element.getBoundingClientRect()
      const { outlineStyle, outlineWidth, opacity } = getComputedStyle(element)
      const shown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && opacity !== "0"
      return shown && width > 1 && height > 1 ? "shown" : element.outerHTML.slice(0, 120)
    })()`
      const hidden: Array<string> = []
      for (const { at, name, shows } of screens) {
        await page.goto(url + at)
        await page.getByText(shows).first().waitFor()
        for (let stop = 0; stop < 30; stop++) {
          await page.keyboard.press("Tab")
          const seen = String(await page.evaluate(focus))
          if (seen !== "shown") hidden.push(`${name}: ${seen}`)
        }
      }
      assert.deepStrictEqual([...new Set(hidden)], [])
      await page.goto(`${url}/runs`)
      await page.getByText("Add a test for the parser").first().waitFor()
      for (const key of ["j", "j", "o"]) await page.keyboard.press(key)
      await page.getByRole("list", { name: "Conversation" }).waitFor()
      await page.waitForFunction(() => document.activeElement?.id === "main")
      await page.close()
    },
  )

  it("keeps the start of a run in reach on a phone, and never above what is filled in", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, serviceWorkers: "block" })
    await page.goto(url)
    await page.getByText("Agent options").first().waitFor()
    await compose(page)
    const covered: unknown = await page.evaluate(`(() => {
      const bar = document.querySelector("[data-start-bar]")
      const covered = []
      for (const field of document.querySelectorAll("form :is(input, textarea, button)")) {
        if (bar.contains(field) || !field.checkVisibility()) continue
        field.focus()
        const { bottom, height } = field.getBoundingClientRect()
        if (height < 400 && bottom > bar.getBoundingClientRect().top) covered.push(field.outerHTML.slice(0, 120))
      }
      return covered
    })()`)
    assert.deepStrictEqual(covered, [])
    for (const top of ["0", "document.body.scrollHeight / 2", "document.body.scrollHeight"]) {
      await page.evaluate(`window.scrollTo(0, ${top})`)
      const { height = 0, y = 844 } = (await page.getByRole("button", { name: "Start run" }).boundingBox()) ?? {}
      assert.isAtMost(y + height, 844 - 56)
      assert.isAtLeast(y, 600)
    }
    await page.getByRole("button", { name: "Start run" }).click()
    await page.waitForFunction(() => document.activeElement?.id === "cwd")
    await page.close()
  })

  it("comes to any place of a log of a million, also right after it was scrolled", { timeout: 120_000 }, async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 844 }, serviceWorkers: "block" })
    await page.goto(`${url}/runs/${runs.million}?view=events`)
    await page.getByText("Step 1000000").waitFor()
    for (const share of [0, 0.37, 0.74, 0.11, 0.66, 0.03, 1, 0.5]) {
      const row = Math.max(1, Math.round(share * 1_000_000 - 20))
      const seen: unknown = await page.evaluate(`new Promise((resolve) => {
        const list = document.querySelector("[role=list][aria-label=Events]")
        list.scrollTop = (list.scrollHeight - list.clientHeight) * ${share}
        const look = (left) => {
          const { bottom, top } = list.getBoundingClientRect()
          const rows = [...list.querySelectorAll("[role=listitem]")].filter((row) => {
            const at = row.getBoundingClientRect()
            return at.top >= top && at.bottom <= bottom
          })
          const there = rows.length > 10 && rows.every((row) => row.querySelector("[aria-busy]") === null)
          const numbers = rows.map((row) => Number(row.getAttribute("aria-posinset")))
          if (there || left === 0) resolve(there ? numbers : [])
          else requestAnimationFrame(() => look(left - 1))
        }
        requestAnimationFrame(() => look(600))
      })`)
      const numbers = seen as ReadonlyArray<number>
      assert.isNotEmpty(numbers, `${share}`)
      assert.approximately(numbers[0] ?? 0, row, 60_000)
      assert.isTrue(numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1))
    }
    await page.close()
  })
})
