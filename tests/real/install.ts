/**
 * Installs the pinned CLIs from the configured npm registry into the cache folder: `npx node tests/real/install.ts`.
 *
 * What is there already is left alone. Each version is installed beside its place and moved there when it answers
 * `--version`, so that a folder with its final name is complete, whoever else installs at the same time.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises"
import path from "node:path"
import { promisify } from "node:util"
import { cacheFolder, chosenClis, type Cli, folderOf, nameOf, packageOf, programIn, programOf } from "./Clis.ts"

const execute = promisify(execFile)

const versionOf = async (program: string, home: string): Promise<string> => {
  const env = { PATH: process.env["PATH"], HOME: home, DISABLE_AUTOUPDATER: "1" }
  const { stdout } = await execute(program, ["--version"], { env, cwd: home, timeout: 60_000 })
  return stdout.trim()
}

const occupied = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "ENOTEMPTY" || cause.code === "EEXIST")

/** Installs one version unless it is there. Answers how it went. */
export const install = async (cli: Cli): Promise<"present" | "installed"> => {
  const folder = folderOf(cli)
  if (existsSync(programOf(cli))) return "present"
  await mkdir(cacheFolder(), { recursive: true })
  const draft = await mkdtemp(path.join(cacheFolder(), `.${nameOf(cli)}-`))
  try {
    await writeFile(path.join(draft, "package.json"), '{ "private": true }\n')
    await execute(
      "npm",
      ["install", "--prefix", draft, "--no-save", "--no-package-lock", "--no-audit", "--no-fund", packageOf(cli)],
      { cwd: draft, timeout: 600_000, maxBuffer: 16 * 1024 * 1024 },
    )
    const home = path.join(draft, "home")
    await mkdir(home)
    const version = await versionOf(programIn(draft, cli), home)
    if (!version.includes(cli.version)) throw new Error(`${packageOf(cli)} calls itself ${version}`)
    await rm(home, { recursive: true, force: true })
    await rename(draft, folder)
    return "installed"
  } catch (cause) {
    if (occupied(cause) && existsSync(programOf(cli))) return "present"
    throw cause
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  for (const cli of chosenClis()) {
    const started = performance.now()
    const outcome = await install(cli)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${nameOf(cli).padEnd(16)} ${outcome} in ${seconds} s  ${programOf(cli)}`)
  }
}
