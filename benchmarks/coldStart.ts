/** How long the program and the library take to be there, beside Node itself and the modules that they stand on. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { inDirectory } from "./fakes.ts"
import { goal, heading, median, millis, quantile, ratio, say, table } from "./report.ts"

const rounds = 3
const spawns = 20
const root = path.join(import.meta.dirname, "..")
const bin = path.join(root, "packages/cli/bin/runyard.js")

type Args = ReadonlyArray<string>

const time = (args: Args): number => {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] })
  const took = performance.now() - start
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${String(stderr).slice(0, 500)}`)
  return took
}

/** Each once, in turns; the median over the rounds of each round's quantile. */
const takeTurns = (commands: ReadonlyMap<string, Args>) => {
  const results = new Map([...commands.keys()].map((name) => [name, [] as Array<ReadonlyArray<number>>]))
  for (const args of commands.values()) time(args)
  for (let round = 0; round < rounds; round++) {
    const times = new Map([...commands.keys()].map((name) => [name, [] as Array<number>]))
    for (let index = 0; index < spawns; index++) {
      for (const [name, args] of commands) times.get(name)?.push(time(args))
    }
    for (const [name, values] of times) results.get(name)?.push(values)
  }
  return (name: string, part = 0.5) => median((results.get(name) ?? []).map((values) => quantile(values, part)))
}

/** Both are ES modules in files, so that what differs is what they import. */
const importer = (directory: string, name: string, urls: ReadonlyArray<string>): string => {
  const file = path.join(directory, `${name}.mjs`)
  fs.writeFileSync(file, urls.map((url) => `import ${JSON.stringify(url)}\n`).join(""))
  return file
}

const empty = "node -e 0"

const program = (): void => {
  const commands = new Map<string, Args>([
    [empty, ["-e", "0"]],
    ["runyard --version", [bin, "--version"]],
  ])
  const built = fs.existsSync(path.join(root, "packages/cli/dist/bundle/main.js"))
  if (built) commands.set("runyard --help", [bin, "--help"])
  else say("The program is not built (`npm run build`), so that `runyard --help` is left out.")
  const at = takeTurns(commands)
  table([
    ["ms", "p50", "p95", "of node"],
    ...[...commands.keys()].map((name) => [name, millis(at(name)), millis(at(name, 0.95)), ratio(at(name), at(empty))]),
  ])
  const share = at("runyard --version") / at(empty)
  goal("runyard --version", `${share.toFixed(2)}x`, "<= 2x node", share <= 2)
}

const library = (directory: string): void => {
  const built = fs.existsSync(path.join(root, "packages/cli/dist/index.js"))
  const conditions = built ? [] : ["--conditions=@runyard/source"]
  if (!built)
    say("The packages are not built: the library is imported from its sources, whose types Node strips first.")
  const names = ["@runyard/core", "runyard"]
  const commands = new Map<string, Args>([["nothing", [importer(directory, "nothing", [])]]])
  for (const name of names) {
    const url = import.meta.resolve(name)
    const entry = built ? url.replace("/src/index.ts", "/dist/index.js") : url
    const host = path.join(import.meta.dirname, "hosts/imports.ts")
    const output = execFileSync(process.execPath, [...conditions, host, entry], { encoding: "utf8" })
    const others = JSON.parse(output) as ReadonlyArray<string>
    const plain = name.replace("@runyard/", "")
    commands.set(`its ${others.length} foreign modules: ${name}`, [importer(directory, `${plain}-others`, others)])
    commands.set(`import "${name}"`, [...conditions, importer(directory, plain, [entry])])
  }
  const at = takeTurns(commands)
  table([
    ["ms over an empty program", "p50"],
    ...[...commands.keys()].slice(1).map((name) => [name, millis(at(name) - at("nothing"))]),
  ])
  for (const name of names) {
    const others = [...commands.keys()].find((key) => key.endsWith(`modules: ${name}`)) ?? ""
    const share = (at(`import "${name}"`) - at("nothing")) / (at(others) - at("nothing"))
    goal(`import "${name}"`, `${share.toFixed(2)}x`, "<= 1x of the modules it stands on", share <= 1.0)
  }
}

export const coldStart = (): Promise<void> => {
  heading("Cold start")
  return inDirectory(async (directory) => {
    say(`${spawns} of each in turns, medians of ${rounds} rounds`)
    program()
    say("")
    library(directory)
  })
}
