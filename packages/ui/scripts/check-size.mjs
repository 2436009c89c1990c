// What the first screen loads, compressed: the entry, what it imports, and the screen at "/". Fails above the bound.
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"

/** Bytes. */
const bound = 250_000
const web = new URL("../dist/web/", import.meta.url)
const manifest = JSON.parse(readFileSync(new URL("assets.json", web), "utf8"))

/** The files of a chunk, and of all that it imports at once. */
const files = (name, seen = new Set()) => {
  const chunk = manifest[name]
  if (chunk === undefined || seen.has(name)) return []
  seen.add(name)
  return [chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap((each) => files(each, seen))]
}

const first = new Set([...files("index.html"), ...files("src/routes/ComposerPage.tsx")])
const sizes = [...first].map((file) => [file, gzipSync(readFileSync(new URL(file, web))).length])
const total = sizes.reduce((sum, [, size]) => sum + size, 0)
for (const [file, size] of sizes) console.log(`${String(size).padStart(8)}  ${file}`)
console.log(`${String(total).padStart(8)}  first screen, gzip (bound ${bound})`)
if (total > bound) process.exit(1)
const html = readFileSync(new URL("index.html", web), "utf8")
if (/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/.test(html))
  throw new Error("index.html holds inline code or style")
