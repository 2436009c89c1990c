/** A small disk of its own, to be filled or forbidden. A tmpfs, which takes root: tests that need one are skipped without. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Disk {
  readonly directory: string
  readonly resize: (mebibytes: number) => void
  readonly forbidWriting: () => void
  readonly isFull: () => boolean
  readonly remove: () => void
}

const mount = (...args: ReadonlyArray<string>) => execFileSync("mount", args, { stdio: "pipe" })

export const makeDisk = (mebibytes: number): Disk => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-disk-"))
  mount("-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory)
  return {
    directory,
    resize: (size) => void mount("-o", `remount,size=${size}m`, directory),
    forbidWriting: () => void mount("-o", "remount,ro", directory),
    isFull: () => statfsSync(directory).bavail < 8,
    remove: () => {
      execFileSync("umount", ["--lazy", directory])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const canMount = ((): boolean => {
  try {
    makeDisk(1).remove()
    return true
  } catch {
    return false
  }
})()
