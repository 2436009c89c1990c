// Bundles the program into few files, so that it starts fast, and puts the scripted agent beside its callers.
import { copyFile, mkdir, rm } from "node:fs/promises"
import { rolldown } from "rolldown"

await rm("dist/bundle", { recursive: true, force: true })
const bundle = await rolldown({
  input: "src/main.ts",
  platform: "node",
  // A native library, and an optional one: loaded from where it is installed, if it is. The page is a directory of files
  // that its package knows the place of.
  external: ["@napi-rs/keyring", "@runyard/ui"],
  resolve: { conditionNames: ["@runyard/source", "node", "import", "default"] },
  treeshake: true,
})
await bundle.write({
  dir: "dist/bundle",
  format: "esm",
  minify: false,
  entryFileNames: "main.js",
  chunkFileNames: "[name]-[hash].js",
})
await mkdir("dist/scripted", { recursive: true })
await copyFile("src/scripted/agent.mjs", "dist/scripted/agent.mjs")
await copyFile("src/scripted/agent.mjs", "dist/bundle/agent.mjs")
