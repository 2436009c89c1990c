/** The packages' own benchmarks, which print their own figures. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { heading, say } from "./report.ts"

const benchmarks = [
  {
    file: "packages/store/benchmark/append.ts",
    about: "Append through the store, beside bare node:sqlite (goal: >= 0.7x at the same group; block p99 <= 15 ms)",
  },
  {
    file: "packages/core/benchmark/redactor.ts",
    about: "Redaction of clean agent text (goal: >= 60 MB/s, and >= 2x the usual list of patterns)",
  },
]

const root = path.join(import.meta.dirname, "..")

export const packages = async (): Promise<void> => {
  for (const { file, about } of benchmarks) {
    heading(about)
    if (!fs.existsSync(path.join(root, file))) {
      say(`${file} is not there.`)
      continue
    }
    const child = spawn(process.execPath, ["--conditions=@runyard/source", file], { cwd: root, stdio: "inherit" })
    const code = await new Promise((resolve) => child.on("close", resolve))
    if (code !== 0) say(`${file} ended with ${String(code)}.`)
  }
}
