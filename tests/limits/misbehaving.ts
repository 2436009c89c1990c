/** CLIs that misbehave, and a host of its own process that runs them one after the other and tells what it cost. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { programAt } from "../support/programs.ts"

const agent = fileURLToPath(new URL("fixtures/agent.mjs", import.meta.url))
const host = fileURLToPath(new URL("fixtures/host.ts", import.meta.url))

export interface Case {
  readonly executable: string
  readonly prompt?: string
  readonly idleMillis?: number
  readonly wallMillis?: number
}

export interface Told {
  readonly id: string
  /** Peak memory during the run over that of the host at rest, in MiB. */
  readonly growth: number
  readonly seconds: number
}

export interface Bench {
  readonly directory: string
  /** An executable that does what this mode of the fixture says. */
  readonly agent: (mode: string, number?: number) => string
  /** Executes them in a fresh host, one after the other, each to its end. */
  readonly run: (cases: ReadonlyArray<Case>) => Promise<ReadonlyArray<Told>>
  readonly remove: () => void
}

export const makeBench = (): Bench => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-limits-"))
  return {
    directory,
    agent: (mode, number = 0) => {
      const file = join(directory, `codex-${mode}-${number}`)
      const lines = [
        "#!/bin/sh",
        `if [ "$1" = --version ]; then echo 'codex-cli 0.169.0'; exit 0; fi`,
        `exec '${process.execPath}' '${agent}' ${mode} ${number}`,
      ]
      writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o755 })
      return file
    },
    run: async (cases) => {
      const args = [...programAt(host), directory, JSON.stringify(cases)]
      const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1024 * 1024 })
      return JSON.parse(stdout) as ReadonlyArray<Told>
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
