/** Holds the docs against the code: tables that are generated, tables that are written, links, and commands. */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import path from "node:path"
import { draft } from "@runyard/core/EventDraft"
import { isTerminal, type Run, type RunEvent, RunState } from "@runyard/core"
import { type EventType, eventTypes, isTerminalEvent } from "@runyard/core/RunEvent"
import { apply } from "@runyard/core/RunTransition"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { exitCodeOfState } from "../packages/cli/src/exitCode.ts"
import { runyard as program } from "./support/programs.ts"

const root = path.resolve(import.meta.dirname, "..")
const read = (file: string): string => readFileSync(path.join(root, file), "utf8")

const pages = ["*.md", "docs/**/*.md", "packages/*/README.md", "tests/**/README.md"]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .map((file) => file.replaceAll("\\", "/"))

/** The cells of every table row, without the backticks. */
const rows = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", "")),
    )

/** Runs the command line, with nothing of this machine's own Runyard. */
const runyard = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [...program, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    timeout: 20_000,
  })

describe("docs/errors.md", () => {
  it("is what the table of error codes generates", () => {
    const script = ["--conditions=@runyard/source", "scripts/error-table.mjs", "--check"]
    const { status, stderr } = spawnSync(process.execPath, script, { cwd: root, encoding: "utf8" })
    assert.strictEqual(status, 0, stderr)
  })
})

describe("docs/events.md", () => {
  const documented = rows(read("docs/events.md")).filter(([type]) => /^[a-z]+\.[a-z_.]+$/.test(type ?? ""))

  it("has each type of event once, and no other", () => {
    assert.deepStrictEqual(documented.map(([type]) => type).toSorted(), [...eventTypes].toSorted())
  })

  it("tells the channel and severity that the code gives", () => {
    const written = new Map(documented.map(([type, channel, severity]) => [type, `${channel} ${severity}`]))
    for (const type of eventTypes) {
      const { channel, severity } = draft(type, {})
      assert.strictEqual(written.get(type), `${channel} ${severity}`, type)
    }
  })

  it("calls those events terminal that are", () => {
    const terminal = documented.filter(([, , , payload]) => payload?.startsWith("**Terminal.**")).map(([type]) => type)
    assert.deepStrictEqual(terminal.toSorted(), eventTypes.filter((type) => isTerminalEvent({ type })).toSorted())
  })
})

describe("docs/state-machine.md", () => {
  const text = read("docs/state-machine.md")
  const states = RunState.literals

  /** The state after an event in a state; undefined when the event is refused. */
  const after = (state: RunState, type: EventType): RunState | undefined => {
    const run = { state, lastSeq: 1, attempts: [], redactionCount: 0, unknownLines: 0 } as unknown as Run
    const payload = { host: {}, error: {}, text: "", phase: "none" }
    const event = { type, seq: 2, at: 1, redactions: [], payload } as unknown as RunEvent
    const next = apply(run, event)
    return Result.isSuccess(next) ? next.success.state : undefined
  }

  it("has exactly the arrows of the code", () => {
    const arrows = states.flatMap((from) =>
      eventTypes.flatMap((type) => {
        const to = after(from, type)
        return to === undefined || to === from ? [] : [`${from} ${type} ${to}`]
      }),
    )
    const written = rows(text)
      .filter(([, event]) => eventTypes.some((type) => type === event))
      .map((row) => row.join(" "))
    assert.deepStrictEqual(written.toSorted(), ["none run.queued queued", ...arrows].toSorted())
  })

  it("says of every state whether it ends the run", () => {
    const written = new Map(
      rows(text).flatMap(([state, , ends]) => (/^(?:yes|no)$/.test(ends ?? "") ? [[state, ends] as const] : [])),
    )
    for (const state of states) assert.strictEqual(written.get(state), isTerminal(state) ? "yes" : "no", state)
  })
})

describe("docs/guides/command-line.md", () => {
  const text = read("docs/guides/command-line.md")

  it("tells the exit code of every state", () => {
    const written = new Map(rows(text).map(([code, meaning]) => [Number(code), meaning ?? ""]))
    for (const state of RunState.literals.filter((name) => isTerminal(name) || name === "action_needed")) {
      assert.include(written.get(exitCodeOfState(state)) ?? "", state)
    }
  })

  it("names every command and every flag that the program has, and no other flag", { timeout: 300_000 }, () => {
    const help = runyard("--help")
    assert.strictEqual(help.status, 0, help.stderr)
    const namesIn = (text: string) => [...text.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name ?? "")
    const commands = namesIn(help.stdout)
    assert.includeMembers(commands, ["exec", "ls", "show", "logs", "cancel", "doctor", "parse"])
    const common = new Set([...help.stdout.matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag))
    const known = new Set(common)
    for (const command of commands) {
      const section = text.split(/^### /m).find((part) => part.startsWith(`\`runyard ${command}`)) ?? ""
      assert.notStrictEqual(section, "", `runyard ${command} has no section`)
      const own = runyard(command, "--help").stdout
      const subcommands = namesIn(/SUBCOMMANDS\n([\s\S]*)/.exec(own)?.[1] ?? "")
      for (const name of subcommands) assert.include(section, `runyard ${command} ${name}`)
      const all = [own, ...subcommands.map((name) => runyard(command, name, "--help").stdout)].join("\n")
      const flags = new Set([...all.matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag))
      for (const flag of flags) {
        known.add(flag)
        if (!common.has(flag)) assert.include(section, `\`${flag}`, `runyard ${command}`)
      }
    }
    const written = [...text.matchAll(/`(--[a-z][a-z-]+)/g)].map(([, flag]) => flag ?? "")
    assert.deepStrictEqual(
      written.filter((flag) => !known.has(flag)),
      [],
    )
  })
})

describe("The docs", () => {
  it("link only to files and headings that are there", () => {
    const anchors = (page: string): ReadonlyArray<string> =>
      [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
        (title ?? "")
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
      )
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)|<img[^>]+src="([^"]+)"|srcset="([^"]+)"/g)].flatMap((match) => {
        const link = match[1] ?? match[2] ?? match[3] ?? ""
        if (/^(?:https?|mailto):/.test(link)) return []
        const [file = "", anchor] = link.split("#")
        const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file)
        const found = existsSync(path.join(root, target)) && (anchor === undefined || anchors(target).includes(anchor))
        return found ? [] : [`${page}: ${link}`]
      }),
    )
    assert.deepStrictEqual(dead, [])
  })

  it("are free of machine-specific paths", () => {
    const found = pages.filter((page) => /\/(?:work|home\/[a-z]+|Users\/[a-z]+)\//i.test(read(page)))
    assert.deepStrictEqual(found, [])
  })

  it("name only npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> }
    const wrong = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z:]+)/g)].flatMap(([, name = ""]) =>
        name in scripts ? [] : [`${page}: ${name}`],
      ),
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("begin with the two commands that a newcomer runs", () => {
    const first = /```sh\n([\s\S]*?)```/.exec(read("README.md"))?.[1]
    assert.strictEqual(first, "npm ci && npm start\nnpm ci && npm test\n")
  })

  it("keep ARCHITECTURE.md short enough to read in one sitting, and name every package", () => {
    const text = read("ARCHITECTURE.md")
    assert.isBelow(text.split("\n").length, 150)
    for (const folder of globSync("packages/*", { cwd: root })) assert.include(text, folder.replaceAll("\\", "/"))
  })

  it("name every dependency with the version that is pinned", () => {
    const written = new Map(rows(read("docs/dependencies.md")).map(([name, version]) => [name, version]))
    const manifests = ["package.json", ...globSync("packages/*/package.json", { cwd: root }), "examples/package.json"]
    for (const file of manifests) {
      const manifest = JSON.parse(read(file)) as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>
      const fields = ["dependencies", "devDependencies", "optionalDependencies"].map((field) => manifest[field] ?? {})
      for (const [name, version] of fields.flatMap((field) => Object.entries(field))) {
        if (name.startsWith("@runyard/") || name === "runyard") continue
        assert.strictEqual(written.get(name), version, `${name} of ${file}`)
      }
    }
  })
})
