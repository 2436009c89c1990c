/** Certificates are replaced while a server runs: reads their files again when they have changed, or when it is told to. */
import * as fs from "node:fs/promises"
import { RunyardError, runyardError } from "@runyard/core/RunyardError"
import { readTls, type TlsFiles } from "./tlsFiles.ts"

export interface WatchTlsOptions {
  readonly cert: string
  readonly key: string
  /** What is served with until then. */
  readonly now: TlsFiles
  /** Both files are good, and at least one of them is another one. */
  readonly onRenewed: (files: TlsFiles) => void
  /** They are not: what was served with stays. Called once for each state of the files. */
  readonly onBroken: (error: RunyardError) => void
  /** How often they are looked at. Default: 2 s. */
  readonly everyMillis?: number
}

export interface TlsWatch {
  /** Reads both now, whether they have changed or not. */
  readonly check: () => Promise<void>
  readonly stop: () => void
}

/** By the file that a link leads to, as most programs that renew certificates turn links. */
const stampOf = async (file: string): Promise<string> => {
  const found = await fs.stat(file).catch(() => undefined)
  return found === undefined ? "none" : [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(" ")
}

/**
 * Looks at the files until it is stopped, and keeps no program alive. A pair that does not fit is told of when it is still so
 * at the next look: between the two of them the one is new and the other is old.
 */
export const watchTls = (options: WatchTlsOptions): TlsWatch => {
  const { cert, everyMillis = 2_000, key, onBroken, onRenewed } = options
  let { now } = options
  /** The state of the files that was dealt with, and one that was found broken at the last look. */
  let dealt: string | undefined
  let doubted: string | undefined
  let last: Promise<void> = Promise.resolve()

  const read = async (isAsked: boolean): Promise<void> => {
    const at = `${await stampOf(cert)}, ${await stampOf(key)}`
    if (at === dealt && !isAsked) return
    try {
      const files = await readTls(cert, key)
      dealt = at
      doubted = undefined
      if (files.cert.equals(now.cert) && files.key.equals(now.key)) return
      now = files
      onRenewed(files)
    } catch (cause) {
      if (doubted !== at && !isAsked) {
        doubted = at
        return
      }
      dealt = at
      doubted = undefined
      onBroken(
        cause instanceof RunyardError
          ? cause
          : runyardError("IO_FILE_UNREADABLE", { message: "The certificate cannot be used", cause }),
      )
    }
  }
  const check = (isAsked: boolean): Promise<void> => (last = last.then(() => read(isAsked)))

  void check(false)
  const timer = setInterval(() => void check(false), everyMillis).unref()
  return { check: () => check(true), stop: () => clearInterval(timer) }
}
