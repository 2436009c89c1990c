/** A policy and what it comes to, as a person reads it at a terminal. */
import type { PolicyExplanation, PolicyLayer, Ruling } from "@runyard/core"
import type { Style } from "./style.ts"
import { terminalText } from "@runyard/core/TerminalText"

/** What a layer takes away, one rule a line. */
export const renderLayer = ({ document, source, unreadable }: PolicyLayer, style: Style): string => {
  if (unreadable !== undefined) return style.red(terminalText(`Everything is forbidden: ${unreadable.message}`))
  const lines = Object.entries(document).map(([name, value]) => `  ${name.padEnd(16)}  ${JSON.stringify(value)}`)
  return [style.bold(terminalText(`Narrowed by ${source}`)), ...lines.map(terminalText)].join("\n")
}

/** Cells beside each other, each column as wide as its longest cell; the last one has what room it needs. */
const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  ")}`.trimEnd(),
  )
}

const bySource = ({ reason, source }: Ruling): string => (source === "built in" ? reason : `${reason} [${source}]`)

/** Milliseconds, turns and dollars as they are said. */
const amount = (limit: string, value: number): string =>
  limit === "turns" ? String(value) : limit === "costUsd" ? `$${value}` : `${value / 1000} s`

const renderLimit = ({ enforced, limit, most, note, usual }: PolicyExplanation["limits"][number]) => [
  limit,
  most === undefined ? "as asked" : `at most ${amount(limit, most.value)} [${most.source}]`,
  usual === undefined ? "" : `${amount(limit, usual.value)} unless asked [${usual.source}]`,
  `${enforced}: ${note}`,
]

const renderRule = ({ enforced, note, rule, set, then }: PolicyExplanation["rules"][number]): ReadonlyArray<string> => [
  rule,
  set.length === 0 ? "not set" : set.map(({ source, value }) => `${JSON.stringify(value)} [${source}]`).join(", "),
  `${enforced}: ${note}${then === undefined ? "" : then === "refuse" ? "; runs are refused" : "; runs go on, and their log says so"}`,
]

/** One line each. */
export const renderExplanation = (explained: PolicyExplanation, style: Style): ReadonlyArray<string> => {
  const { advanced, env, flags, limits, name, permissionModes, provider, rules, sandboxModes, use, version } = explained
  const paint = { allowed: style.green, advanced: style.yellow, denied: style.red }
  const decided = (ruling: Ruling): string =>
    // Nobody may use what the host does not let: the word is the one of the table, the colour is what becomes of it.
    ruling.decision === "advanced" && !advanced.value
      ? style.red("advanced")
      : paint[ruling.decision](ruling.decision.padEnd(8))
  const section = (title: string, lines: ReadonlyArray<string>) => ["", style.bold(title), ...lines]
  const modes = (list: PolicyExplanation["permissionModes"]) => {
    const width = Math.max(...list.map(({ mode }) => mode.length))
    return list.map((each) => {
      const { flags: own, mode, note } = each
      const told = [note, own === undefined ? undefined : own.length === 0 ? "no flag" : own.join(" "), bySource(each)]
      const words = told.filter((part) => part !== undefined).join(" · ")
      return `  ${mode.padEnd(width)}  ${decided(each)}  ${style.dim(terminalText(words))}`
    })
  }
  const width = Math.max(0, ...flags.map(({ flag }) => flag.length))
  const ordered = (["allowed", "advanced", "denied"] as const).flatMap((order) =>
    flags.filter(({ decision }) => decision === order),
  )
  return [
    `\n${style.bold(name)} (${provider}) ${terminalText(version ?? "of unknown version")}`,
    `  ${decided(use)}  ${style.dim(terminalText(bySource(use)))}`,
    ...section("Permission modes", modes(permissionModes)),
    ...section("Sandbox modes", modes(sandboxModes)),
    ...section("Limits", columns(limits.map(renderLimit)).map(terminalText)),
    ...section("Variables that its process gets where they are set, beside those that a request names", [
      `  ${terminalText(env.join(", "))}`,
    ]),
    ...section("Rules of policies, and who keeps them", columns(rules.map(renderRule)).map(terminalText)),
    ...section(
      "Flags; one that is not in the list is denied",
      ordered.map((each) => {
        const words = [bySource(each), each.value === undefined ? "" : each.value].filter((part) => part !== "")
        return `  ${each.flag.padEnd(width)}  ${decided(each)}  ${style.dim(terminalText(words.join(" · ")))}`
      }),
    ),
  ]
}
