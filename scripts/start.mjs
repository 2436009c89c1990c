// `npm start` shows a run in the terminal and then serves the page, where that run and all others are; with words behind it,
// as in `npm start -- ls`, it is the program itself.
import { spawnSync } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const main = join(root, "packages/cli/src/main.ts")
const page = join(root, "packages/ui")

/** When the newest file of these was written; 0 where there is none. */
const newest = (...paths) =>
  Math.max(
    0,
    ...paths.map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) return 0
      return stat.isDirectory() ? newest(...readdirSync(path).map((name) => join(path, name))) : stat.mtimeMs
    }),
  )

const sources = ["src", "public", "worker", "index.html", "vite.config.ts", "package.json"]
const client = join(root, "packages/http/src/client")

const run = (command, args, options) => {
  const { error, signal, status } = spawnSync(command, args, { stdio: "inherit", ...options })
  if (error !== undefined) throw error
  if (status !== 0 || signal !== null) process.exit(status ?? 130)
}

if (process.argv.length === 2) {
  run(process.execPath, [...process.execArgv, main, "demo"])
  const built = newest(join(page, "dist/web/index.html"))
  if (built < newest(client, ...sources.map((name) => join(page, name)))) {
    process.stderr.write("\nThe page is built once…\n")
    run("npm", ["run", "--silent", "build:page"], { cwd: page, stdio: ["ignore", "ignore", "inherit"] })
  }
  process.stderr.write(
    "\nNow the page, where this run and all others are, and new ones can be started. Ctrl+C ends it.\n\n",
  )
  const withBrowser =
    process.stdout.isTTY && (process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
  process.argv.push("serve", "--demo", ...(withBrowser ? ["--open"] : []))
}
await import("../packages/cli/src/main.ts")
