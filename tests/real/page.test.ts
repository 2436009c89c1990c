/** A real CLI, started from the page in a real browser. */
import { assert, describe, it } from "@effect/vitest"
import { beforeAll } from "vitest"
import buildPage from "../browser/buildPage.ts"
import { withServer } from "../browser/Served.ts"
import { messagesOf, shownMessages } from "../browser/shown.ts"
import { choose, grant, promptField, signIn, startRun, state, useBrowser } from "../browser/Visitor.ts"
import { startFakeModel } from "../fake-model/FakeModel.ts"
import { say, shell } from "../fake-model/Script.ts"
import { cases, programOf } from "./Clis.ts"
import { makeEnvironment } from "./environment.ts"

const { visit } = useBrowser()
beforeAll(buildPage)

// Codex at the fake model needs a variable that the form of a new run cannot name.
describe.each(cases(({ provider, version }) => provider === "claude" && version === "2.1.329"))("$name", ({ cli }) => {
  it("is started from the page, and shows there what it did", async () => {
    const model = await startFakeModel({ script: [shell("echo from-$((40+2))-the-tool"), say("The tool said 42.")] })
    const environment = await makeEnvironment(cli, model.url)
    try {
      await withServer({ env: { ...environment.env, RUNYARD_CLAUDE_PATH: programOf(cli) } }, (served) =>
        visit(async (page) => {
          await signIn(page, served.link)
          await choose(page, "Claude Code")
          await grant(page, environment.workspace)
          await promptField(page).fill("Do as the script says.")
          const id = await startRun(page)
          await state(page, "Succeeded").waitFor({ timeout: 60_000 })
          const log = await served.log(id)
          assert.include(messagesOf(log), "The tool said 42.")
          assert.deepStrictEqual(await shownMessages(page), messagesOf(log))
          await page.getByRole("button", { name: /echo from-/ }).click()
          await page.getByText("from-42-the-tool").waitFor()
        }),
      )
    } finally {
      await model.close()
      await environment.remove()
    }
  })
})
