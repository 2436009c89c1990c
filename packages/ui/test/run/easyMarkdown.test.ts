import { assert, describe, it } from "@effect/vitest"
import { isEasyMarkdown } from "../../src/run/easyMarkdown.ts"

const filled = (piece: string, length = 100_000): string => piece.repeat(Math.floor(length / piece.length))

/** Each takes the square of its length, or more calls than there are. */
const hard: ReadonlyArray<readonly [string, string]> = [
  ["quotes inside each other", filled(">")],
  ["quotes with spaces", filled("> ", 8_000)],
  ["numbered items inside each other", filled("1. ", 8_000)],
  ["items inside each other", filled("- ")],
  ["a staircase of items", Array.from({ length: 300 }, (_, level) => `${" ".repeat(level * 2)}- a`).join("\n")],
  ["brackets", filled("[", 20_000)],
  ["brackets in pairs", "[".repeat(10_000) + "]".repeat(10_000)],
  ["links that never end", filled("[a](", 20_000)],
  ["images that never end", filled("![", 20_000)],
  ["emphasis", filled("*a **b _c", 20_000)],
  ["stars and bars", filled("*_", 20_000)],
  ["tildes", filled("~~a", 20_000)],
  ["ticks", Array.from({ length: 400 }, (_, count) => "`".repeat(count + 1)).join(" ")],
  ["addresses", filled("a@", 20_000)],
  ["links without brackets", filled("http://a.b ", 20_000)],
  ["names that become links", filled("www.a.b<!--", 20_000)],
  ["HTML", filled("</a>", 20_000)],
  ["a wide table", `|${"a|".repeat(1_000)}\n|${"-|".repeat(1_000)}\n${"a\n".repeat(4_000)}`],
  ["footnotes", filled("[^1]\n\n", 20_000)],
  ["tabs", filled("\t")],
  ["lines", filled("a\n")],
  ["behind a fence that is none", `<div>\n\`\`\`\n\n${filled("[", 20_000)}`],
  ["behind a fence of a quote", `> \`\`\`\n${filled("[", 20_000)}`],
  ["behind a fence with a tick", `\`\`\` \`\n${filled("[", 20_000)}`],
  ["behind a fence that has ended", `\`\`\`\na\n  \`\`\`\` \n${filled("[", 20_000)}`],
]

describe("isEasyMarkdown", () => {
  for (const [name, text] of hard) {
    it(`finds at once what would hold the page up: ${name}`, { timeout: 1_000 }, () => {
      assert.isFalse(isEasyMarkdown(text))
      assert.isFalse(isEasyMarkdown(`Before.\n\n${text}\n\nAfter.`))
    })
  }

  it("is what agents write", () => {
    const rows = Array.from(
      { length: 200 },
      (_, row) => `| \`file_${row}.ts\` | **${row}** | [link](https://a.b/${row}) |`,
    )
    const table = ["| File | Lines | Where |", "|------|:-----:|------:|", ...rows].join("\n")
    const items = Array.from(
      { length: 200 },
      (_, item) => `${"  ".repeat(item % 5)}- **Step ${item}**: \`a_b_c\` is _new_`,
    )
    const code = ["```ts", ...Array.from({ length: 400 }, (_, line) => `  items[${line}] = [*a, _b]`), "```"].join("\n")
    const quote = "> > - a quote in a quote\n> >   goes on"
    const text = [`# What I did`, table, items.join("\n"), code, quote, "Done ✅ — see `README.md`."].join("\n\n")
    assert.isTrue(isEasyMarkdown(text))
    assert.isTrue(isEasyMarkdown(""))
  })
})
