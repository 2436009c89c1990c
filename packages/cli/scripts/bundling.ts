/** How programs are put into few files, so that they start fast: the one that is shipped, and those of the tests. */
import { copyFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { rolldown } from "rolldown"

const scripts = join(import.meta.dirname, "../src/scripted")

/**
 * Bundles programs from their sources, and puts the scripted agent beside its callers.
 * @param programs the source of each, by the name of its file in `directory`, without `.js`.
 */
export const bundle = async (programs: Readonly<Record<string, string>>, directory: string): Promise<void> => {
  const bundled = await rolldown({
    input: { ...programs },
    platform: "node",
    // A native library, and an optional one: loaded from where it is installed, if it is. The page is a directory of files
    // that its package knows the place of.
    external: ["@napi-rs/keyring", "@runyard/ui"],
    resolve: { conditionNames: ["@runyard/source", "node", "import", "default"] },
    treeshake: true,
  })
  const { output } = await bundled.write({
    dir: directory,
    format: "esm",
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false } },
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  })
  await bundled.close()
  for (const file of output) {
    if (file.type === "asset" || !file.moduleIds.includes(join(scripts, "ScriptedAdapter.ts"))) continue
    await copyFile(join(scripts, "agent.mjs"), join(directory, dirname(file.fileName), "agent.mjs"))
  }
}
