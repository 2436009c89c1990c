/** A run that is watched: canceled, through reloads, from two tabs, and over the death of its server. */
import { assert, describe, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { processesOf } from "../support/processes.ts"
import { eventually } from "../support/eventually.ts"
import { type Served, withServer } from "./Served.ts"
import { eventsOf, messagesOf, readEvents, shownMessages } from "./shown.ts"
import { choose, grant, promptField, signIn, startRun, state, useBrowser } from "./Visitor.ts"

const { visit } = useBrowser()

/** Signs in, and starts a run of an agent. */
const begin = async (page: Page, { link, workspace }: Served, agent: string, prompt: string): Promise<string> => {
  await signIn(page, link)
  await grant(page, workspace)
  await choose(page, agent)
  await promptField(page).fill(prompt)
  return startRun(page)
}

describe("A run on the page", () => {
  it("is canceled, and nothing that it started is alive", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        const id = await begin(page, served, "Claude Code", "hold")
        await page.getByText("I am waiting.").waitFor()
        const tree = await eventually(async () => {
          const found = await processesOf(id)
          return found.some(({ command }) => command === "sleep 600") ? found : undefined
        })
        assert.isAbove(tree.length, 1)
        await page.getByRole("button", { name: "Cancel" }).click()
        await state(page, "Canceled").waitFor()
        assert.deepStrictEqual(await processesOf(id), [])
        await page.getByRole("group", { name: "End" }).waitFor()
      }),
    ))

  it("is the same after a reload in its middle, and in a second tab", () =>
    withServer({ pace: 60 }, (served) =>
      visit(async (page) => {
        const id = await begin(page, served, "Scripted agent", "Show me the settings")
        const other = await page.context().newPage()
        await other.goto(page.url())
        for (const seen of ["I am a script", "That output held a key"]) {
          await page.getByText(seen).first().waitFor()
          assert.strictEqual((await served.client.runs.get({ params: { id } })).state, "running")
          await page.reload()
        }
        const tabs = [page, other]
        for (const tab of tabs) await state(tab, "Succeeded").waitFor()
        const log = await served.log(id)
        for (const tab of tabs) assert.deepStrictEqual(await shownMessages(tab), messagesOf(log))
        for (const tab of tabs) assert.deepStrictEqual(await readEvents(tab, log.length), eventsOf(log))
      }),
    ))

  it("is shown as interrupted after its server was killed and started again, without a new login", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        const id = await begin(page, served, "Claude Code", "hold")
        await page.getByText("I am waiting.").waitFor()
        await served.crash()
        await state(page, "Interrupted").waitFor({ timeout: 60_000 })
        await page.getByText("The server does not answer").waitFor({ state: "detached" })
        assert.deepStrictEqual(await processesOf(id), [])
        const log = await served.log(id)
        assert.strictEqual(log.at(-1)?.type, "run.interrupted")
        assert.deepStrictEqual(await readEvents(page, log.length), eventsOf(log))
        // The session still works for what changes something.
        await page.getByRole("link", { name: "Rerun with edits" }).click()
        await promptField(page).fill("and again")
        const next = await startRun(page)
        assert.notStrictEqual(next, id)
        await state(page, "Succeeded").waitFor()
      }),
    ))
})

describe("A run that has ended", () => {
  it("is run again with edits, as a new run that names it", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        const id = await begin(page, served, "Claude Code", "one")
        await state(page, "Succeeded").waitFor()
        await page.getByRole("link", { name: "Rerun with edits" }).click()
        await page.getByRole("heading", { name: "Rerun with changes" }).waitFor()
        assert.strictEqual(await promptField(page).inputValue(), "one")
        await promptField(page).fill("two")
        const next = await startRun(page)
        await page.getByText("You said: two").first().waitFor()
        const { request } = await served.client.runs.get({ params: { id: next } })
        assert.deepInclude(request, { prompt: "two", provider: "claude", cwd: served.workspace })
        assert.strictEqual(request.rerunOf, id)
      }),
    ))

  it("is tried again once the person has done what it needed, as a second attempt", () =>
    withServer({}, (served) =>
      visit(async (page) => {
        const id = await begin(page, served, "Claude Code", "sign in")
        await state(page, "Needs you").waitFor()
        await page.getByText("AUTH_REJECTED").first().waitFor()
        await page.getByRole("button", { name: "Try again" }).click()
        await state(page, "Succeeded").waitFor()
        assert.lengthOf((await served.client.runs.get({ params: { id } })).attempts, 2)
        await page.getByRole("list", { name: "Conversation" }).getByText("Attempt 2").waitFor()
      }),
    ))
})
