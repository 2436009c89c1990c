/** Before the tests in a browser: the page as it is shipped, from the sources as they are. Fails where there is no browser. */
import { execFileSync } from "node:child_process"
import { join, resolve } from "node:path"
import { findChromium } from "./findChromium.ts"

const root = resolve(import.meta.dirname, "../..")

export default (): void => {
  findChromium()
  execFileSync("npm", ["run", "--silent", "build:page"], {
    cwd: join(root, "packages/ui"),
    // Not with what the test runner says of itself: the page would be one for development.
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  })
}
