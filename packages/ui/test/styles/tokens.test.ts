/** The contrast of every text with every ground that it stands on, in both themes, computed from the style sheet. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const sheet = readFileSync(new URL("../../src/styles/tokens.css", import.meta.url), "utf8")

type Colours = Readonly<Record<string, string>>

const colours = (block: string): Colours =>
  Object.fromEntries(
    [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]),
  )

const blockOf = (selector: string): string => {
  const at = sheet.indexOf(`${selector} {`)
  return sheet.slice(at, sheet.indexOf("}", at))
}

const light = colours(blockOf(":root"))
const dark = colours(blockOf(':root[data-theme="dark"]'))
const system = colours(blockOf(':root:not([data-theme="light"])'))

const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (one: string, other: string): number => {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const plain = ["ground", "surface", "sunken", "hover", "chosen"]
const tones = ["good", "bad", "attention", "busy", "quiet"]

const pairs: ReadonlyArray<readonly [text: string, ground: string]> = [
  ...["text", "text-soft"].flatMap((text) => [...plain, "active"].map((ground) => [text, ground] as const)),
  ...["ground", "surface", "sunken"].map((ground) => ["text-faint", ground] as const),
  ...tones.flatMap((tone) => ["surface", "ground", `${tone}-soft`].map((ground) => [tone, ground] as const)),
  ["accent", "surface"],
  ["accent", "accent-soft"],
  ["text-soft", "bad-soft"],
  ["on-solid", "solid"],
]

describe("tokens", () => {
  it("says the same for the dark theme of the system and the one that is chosen", () => {
    assert.deepStrictEqual(system, dark)
    assert.deepStrictEqual(Object.keys(dark).toSorted(), Object.keys(light).toSorted())
  })

  for (const [theme, values] of Object.entries({ light, dark })) {
    it(`lets every text be read on its ground, ${theme}`, () => {
      const poor = pairs
        .map(([text, ground]) => [text, ground, contrast(values[text] ?? "", values[ground] ?? "")] as const)
        .filter(([, , ratio]) => !(ratio >= 4.5))
      assert.deepStrictEqual(poor, [])
    })
  }
})
