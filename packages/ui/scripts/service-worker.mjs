// Writes dist/web/sw.js: the worker below with the names of the built files, so that a new build is a new worker.
import { createHash } from "node:crypto"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const web = fileURLToPath(new URL("../dist/web/", import.meta.url))
const files = globSync(["index.html", "theme.js", "icon.svg", "manifest.webmanifest", "assets/*"], { cwd: web })
  .map((file) => file.replaceAll("\\", "/"))
  .toSorted()
const version = files
  .reduce((hash, file) => hash.update(file).update(readFileSync(`${web}/${file}`)), createHash("sha256"))
  .digest("hex")
  .slice(0, 16)
const paths = files.map((file) => (file === "index.html" ? "/" : `/${file}`))

const worker = readFileSync(new URL("../worker/worker.js", import.meta.url), "utf8")
writeFileSync(
  `${web}/sw.js`,
  worker.replace('"VERSION"', JSON.stringify(`runyard-${version}`)).replace('["PATHS"]', JSON.stringify(paths)),
)
