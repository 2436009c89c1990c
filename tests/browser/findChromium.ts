/** The browser that the tests drive: the distribution's, or the one that `CHROMIUM_PATH` names. */
import { existsSync } from "node:fs"

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]

/** Throws where there is none: tests that nobody ran must not look like tests that passed. */
export const findChromium = (): string => {
  const named = process.env["CHROMIUM_PATH"]
  const found = (named === undefined ? usual : [named]).find((path) => existsSync(path))
  if (found === undefined) {
    throw new Error(
      named === undefined
        ? "There is no Chromium here: install it (apt-get install chromium), or name one in CHROMIUM_PATH"
        : `CHROMIUM_PATH names ${named}, which is not there`,
    )
  }
  return found
}

/** What it is started with: nothing of it but the page asks anybody for anything. */
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-sync",
  "--disable-component-update",
]
