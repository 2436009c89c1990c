// Writes docs/errors.md from the table in packages/core/src/ErrorCode.ts; with --check, fails when the file is stale.
// Run as: npx node --conditions=@runyard/source scripts/error-table.mjs [--check]
import fs from "node:fs"
import { errorTable } from "@runyard/core/ErrorCode"

const file = new URL("../docs/errors.md", import.meta.url)

const families = {
  AUTH: "Login, keys and accounts",
  CLI: "The agent CLI and the service behind it",
  POLICY: "What this host does not allow",
  QUEUE: "The request, and the run as a whole",
  SECRET: "Secrets, and what keeps them",
  IO: "Files, directories and pipes",
  STORE: "The store",
  UPDATE: "Versions of Runyard",
  HTTP: "Requests to the server",
  INTERNAL: "Defects",
}

/** A table in which every cell of a column is as wide as its widest. */
const table = (head, rows) => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`
  const [first, ...rest] = cells
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n")
}

const familyOf = (code) => code.slice(0, code.indexOf("_"))
const stranger = Object.keys(errorTable).find((code) => !(familyOf(code) in families))
if (stranger !== undefined) throw new Error(`${stranger} has a prefix without a heading`)

const sections = Object.entries(families).map(([family, title]) => {
  const rows = Object.entries(errorTable)
    .filter(([code]) => familyOf(code) === family)
    .map(([code, entry]) => [`\`${code}\``, entry.class, `${entry.summary}.`, entry.remedy])
  return `## \`${family}_*\`: ${title}\n\n${table(["Code", "Class", "What it means", "What to do"], rows)}\n`
})

const text = `# Error codes

Generated from \`packages/core/src/ErrorCode.ts\` by \`scripts/error-table.mjs\`; do not edit by hand.

Every failure in Runyard is one of these codes. A code never changes its meaning. An error carries the code, its class,
a sentence, a remedy, and \`detail\` for machines; it never carries a prompt, arguments or raw output. The sentence of a
real error often says more than the one here: it names the file, the option or the version.

## Classes

The class says what an error asks of the caller.

${table(
  ["Class", "Meaning", "Exit code of the CLI, before or beside a run"],
  [
    ["`transient`", "The same request may work later.", "70"],
    ["`auth`", "A person must log in, pay or pass a key.", "4"],
    ["`permission`", "A person must be granted access.", "4"],
    ["`policy`", "It is not allowed here.", "3"],
    ["`usage`", "The request itself is wrong.", "2"],
    ["`logic`", "The work was done and is not good.", "70"],
    ["`unknown`", "Nothing is known, so nothing is repeated by itself.", "70"],
  ],
)}

A run that ends with an error of class \`auth\` or \`permission\` becomes \`action_needed\`; with any other it is \`failed\`
(timeouts are \`timed_out\`, a host that died makes \`interrupted\`). The exit code of a run is that of its state: see the
[command line guide](guides/command-line.md#exit-codes).

${sections.join("\n")}`

if (!process.argv.includes("--check")) fs.writeFileSync(file, text)
else if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) {
  console.error("docs/errors.md is stale: npx node --conditions=@runyard/source scripts/error-table.mjs")
  process.exitCode = 1
}
