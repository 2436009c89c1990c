/** Before all tests: bundles the command line and the programs of the tests, from the sources as they are. */
import { globSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { bundle } from "../../packages/cli/scripts/bundling.ts"
import { bundleVariable } from "./programs.ts"

const root = resolve(import.meta.dirname, "../..")
/** Inside the repository, so that they find what is not bundled. */
const bundles = join(root, ".cache/tests")

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Each run has its own, and what a killed one has left is removed by the next. */
const makeDirectory = (): string => {
  mkdirSync(bundles, { recursive: true })
  for (const name of readdirSync(bundles)) {
    if (!isAlive(Number(name))) rmSync(join(bundles, name), { recursive: true, force: true })
  }
  return join(bundles, String(process.pid))
}

export default async (): Promise<() => void> => {
  const directory = makeDirectory()
  const programs = globSync(["packages/cli/src/main.ts", "tests/*/fixtures/*.ts", "packages/*/test/fixtures/*.ts"], {
    cwd: root,
  })
  await bundle(Object.fromEntries(programs.map((file) => [file.replace(/\.ts$/, ""), join(root, file)])), directory)
  process.env[bundleVariable] = directory
  return () => rmSync(directory, { recursive: true, force: true })
}
