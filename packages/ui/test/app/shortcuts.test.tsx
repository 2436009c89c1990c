// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { cleanup, fireEvent, render } from "@testing-library/react"
import { afterEach, vi } from "vitest"
import { useShortcut } from "../../src/app/shortcuts.ts"

afterEach(cleanup)

const Bound = ({ keys, run }: { readonly keys: string; readonly run: () => void }) => {
  useShortcut(keys, run)
  return null
}

const keys = () => {
  const [alone, inOrder, command] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
  const view = render(
    <>
      <Bound keys="h" run={alone} />
      <Bound keys="g h" run={inOrder} />
      <Bound keys="mod+k" run={command} />
      <input aria-label="Name" />
    </>,
  )
  const counts = () => [alone, inOrder, command].map(({ mock }) => mock.calls.length)
  return {
    ...view,
    counts,
    press: (key: string, more: object = {}) => fireEvent.keyDown(document.body, { key, ...more }),
  }
}

describe("useShortcut", () => {
  it("tells two keys in order from the second one alone", () => {
    const { counts, press } = keys()
    press("h")
    press("g")
    press("h")
    press("x")
    press("h")
    assert.deepStrictEqual(counts(), [2, 1, 0])
  })

  it("leaves keys to whoever types, but for commands", () => {
    const { counts, getByLabelText } = keys()
    const input = getByLabelText("Name")
    fireEvent.keyDown(input, { key: "h" })
    fireEvent.keyDown(input, { key: "k", ctrlKey: true })
    assert.deepStrictEqual(counts(), [0, 0, 1])
  })

  it("is deaf while a dialog is open, and after it is gone from the page", () => {
    const { counts, press, unmount } = keys()
    const dialog = document.createElement("div")
    dialog.setAttribute("role", "dialog")
    document.body.append(dialog)
    press("h")
    dialog.remove()
    unmount()
    press("h")
    assert.deepStrictEqual(counts(), [0, 0, 0])
  })
})
