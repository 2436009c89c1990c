// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { vi } from "vitest"
import { CommandPalette } from "../../src/app/CommandPalette.tsx"
import { render } from "../support/render.tsx"
import { runOf } from "../support/runOf.ts"

const open = () => {
  const found = runOf({ state: "failed" })
  const view = render(<CommandPalette open onClose={() => undefined} />, { "GET /runs": () => ({ runs: [found] }) })
  return { ...view, found, asked: () => view.sent.map(({ query }) => query.get("q")) }
}
const field = () => screen.findByRole("combobox", { name: "Go to a place or to a run" })
const write = async (value: string) => fireEvent.change(await field(), { target: { value } })

describe("CommandPalette", () => {
  it("finds runs by words of them, below the places, and opens one with the keyboard", async () => {
    const { asked, found, path } = open()
    await write("set")
    await screen.findByText("Failed")
    assert.deepStrictEqual(asked(), ["set"])
    const options = screen.getAllByRole("option").map(({ textContent }) => textContent)
    assert.include(options[0], "Settings")
    fireEvent.keyDown(await field(), { key: "ArrowDown" })
    fireEvent.keyDown(await field(), { key: "Enter" })
    await vi.waitFor(() => assert.strictEqual(path(), `/runs/${found.id}`))
  })

  it("asks for no single letter, and says that nothing is called so", async () => {
    const { asked } = open()
    await write("x")
    await screen.findByText("Nothing is called so.")
    assert.deepStrictEqual(asked(), [])
  })
})
