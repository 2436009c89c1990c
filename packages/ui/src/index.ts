/** Runyard's web UI as a host sees it: a directory of files to serve, and how states are called. */
import { fileURLToPath } from "node:url"

export { stateLabel } from "./stateLabel.ts"
export type { StateLabel, Tone } from "./stateLabel.ts"

/**
 * The directory with the built page: `index.html`, hashed files below `assets/`, the manifest, icons and the service
 * worker. It is there once the package is built. Every path without a file is the page's own: serve `index.html` for it.
 */
export const assetsDirectory: string = fileURLToPath(new URL("../dist/web", import.meta.url))
