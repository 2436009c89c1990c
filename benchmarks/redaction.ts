/**
 * Redaction of agent logs that hold real source text, clean and with a secret in one event of a hundred, in MB/s: beside
 * the split into lines alone, the usual list of patterns in a row, and secretlint's core. Installed on demand into a
 * cache, so that it is nobody's dependency. Then texts that are made to be slow, in milliseconds of CPU for 100 kB.
 */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { Redactor, type RedactionSession } from "@runyard/core"
import * as Effect from "effect/Effect"
import { defaultRules } from "../packages/core/src/DefaultRules.ts"
import { hostileParts, repeatTo } from "../packages/core/test/fixtures/hostileTexts.ts"
import { goal, heading, median, ratio, say, table } from "./report.ts"

const root = path.join(import.meta.dirname, "..")
const prefix = path.join(root, ".cache/secretlint")
const wanted = ["@secretlint/core@13.1.0", "@secretlint/secretlint-rule-preset-recommend@13.1.0"]

const install = async (): Promise<void> => {
  const marker = path.join(prefix, "installed")
  const list = wanted.join("\n")
  if (fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === list) return
  fs.mkdirSync(prefix, { recursive: true })
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--prefix", prefix, ...wanted]
  await promisify(execFile)("npm", args, { cwd: prefix, timeout: 120_000 })
  fs.writeFileSync(marker, list)
}

interface Core {
  readonly lintSource: (input: {
    readonly source: {
      readonly content: string
      readonly filePath: string
      readonly ext: string
      readonly contentType: string
    }
    readonly options: { readonly config: unknown }
  }) => Promise<unknown>
}

/** Undefined where it cannot be installed, with the reason on stdout. */
const secretlint = async (): Promise<((text: string) => Promise<unknown>) | undefined> => {
  const load = <A>(name: string): Promise<A> => {
    const folder = path.join(prefix, "node_modules", name)
    const { exports, main } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as {
      exports?: Record<string, { import?: { default?: string } | string }>
      main?: string
    }
    const entry = exports?.["."]?.import
    const file = (typeof entry === "string" ? entry : entry?.default) ?? main ?? "index.js"
    return import(pathToFileURL(path.join(folder, file)).href) as Promise<A>
  }
  try {
    await install()
    const { lintSource } = await load<Core>("@secretlint/core")
    const { creator } = await load<{ creator: unknown }>("@secretlint/secretlint-rule-preset-recommend")
    const config = { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }] }
    return (content) =>
      lintSource({ source: { content, filePath: "a.log", ext: ".log", contentType: "text" }, options: { config } })
  } catch (error) {
    const reason = error instanceof Error ? (error.message.trim().split("\n")[0] ?? "") : String(error)
    say(`secretlint could not be installed, so that it is left out: ${reason}`)
    return undefined
  }
}

/** It is slow enough that fewer lines tell. */
const linted = 1000

/** What is often put into a program in place of an engine, when it knows prefixes and field names alone. */
const usual: ReadonlyArray<RegExp> = [
  /sk-[A-Za-z0-9_-]{20,}/g,
  /gh[pousr]_[A-Za-z0-9]{36}/g,
  /github_pat_\w{22,}/g,
  /glpat-[\w-]{20}/g,
  /AKIA[0-9A-Z]{16}/g,
  /AIza[\w-]{35}/g,
  /xox[abprs]-[\w-]{10,}/g,
  /sk_live_[A-Za-z0-9]{24,}/g,
  /npm_[A-Za-z0-9]{36}/g,
  /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /Bearer\s+[\w.~+/=-]{20,}/gi,
  /:\/\/[^\s/:@]+:[^\s/@]+@/g,
  /(?:password|secret|token|api[_-]?key)["']?\s*[:=]\s*["']?[^\s"',;]{8,}/gi,
]

/** The same with what such lists hold against secrets of nobody's prefix: names of variables, and any long run. */
const usualWithShapes: ReadonlyArray<RegExp> = [
  ...usual,
  /\b[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)\b\s*[:=]\s*["']?[^\s"']+/g,
  /[A-Za-z0-9+/]{40,}={0,2}/g,
]

const replaced = (patterns: ReadonlyArray<RegExp>) => (lines: ReadonlyArray<string>) =>
  lines.forEach((line) => patterns.reduce((masked, pattern) => masked.replace(pattern, "***"), line))

const sources = (): string => {
  const folder = path.join(root, "node_modules/effect/src")
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".ts"))
  let text = ""
  for (const file of files) {
    if (text.length > 5_000_000) break
    text += fs.readFileSync(path.join(folder, file), "utf8")
  }
  return text
}

const events = (text: string, every: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (let at = 0; at < text.length; at += 760) {
    const secret = lines.length % every === every - 1 ? `\nDB_PASSWORD=${["x7Kq92", "mZpL4t"].join("")}\n` : ""
    const content = text.slice(at, at + 760) + secret
    lines.push(
      JSON.stringify({
        type: "user",
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: `toolu_${lines.length}`, content }] },
        session_id: "0d7bc090-6c05-48b9-a951-07fdc24a193d",
      }),
    )
  }
  return lines
}

const session = (): RedactionSession =>
  Effect.runSync(Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layer())))

const stream = (whole: string): void => {
  const redaction = session().stream()
  for (let at = 0; at < whole.length; at += 65_536) redaction.push(whole.slice(at, at + 65_536))
  redaction.end()
}

const splitOnly = (whole: string): void => {
  let size = 0
  for (let at = whole.indexOf("\n"); at >= 0; at = whole.indexOf("\n", at + 1)) size += whole.charCodeAt(at - 1)
  if (size < 0) say("")
}

/** So many of the slowest are measured at full length. */
const slowest = 12

const hostile = (own: RedactionSession): void => {
  const millis = (text: string): number => {
    const before = process.cpuUsage()
    own.text(text)
    return process.cpuUsage(before).user / 1000
  }
  const found = hostileParts(defaultRules)
    .map((part) => ({ part, took: millis(repeatTo(part, 4_000)) }))
    .toSorted((left, right) => right.took - left.took)
    .slice(0, slowest)
    .map(({ part }) => ({ part, took: Math.min(...[1, 2, 3].map(() => millis(repeatTo(part, 100_000)))) }))
    .toSorted((left, right) => right.took - left.took)
  table([
    ["repeated to 100 kB", "ms of CPU"],
    ...found.map(({ part, took }) => [JSON.stringify(part).slice(0, 48), took.toFixed(0)]),
  ])
  const most = found[0]?.took ?? 0
  goal("a hostile text", `${most.toFixed(0)} ms for 100 kB`, "<= 250 ms", most <= 250)
}

export const redaction = async (): Promise<void> => {
  heading("Redaction of agent logs with source text, MB/s (goal: >= 60, >= 15x secretlint, >= 0.7x with 1 % secrets)")
  const lint = await secretlint()
  const text = sources()
  const sets = { clean: events(text, Number.POSITIVE_INFINITY), secrets: events(text, 100) }
  const own = session()
  const engines: Readonly<Record<string, (lines: ReadonlyArray<string>, whole: string) => unknown>> = {
    "split into lines": (_, whole) => splitOnly(whole),
    "jsonLine (parse included)": (lines) => lines.forEach((line) => own.jsonLine(line)),
    "text, per line": (lines) => lines.forEach((line) => own.text(line)),
    "text, in one call": (_, whole) => own.text(whole),
    "stream, 64 KiB": (_, whole) => stream(whole),
    "14 patterns of prefixes and names": replaced(usual),
    "the same and 2 of shapes": replaced(usualWithShapes),
    ...(lint === undefined
      ? {}
      : {
          "secretlint, per line": async (lines: ReadonlyArray<string>) => {
            for (const line of lines.slice(0, linted)) await lint(line)
          },
          "secretlint, in one call": (_: ReadonlyArray<string>, whole: string) => lint(whole),
        }),
  }
  const speeds = new Map<string, { clean: number; secrets: number }>()
  for (const [name, engine] of Object.entries(engines)) {
    const measured = { clean: 0, secrets: 0 }
    const taken: Record<"clean" | "secrets", Array<number>> = { clean: [], secrets: [] }
    for (let round = 0; round < 3; round++) {
      for (const kind of ["clean", "secrets"] as const) {
        const whole = sets[kind].join("\n")
        const few = name === "secretlint, per line" ? sets[kind].slice(0, linted).join("\n") : whole
        const size = few.length
        const start = performance.now()
        await engine(sets[kind], whole)
        taken[kind].push(size / 1000 / (performance.now() - start))
      }
    }
    measured.clean = median(taken.clean)
    measured.secrets = median(taken.secrets)
    speeds.set(name, measured)
  }
  table([
    ["engine", "clean", "1 % secrets", "ratio"],
    ...[...speeds].map(([name, { clean, secrets }]) => [
      name,
      clean.toFixed(1),
      secrets.toFixed(1),
      ratio(secrets, clean),
    ]),
  ])
  const ours = speeds.get("text, per line")
  const theirs = speeds.get("secretlint, per line")
  const prefixes = speeds.get("14 patterns of prefixes and names")
  const list = speeds.get("the same and 2 of shapes")
  hostile(own)
  if (ours === undefined || prefixes === undefined || list === undefined) return
  goal("redaction", `${ratio(ours.clean, list.clean)} of the usual list`, ">= 2x", ours.clean >= 2 * list.clean)
  say(`${ratio(ours.clean, prefixes.clean)} of a list without shapes, which sees no secret of an unknown maker.`)
  goal("redaction of clean text", `${ours.clean.toFixed(0)} MB/s`, ">= 60 MB/s", ours.clean >= 60)
  const kept = ours.secrets / ours.clean
  goal("redaction with 1 % secrets", `${kept.toFixed(2)}x of clean`, ">= 0.7x", kept >= 0.7)
  if (theirs === undefined) return
  goal("redaction", `${ratio(ours.clean, theirs.clean)} of secretlint`, ">= 15x", ours.clean >= 15 * theirs.clean)
  const whole = [speeds.get("text, in one call"), speeds.get("secretlint, in one call")] as const
  say(`In one call: ${ratio(whole[0]?.clean ?? 0, whole[1]?.clean ?? 1)} of secretlint.`)
}
