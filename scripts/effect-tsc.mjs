// Runs the Effect-aware compiler where its optional package is installed (Linux x64).
import { spawnSync } from "node:child_process"
import fs from "node:fs"

const tsc = "node_modules/@effect/tsgo-linux-x64/lib/tsc"
if (!fs.existsSync(tsc)) {
  console.log("lint:effect skipped: no Effect compiler for this platform")
} else {
  const { status } = spawnSync(tsc, ["-b", "--pretty", "false"], { stdio: "inherit" })
  process.exit(status ?? 1)
}
