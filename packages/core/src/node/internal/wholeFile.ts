/** Private files that a reader sees whole or not at all, whenever their writer is killed. */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"

/** Makes a directory that nobody else may look into. */
export const privateDirectory = async (directory: string): Promise<void> => {
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
}

export const readIfThere = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await fs.readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/** Makes what was renamed, linked or removed in a directory survive a power failure, where the platform can. */
export const syncDirectory = async (directory: string): Promise<void> => {
  if (process.platform === "win32") return
  const handle = await fs.open(directory, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const draftOf = (file: string): string => `${file}.${randomBytes(8).toString("hex")}.draft`
/** Whether a name is that of a draft of this file, which a writer that was killed has left. */
export const isDraftOf = (file: string, name: string): boolean =>
  name.startsWith(`${path.basename(file)}.`) && name.endsWith(".draft")

const writeDraft = async (file: string, content: Buffer | string): Promise<string> => {
  const draft = draftOf(file)
  const handle = await fs.open(draft, "wx", 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return draft
}

/** Puts a new content in the place of the old one. */
export const replaceFile = async (file: string, content: Buffer | string): Promise<void> => {
  const draft = await writeDraft(file, content)
  try {
    await fs.rename(draft, file)
  } catch (error) {
    await fs.rm(draft, { force: true })
    throw error
  }
  await syncDirectory(path.dirname(file))
}

/** Makes a file unless it is there: of several that publish at once, the first one's content stays. */
export const publishFile = async (file: string, content: Buffer | string): Promise<void> => {
  const draft = await writeDraft(file, content)
  try {
    await fs.link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  } finally {
    await fs.unlink(draft)
  }
  await syncDirectory(path.dirname(file))
}
