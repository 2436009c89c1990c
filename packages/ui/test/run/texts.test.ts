import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { eventTypes } from "@runyard/core"
import { decisionText } from "../../src/queue/decisionText.ts"
import { limitChange, limitRows } from "../../src/queue/limitRows.ts"
import { commandLine, leftOut, quoted } from "../../src/run/commandLine.ts"
import { eventLine } from "../../src/run/eventLine.ts"
import { addText, emptyText, longText, wholeText } from "../../src/run/longText.ts"
import { safeLink } from "../../src/run/safeLink.ts"
import { event } from "./events.ts"

describe("commandLine", () => {
  it.skipIf(process.platform === "win32")("is one word for a shell, whatever the text", () => {
    for (const text of ["", "a b", "it's", "$(id) `id` $HOME", '"', "\\", "--flag", "a\nb", "*?[x]", "!!", "ü 😀"]) {
      assert.strictEqual(execFileSync("/bin/sh", ["-c", `printf %s ${quoted(text)}`]).toString(), text)
    }
  })

  it("says what the request says, and takes no prompt for a flag", () => {
    assert.strictEqual(
      commandLine({
        provider: "claude",
        prompt: "-rf",
        cwd: "/a b",
        model: "m",
        permissionMode: "default",
        priority: "high",
      }),
      "runyard exec claude --cwd '/a b' --model m --priority high -- -rf",
    )
    assert.strictEqual(
      commandLine({
        provider: "codex",
        prompt: "Go on",
        cwd: "/a",
        notBefore: 0,
        limits: { wallMillis: 90_500, queueMillis: 60_000 },
        budget: { maxCostUsd: 1.5, maxTokens: 9, unknownCost: "stop" },
        retry: "never",
        session: { kind: "resume", id: "s", fork: true },
        persistSession: false,
        options: { config: { a: 1 } },
      }),
      "runyard exec codex --cwd /a --not-before 1970-01-01T00:00:00.000Z --timeout 91 --queue-timeout 60 " +
        "--max-cost 1.5 --max-tokens 9 --unknown-cost stop --retries 0 --ephemeral --resume s --fork " +
        `--option 'config={"a":1}' -- 'Go on'`,
    )
  })

  it("names what no flag says", () => {
    const request = { provider: "claude", prompt: "p", cwd: "/a" }
    assert.deepStrictEqual(leftOut(request), [])
    assert.lengthOf(leftOut({ ...request, outputSchema: {}, budget: { maxTurns: 3 } }), 2)
  })

  it("uses flags that the command line has", () => {
    const read = (file: string) => readFileSync(new URL(`../../../cli/src/${file}`, import.meta.url), "utf8")
    const known = read("requestInput.ts") + read("commands/exec.ts")
    const used = readFileSync(new URL("../../src/run/commandLine.ts", import.meta.url), "utf8").matchAll(
      /"--([a-z-]+)"/g,
    )
    for (const [, name] of used) assert.include(known, `"${name}"`)
  })
})

describe("safeLink", () => {
  it("leads out to the web or to a mail, and nowhere else", () => {
    for (const good of ["https://example.com/a?b#c", "http://example.com/", "mailto:a@example.com"]) {
      assert.strictEqual(safeLink(good), good)
    }
    const bad = [
      "javascript:alert(1)",
      "JaVaScRiPt:x",
      "\u0001javascript:x",
      "data:text/html,x",
      "file:///etc/passwd",
      "vbscript:x",
      "//example.com",
      "/runs",
      "#a",
      "https://a@example.com",
      "blob:https://example.com/x",
      "",
    ]
    for (const each of bad) assert.isUndefined(safeLink(each), each)
  })
})

describe("longText", () => {
  it.effect.prop("keeps what fits whole, however it came", { pieces: Schema.Array(Schema.String) }, ({ pieces }) =>
    Effect.sync(() => {
      const text = pieces.reduce(addText, emptyText)
      assert.strictEqual(wholeText(text), pieces.join(""))
      assert.strictEqual(text.length, longText(pieces.join("")).length)
    }),
  )
})

describe("eventLine", () => {
  it("is one short line for every type, also of an event with an unexpected payload", () => {
    for (const type of eventTypes) {
      const error = { code: "X", message: "y" }
      const payload = {
        text: "a\nb".repeat(1_000),
        error,
        items: [],
        request: { prompt: "p\nq" },
        executable: "x",
        args: [],
        evidence: { step: "s" },
        phase: "tree_gone",
      }
      const line = eventLine(event(1, type, payload as never))
      assert.notInclude(line, "\n")
      assert.isAtMost(line.length, 1_500)
    }
  })
})

describe("the queue's limits", () => {
  it("stand in rows, and change one at a time", () => {
    const control = { limits: { global: 4, provider: { codex: 0, claude: 2 } } }
    assert.deepStrictEqual(limitRows(control), [
      { kind: "global", name: "", capacity: 4 },
      { kind: "provider", name: "claude", capacity: 2 },
      { kind: "provider", name: "codex", capacity: 0 },
    ])
    assert.deepStrictEqual(limitChange("global", "", null), { kind: "limits", limits: { global: null } })
    assert.strictEqual(decisionText(limitChange("model", "claude/m", 3)), "Limits: claude/m: 3 at once")
    assert.strictEqual(decisionText({ kind: "pause" }), "Paused the whole queue")
    assert.strictEqual(decisionText({ kind: "resume", provider: "codex" }), "Let codex go on")
  })
})
