/**
 * How tests start programs of this repository: what Node is given before the program's own arguments. In a run of the
 * tests all of them are bundled first, by `bundlePrograms.ts`: a bundle takes a quarter of the time to start. Where
 * nothing was bundled, they start from their sources.
 */
import { join, relative, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")

/** Says where the bundled programs are. */
export const bundleVariable = "RUNYARD_TEST_BUNDLE"

/** Packages that a bundle leaves where they are are found as sources, too: nothing has to be built before the tests. */
const sources = "--conditions=@runyard/source"

/** From the source, whatever was bundled. */
export const fromSource = (source: string): ReadonlyArray<string> => [sources, source]

/** @param source the program's main file, absolute. */
export const programAt = (source: string): ReadonlyArray<string> => {
  const bundle = process.env[bundleVariable]
  return bundle === undefined
    ? fromSource(source)
    : [sources, join(bundle, relative(root, source).replace(/\.ts$/, ".js"))]
}

export const runyardSource = join(root, "packages/cli/src/main.ts")

/** The program `runyard`. */
export const runyard = programAt(runyardSource)
