// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react"
import { afterEach, assert, describe, it } from "vitest"
import Markdown from "../../src/run/Markdown.tsx"

afterEach(cleanup)

describe("Markdown", () => {
  it("makes no character that turns or hides text out of a reference", () => {
    const { container } = render(
      <Markdown text="a&#x202e;b&#8294;c&#x200b;d&#x1b;[31me&ZeroWidthSpace;f&shy;g `h&#x202e;` ![i&#x202e;](x) j&amp;k" />,
    )
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    assert.notMatch(container.innerHTML, /[\u001b\u00ad\u200b\u202e\u2066]/)
    assert.include(container.textContent, "abcd")
    assert.include(container.textContent, "j&k")
  })
})
