// npm 10 drops node_modules/.bin/node when several platform packages declare it.
import fs from "node:fs"

const os = process.platform === "win32" ? "win" : process.platform
const pkg = `${os === "darwin" && process.arch === "arm64" ? "node-bin" : "node"}-${os}-${process.arch}`
const bin = "node_modules/.bin/node"
if (os !== "win" && fs.existsSync(`node_modules/${pkg}/bin/node`) && !fs.existsSync(bin)) {
  fs.mkdirSync("node_modules/.bin", { recursive: true })
  fs.symlinkSync(`../${pkg}/bin/node`, bin)
}
