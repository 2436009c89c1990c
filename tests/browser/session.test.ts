import { assert, describe, it } from "@effect/vitest"
import { withServer } from "./Served.ts"
import { signIn, useBrowser } from "./Visitor.ts"

const { visit } = useBrowser()

describe("A link", () => {
  it("lets in one browser, and shows another one how to get a link of its own", () =>
    withServer({}, async ({ link, url }) => {
      await visit((page) => signIn(page, link))
      await visit(async (page) => {
        await page.goto(link)
        await page.getByRole("heading", { name: "This browser is signed out" }).waitFor()
        await page.getByText("The link did not work").waitFor()
        assert.strictEqual(page.url(), `${url}/`)
      })
    }))

  it("with a wrong code opens nothing, nor does none at all", () =>
    withServer({}, ({ url }) =>
      visit(async (page) => {
        await page.goto(`${url}/#code=${"A".repeat(43)}`)
        await page.getByText("The link did not work").waitFor()
        await page.goto(`${url}/runs`)
        await page.getByRole("heading", { name: "This browser is signed out" }).waitFor()
        assert.strictEqual(await page.getByRole("navigation").count(), 0)
        assert.strictEqual(await page.getByText("The link did not work").count(), 0)
      }),
    ))

  it("is not needed again by a browser that has a session", () =>
    withServer({}, ({ link, url }) =>
      visit(async (page) => {
        await signIn(page, link)
        await page.goto("about:blank")
        await signIn(page, link)
        await page.goto(`${url}/runs`)
        await page.getByText("No runs yet").waitFor()
      }),
    ))
})
