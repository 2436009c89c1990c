import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseDiff } from "../../src/run/unifiedDiff.ts"

describe("parseDiff", () => {
  it("numbers the lines of a hunk before and after", () => {
    const [file, ...others] = parseDiff("--- a/x.ts\n+++ b/x.ts\n@@ -3,2 +3,3 @@ f()\n same\n-old\n+new\n+--- more\n")
    assert.strictEqual(others.length, 0)
    assert.deepInclude(file as object, { path: "x.ts", added: 2, deleted: 1 })
    assert.deepStrictEqual(file?.lines.slice(1), [
      { kind: "same", text: "same", before: 3, after: 3 },
      { kind: "delete", text: "old", before: 4 },
      { kind: "add", text: "new", after: 4 },
      { kind: "add", text: "--- more", after: 5 },
    ])
  })

  it("tells files apart, with new and deleted ones", () => {
    const files = parseDiff(
      "diff --git a/a b/a\nnew file mode 100644\nindex 000..111\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n" +
        "diff --git a/b b/b\ndeleted file mode 100644\n--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n\\ No newline at end of file\n",
    )
    assert.deepStrictEqual(
      files.map(({ added, deleted, path }) => [path, added, deleted]),
      [
        ["a", 1, 0],
        ["b", 0, 1],
      ],
    )
  })

  it("takes changed lines without a hunk, and text that is no diff", () => {
    assert.deepStrictEqual(
      parseDiff("+a\n-b\n c\nd")[0]?.lines.map(({ kind, text }) => `${kind} ${text}`),
      ["add a", "delete b", "same c", "same d"],
    )
    assert.deepStrictEqual(parseDiff(""), [{ path: "", lines: [{ kind: "same", text: "" }], added: 0, deleted: 0 }])
  })

  it.effect.prop("never fails, and loses no added line of any text", { text: Schema.String }, ({ text }) =>
    Effect.sync(() => {
      const body = text.split(/[\n\r]/).map((line) => `+${line}`)
      const [file] = parseDiff(`--- a/f\n+++ b/f\n@@ -0,0 +1,${body.length} @@\n${body.join("\n")}\n`)
      assert.strictEqual(file?.added, body.length)
      parseDiff(text)
    }),
  )
})
