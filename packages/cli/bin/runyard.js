#!/usr/bin/env node
// Plain JavaScript without imports of ours: it must run on any Node to say which one is needed, and `--version` must be
// as fast as Node itself.
import module from "node:module"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`Runyard needs Node 22.19 or newer; this is ${process.versions.node}.`)
  process.exitCode = 1
} else if (process.argv.length === 3 && (process.argv[2] === "--version" || process.argv[2] === "-v")) {
  console.log(module.createRequire(import.meta.url)("../package.json").version)
} else {
  module.enableCompileCache?.()
  const emitWarning = process.emitWarning.bind(process)
  // Node 22 calls its SQLite experimental; the versions that we allow are tested.
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes("SQLite is an experimental feature")) emitWarning(warning, ...rest)
  }
  await import("../dist/bundle/main.js")
}
