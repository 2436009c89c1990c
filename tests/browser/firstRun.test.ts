/** The way of a newcomer: the link, a grant, a run that is watched and found again. */
import { assert, describe, it } from "@effect/vitest"
import { withServer } from "./Served.ts"
import { eventsOf, messagesOf, readEvents, shownMessages } from "./shown.ts"
import { choose, promptField, signIn, startRun, state, useBrowser } from "./Visitor.ts"

const { visit } = useBrowser()

describe("A first run", () => {
  it("is opened by the link, granted, written, watched while it streams, and found again", () =>
    withServer({ pace: 150 }, (served) =>
      visit(async (page) => {
        const asked: Array<string> = []
        page.on("request", (request) => asked.push(request.url()))
        await signIn(page, served.link)
        assert.strictEqual(page.url(), `${served.url}/`, "the code is gone from the address")
        assert.isFalse(
          asked.some((url) => url.includes("code=")),
          "and was in no address that a server sees",
        )

        await choose(page, "Scripted agent")
        await promptField(page).fill("Show me the settings of the parser")
        await page.getByLabel("Workspace").fill(served.workspace)
        await page.getByText("POLICY_NO_GRANT").waitFor()
        assert.lengthOf((await served.client.runs.list({ query: {} })).runs, 0)
        await page.getByRole("button", { name: "Grant…" }).click()
        const dialog = page.getByRole("dialog", { name: "Let agents work in a directory" })
        await dialog.getByText(served.workspace).waitFor()
        await dialog.getByRole("button", { name: "Grant", exact: true }).click()
        await page.getByText("POLICY_NO_GRANT").waitFor({ state: "detached" })

        const id = await startRun(page)
        // A message grows while its agent is alive.
        const writing = page.locator('[aria-label="Message"][aria-busy]').first()
        await writing.waitFor()
        const before = (await page.getByRole("list", { name: "Conversation" }).innerText()).length
        await page.waitForFunction(
          (length) =>
            (document.querySelector('[role="list"][aria-label="Conversation"]')?.textContent?.length ?? 0) >
              length + 20 && document.querySelector('[aria-label="Message"][aria-busy]') !== null,
          before,
        )
        assert.strictEqual((await served.client.runs.get({ params: { id } })).state, "running")
        await state(page, "Running").waitFor()
        await state(page, "Succeeded").waitFor()

        const log = await served.log(id)
        assert.deepStrictEqual(await shownMessages(page), messagesOf(log))
        const text = await page.getByRole("main").innerText()
        assert.include(text, "Show me the settings of the parser")
        assert.deepStrictEqual(await readEvents(page, log.length), eventsOf(log))

        await page.getByRole("link", { name: "History" }).first().click()
        await page.getByRole("searchbox").fill("settings of the parser")
        await page.getByRole("button", { name: /Show me the settings/ }).click()
        const drawer = page.getByRole("dialog", { name: /Show me the settings/ })
        await drawer.getByText("That was a whole run").waitFor()
        await drawer.getByRole("link", { name: "Open" }).click()
        await page.waitForURL(`${served.url}/runs/${id}`)
      }),
    ))

  it("is two clicks away in a demonstration", () =>
    withServer({ args: ["--demo"] }, (served) =>
      visit(async (page) => {
        await signIn(page, served.link)
        // It can start as it stands.
        await page.getByText("Ready to start").waitFor()
        const id = await startRun(page)
        await state(page, "Succeeded").waitFor()
        const run = await served.client.runs.get({ params: { id } })
        assert.strictEqual(run.request.provider, "scripted")
      }),
    ))
})
