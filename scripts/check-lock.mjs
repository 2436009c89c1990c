// Fails when the lockfile lacks a platform's optional package, or an integrity hash.
import fs from "node:fs"

const { packages } = JSON.parse(fs.readFileSync("package-lock.json", "utf8"))
const up = (dir) => (dir.includes("/node_modules/") ? dir.slice(0, dir.lastIndexOf("/node_modules/")) : "")
const locked = (dir, name) => {
  for (; ; dir = up(dir)) {
    if (packages[`${dir ? dir + "/" : ""}node_modules/${name}`]) return true
    if (!dir) return false
  }
}
const missing = Object.entries(packages).flatMap(([dir, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !locked(dir, name))
    .map((name) => `${dir} -> ${name}`),
)
const bare = Object.entries(packages)
  .filter(([dir, entry]) => dir.includes("node_modules/") && !entry.link && !entry.integrity)
  .map(([dir]) => dir)
if (missing.length > 0 || bare.length > 0) {
  console.error({ missing, bare })
  process.exit(1)
}
