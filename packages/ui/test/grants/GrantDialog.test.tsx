// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { vi } from "vitest"
import type { Look } from "../../src/api/types.ts"
import { GrantDialog, isApproved } from "../../src/grants/GrantDialog.tsx"
import { render } from "../support/render.tsx"

const look = (more: Partial<Look> = {}): Look => ({
  path: "/home/ada/link",
  real: "/home/ada/real",
  exists: true,
  isSymlink: false,
  isRemote: false,
  ...more,
})

const grantButton = () => screen.findByRole<HTMLButtonElement>("button", { name: "Grant" })

const open = (place: Look) => {
  const onGranted = vi.fn<() => void>()
  const view = render(<GrantDialog open path={place.path} onClose={() => undefined} onGranted={onGranted} />, {
    "POST /grants/look": () => place,
    "POST /grants": ({ body }) => ({ ...(body as object), id: "grant_0123456789abc", by: "ada", at: 0 }),
  })
  const granted = () => view.sent.find(({ route }) => route === "POST /grants")?.body
  return { ...view, granted, onGranted }
}

describe("GrantDialog", () => {
  it("grants the directory behind a link, once the person has said that it is meant", async () => {
    const { granted, onGranted } = open(look({ isSymlink: true }))
    const button = await grantButton()
    await vi.waitFor(() => screen.getByText(/This is a link/))
    assert.isTrue(button.disabled)
    fireEvent.click(screen.getByRole("checkbox"))
    await vi.waitFor(() => assert.isFalse(button.disabled))
    fireEvent.click(button)
    await vi.waitFor(() => assert.strictEqual(onGranted.mock.calls.length, 1))
    assert.deepStrictEqual(granted(), { path: "/home/ada/real", mode: "write" })
  })

  it("says yes to a remote file system only where a person has", async () => {
    const { granted } = open(look({ isRemote: true }))
    await vi.waitFor(() => screen.getByText(/another machine/))
    assert.isTrue((await grantButton()).disabled)
    fireEvent.click(screen.getByRole("checkbox"))
    fireEvent.click(screen.getByRole("radio", { name: "Only read" }))
    fireEvent.click(await grantButton())
    await vi.waitFor(() => assert.isDefined(granted()))
    assert.deepStrictEqual(granted(), { path: "/home/ada/real", mode: "read", remote: true })
  })

  it("never lets a directory be granted that is not there", () => {
    const yes = { link: true, remote: true }
    assert.isFalse(isApproved(look({ exists: false }), yes))
    assert.isTrue(isApproved(look({ isRemote: true, isSymlink: true }), yes))
    assert.isFalse(isApproved(look({ isRemote: true, isSymlink: true }), { ...yes, remote: false }))
  })
})
