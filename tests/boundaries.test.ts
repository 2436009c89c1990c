/** Which part may import what: the arrows between packages, read from the sources themselves. */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { parseAst } from "rolldown/parseAst"
import { version } from "../packages/cli/src/version.ts"

const root = path.resolve(import.meta.dirname, "..")

interface Import {
  readonly specifier: string
  /** Gone once types are stripped. */
  readonly typeOnly: boolean
}

const nodes = function* (value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) yield* nodes(item)
    return
  }
  yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* nodes(inner)
}

const literal = (value: unknown): string => {
  const { type, value: text } = (value ?? {}) as { readonly type?: string; readonly value?: unknown }
  // A computed specifier could be anything, so it is taken for what no rule allows.
  return type === "Literal" && typeof text === "string" ? text : "<computed>"
}

/** Only files with elements in them are read so: `<A>(` begins a function elsewhere. */
const langOf = (file: string) => (file.endsWith(".tsx") ? "tsx" : "ts")

/** Every specifier of a module: static, re-exported, dynamic, and in types. Comments and strings are no imports. */
const importsOf = (text: string, file = ""): ReadonlyArray<Import> =>
  [...nodes(parseAst(text, { lang: langOf(file) }))].flatMap((node): ReadonlyArray<Import> => {
    switch (node["type"]) {
      case "ImportDeclaration":
        return [{ specifier: literal(node["source"]), typeOnly: node["importKind"] === "type" }]
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        return node["source"] === null
          ? []
          : [{ specifier: literal(node["source"]), typeOnly: node["exportKind"] === "type" }]
      case "ImportExpression":
        return [{ specifier: literal(node["source"]), typeOnly: false }]
      case "TSImportType":
        return [{ specifier: literal(node["source"]), typeOnly: true }]
      default:
        return []
    }
  })

interface Part {
  readonly name: string
  readonly includes: (file: string) => boolean
  /** Bare specifiers that it may import; relative ones must stay inside the package. */
  readonly allows: ReadonlyArray<RegExp>
  /** The same, for what is gone once types are stripped. */
  readonly allowsTypes?: ReadonlyArray<RegExp>
  /** Folders of its own package that it must not reach into. */
  readonly not?: ReadonlyArray<string>
}

/** Modules of `effect`, never its root index: the index loads everything. */
const effect = /^effect\/./
const nodeModule = /^node:/
/** Core as a library: its Node layers and its tests are for hosts and for tests. */
const core = /^@runyard\/core(?:\/(?!node$|node\/|testing$|testing\/|internal\/).+)?$/
const under = (folder: string) => (file: string) => file.startsWith(`${folder}/`)

const parts: ReadonlyArray<Part> = [
  {
    name: "core",
    includes: (file) => under("packages/core/src")(file) && !/^packages\/core\/src\/(?:node|testing)\//.test(file),
    allows: [effect],
    not: ["node", "testing"],
  },
  {
    name: "core/node",
    includes: under("packages/core/src/node"),
    allows: [effect, nodeModule, /^ajv(?:\/|$)/, /^@napi-rs\/keyring$/, /^smol-toml$/],
    not: ["testing"],
  },
  {
    name: "core/testing",
    includes: under("packages/core/src/testing"),
    allows: [effect, /^@effect\/vitest$/],
    not: ["node"],
  },
  { name: "adapters-codex", includes: under("packages/adapters-codex/src"), allows: [effect, core] },
  { name: "adapters-claude", includes: under("packages/adapters-claude/src"), allows: [effect, core] },
  {
    name: "store",
    includes: under("packages/store/src"),
    allows: [effect, core, /^node:(?:sqlite|crypto|fs|fs\/promises|path|url)$/],
  },
  {
    name: "http",
    includes: (file) => under("packages/http/src")(file) && !under("packages/http/src/node")(file),
    // Of Node, what compares and signs.
    allows: [effect, core, /^hono$/, /^node:crypto$/],
  },
  {
    name: "http/node",
    includes: under("packages/http/src/node"),
    allows: [effect, core, nodeModule, /^@hono\/node-server$/],
  },
  {
    name: "ui/host",
    includes: (file) => file === "packages/ui/src/index.ts",
    allows: [/^node:url$/],
  },
  {
    name: "ui",
    includes: (file) => under("packages/ui/src")(file) && file !== "packages/ui/src/index.ts",
    allows: [
      // Core for what shows text of agents safely, and for nothing that decides.
      /^@runyard\/core\/(?:TerminalText|SourceLine)$/,
      /^@runyard\/http\/client$/,
      /^(?:react|react-dom|@base-ui\/react|@tanstack\/react-(?:query|router|virtual))(?:\/|$)/,
      /^(?:class-variance-authority|clsx|lucide-react|react-markdown|remark-gfm|tailwind-merge)$/,
      /^(?:uplot|@xterm\/(?:xterm|addon-fit))(?:\/|$)/,
    ],
    allowsTypes: [/^@runyard\/(?:core|http)$/, /^vite\/client$/],
  },
  {
    name: "cli",
    includes: under("packages/cli/src"),
    allows: [
      effect,
      nodeModule,
      core,
      /^@runyard\/core\/node$/,
      /^@runyard\/(?:adapters-codex|adapters-claude|http\/node|store|ui)$/,
      /^@effect\/platform-node\/./,
    ],
  },
]

const packageOf = (file: string): string => file.split("/").slice(0, 2).join("/")

/** Why a file may not import this; undefined when it may. */
const fault = (file: string, { specifier, typeOnly }: Import): string | undefined => {
  const part = parts.find(({ includes }) => includes(file))
  if (part === undefined) return `${file} belongs to no part that has rules`
  if (!specifier.startsWith(".")) {
    const allowed = [...part.allows, ...(typeOnly ? (part.allowsTypes ?? []) : [])]
    return allowed.some((pattern) => pattern.test(specifier)) ? undefined : `${file} imports ${specifier}`
  }
  const source = `${packageOf(file)}/src/`
  const target = path.posix.join(path.posix.dirname(file), specifier)
  if (!target.startsWith(source)) return `${file} leaves its package by ${specifier}`
  const folder = part.not?.find((name) => target.startsWith(`${source}${name}/`))
  return folder === undefined ? undefined : `${file} imports ${specifier} of ${folder}`
}

const faults = (file: string, text: string): ReadonlyArray<string> =>
  importsOf(text, file).flatMap((found) => fault(file, found) ?? [])

/** A way from a file back to itself; undefined when there is none. */
const cycle = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const search = (file: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const found = search(next, [...way, file])
      if (found !== undefined) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const found = search(file, [])
    if (found !== undefined) return found
  }
  return undefined
}

/** Imports that exist at run time, between files: types may refer back. */
const graphOf = (sources: ReadonlyMap<string, string>): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    [...sources].map(([file, text]) => [
      file,
      importsOf(text, file)
        .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
        .map(({ specifier }) => path.posix.join(path.posix.dirname(file), specifier)),
    ]),
  )

/** What a library must not do to the program that it is part of: end it, say how it ends, listen for its end. */
const intrusions =
  /^(?:exit|reallyExit|abort|exitCode|on|once|addListener|prependListener|prependOnceListener|<computed>)$/

const intrusionsOf = (text: string, file = ""): ReadonlyArray<string> =>
  [...nodes(parseAst(text, { lang: langOf(file) }))].flatMap((node): ReadonlyArray<string> => {
    if (node["type"] === "ImportDeclaration") {
      return /^(?:node:)?process$/.test(literal(node["source"])) ? ["an import of process"] : []
    }
    const object = node["object"] as { readonly name?: string } | undefined
    if (node["type"] !== "MemberExpression" || object?.name !== "process") return []
    const { name } = node["property"] as { readonly name?: string }
    const member = node["computed"] === true ? "<computed>" : (name ?? "<computed>")
    return intrusions.test(member) ? [`process.${member}`] : []
  })

/** The file and all that it imports at run time, inside its package. */
const reached = (graph: ReadonlyMap<string, ReadonlyArray<string>>, from: string): ReadonlySet<string> => {
  const files = new Set([from])
  for (const file of files) for (const next of graph.get(file) ?? []) files.add(next)
  return files
}

const sources: ReadonlyMap<string, string> = new Map(
  globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted()
    .map((file) => [file, readFileSync(path.join(root, file), "utf8")]),
)

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")) as Manifest

describe("Boundaries", () => {
  it("finds the sources of every part", () => {
    for (const { name, includes } of parts) assert.isTrue([...sources.keys()].some(includes), name)
  })

  it("lets every file import only what its part may", () => {
    assert.deepStrictEqual(
      [...sources].flatMap(([file, text]) => faults(file, text)),
      [],
    )
  })

  it("names every package that a part imports in its package.json", () => {
    const missing = [...sources].flatMap(([file, text]) => {
      const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest(packageOf(file))
      const known = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      // What a page needs is in its bundle, so that nobody installs it.
      if (file.startsWith("packages/ui/src/")) for (const name of Object.keys(devDependencies ?? {})) known.add(name)
      // The suites bring their test library from the one who runs them.
      if (file.startsWith("packages/core/src/testing/")) known.add("@effect/vitest")
      return importsOf(text, file)
        .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
        .map(({ specifier }) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
        .filter((name) => !known.has(name))
        .map((name) => `${file} imports ${name}`)
    })
    assert.deepStrictEqual(missing, [])
  })

  it("has no cycle between files of a package", () => {
    assert.strictEqual(cycle(graphOf(sources))?.join(" > "), undefined)
  })

  it("never ends the program that imports it, and never listens to its process", () => {
    const embedded = reached(graphOf(sources), "packages/cli/src/index.ts")
    assert.isTrue(embedded.has("packages/cli/src/open.ts") && !embedded.has("packages/cli/src/main.ts"))
    const library = [...sources].filter(([file]) => !file.startsWith("packages/cli/") || embedded.has(file))
    assert.deepStrictEqual(
      library.flatMap(([file, text]) => intrusionsOf(text, file).map((what) => `${file}: ${what}`)),
      [],
    )
  })

  it("tells the version of the package", () => {
    assert.strictEqual(version, manifest("packages/cli").version)
  })
})

describe("Boundaries, of planted faults", () => {
  /** What is wrong with each of these modules at this place, without the place. */
  const wrong = (file: string, ...texts: ReadonlyArray<string>): ReadonlyArray<string> =>
    texts.map((text) => faults(file, text).join("; ").replace(`${file} `, ""))

  it("sees static, dynamic, re-exported and type imports, and no comment or string", () => {
    const text = `
      import { a } from "a"
      import type { B } from "b"
      import "c"
      export { d } from "d"
      export type * from "e"
      export const f = import("f")
      export type G = import("g").G
      // import { no } from "comment"
      export const text = 'import { no } from "string"'
    `
    assert.deepStrictEqual(
      importsOf(text).map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier)),
      ["a", "type b", "c", "d", "type e", "f", "type g"],
    )
  })

  it("refuses a Node module in core, however it is imported, and takes it in core/node", () => {
    const node = `import * as fs from "node:fs"`
    assert.deepStrictEqual(
      wrong(
        "packages/core/src/Planted.ts",
        node,
        `export const read = () => import("node:fs")`,
        `export const read = (name: string) => import(name)`,
        `export type Stats = import("node:fs").Stats`,
        `export { layer } from "./node/NodeCore.ts"`,
      ),
      [
        "imports node:fs",
        "imports node:fs",
        "imports <computed>",
        "imports node:fs",
        "imports ./node/NodeCore.ts of node",
      ],
    )
    assert.deepStrictEqual(wrong("packages/core/src/node/Planted.ts", node), [""])
  })

  it("refuses the root index of effect, and test libraries and suites outside testing", () => {
    const suite = `import { it } from "@effect/vitest"`
    assert.deepStrictEqual(
      wrong("packages/core/src/Planted.ts", `import { Effect } from "effect"`, suite, `import "./testing/index.ts"`),
      ["imports effect", "imports @effect/vitest", "imports ./testing/index.ts of testing"],
    )
    assert.deepStrictEqual(wrong("packages/store/src/Planted.ts", `import { x } from "@runyard/core/testing"`), [
      "imports @runyard/core/testing",
    ])
    assert.deepStrictEqual(wrong("packages/core/src/testing/Planted.ts", suite), [""])
  })

  it("refuses an arrow between adapters and store, and a path into another package", () => {
    assert.deepStrictEqual(
      wrong(
        "packages/adapters-codex/src/Planted.ts",
        `import { SqliteStore } from "@runyard/store"`,
        `import { claudeAdapter } from "@runyard/adapters-claude"`,
        `import { NodeCore } from "@runyard/core/node"`,
        `import { x } from "../../core/src/Run.ts"`,
      ),
      [
        "imports @runyard/store",
        "imports @runyard/adapters-claude",
        "imports @runyard/core/node",
        "leaves its package by ../../core/src/Run.ts",
      ],
    )
    const adapter = `import "@runyard/adapters-codex"`
    assert.deepStrictEqual(wrong("packages/store/src/Planted.ts", adapter), ["imports @runyard/adapters-codex"])
    assert.deepStrictEqual(wrong("packages/core/src/Planted.ts", adapter), ["imports @runyard/adapters-codex"])
  })

  it("lets the page know the server by its client and by types alone", () => {
    assert.deepStrictEqual(
      wrong(
        "packages/ui/src/Planted.tsx",
        `import type { Run } from "@runyard/core"`,
        `import { createClient } from "@runyard/http/client"`,
        `import { Run } from "@runyard/core"`,
        `import * as Effect from "effect/Effect"`,
        `import * as fs from "node:fs"`,
      ),
      ["", "", "imports @runyard/core", "imports effect/Effect", "imports node:fs"],
    )
  })

  it("finds what a library must not do to its process", () => {
    const text = `
      import { exit } from "node:process"
      process.exit(1)
      process.on("SIGINT", stop)
      process.exitCode = 1
      process["ex" + "it"]()
      child.process.exit()
      process.env
    `
    assert.deepStrictEqual(intrusionsOf(text), [
      "an import of process",
      "process.exit",
      "process.on",
      "process.exitCode",
      "process.<computed>",
    ])
  })

  it("finds a cycle, but not one of types alone", () => {
    const graph = (back: string) =>
      graphOf(
        new Map([
          ["p/a.ts", `import { b } from "./b.ts"`],
          ["p/b.ts", `import { c } from "./c/c.ts"`],
          ["p/c/c.ts", back],
        ]),
      )
    assert.deepStrictEqual(cycle(graph(`import { a } from "../a.ts"`)), ["p/a.ts", "p/b.ts", "p/c/c.ts", "p/a.ts"])
    assert.strictEqual(cycle(graph(`import type { A } from "../a.ts"`)), undefined)
  })
})
