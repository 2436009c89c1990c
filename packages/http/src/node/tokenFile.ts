/** The token of this installation: 256 random bits in a file that its user alone may read. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"

/** In the data directory. */
export const tokenFileName = "http.token"

const shape = /^[A-Za-z0-9_-]{43,512}$/

const refuse = (file: string, what: string, remedy: string): RunyardError =>
  runyardError("IO_FILE_UNREADABLE", { message: `The token file ${file} ${what}`, remedy })

/**
 * The token, if there is a file; it counts only when nobody else could have read or written it. Rejects with
 * `IO_FILE_UNREADABLE` when the file is a link, is open to others, or holds something else.
 */
export const findToken = async (file: string): Promise<string | undefined> => {
  let handle: fs.FileHandle
  try {
    // A pipe without a writer would be waited for.
    handle = await fs.open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    throw refuse(file, `cannot be opened: ${code}`, "Name a plain file that this user may read.")
  }
  try {
    const stat = await handle.stat()
    const uid = process.getuid?.()
    if (!stat.isFile()) throw refuse(file, "is no plain file", "Name a plain file.")
    if (uid !== undefined && ((stat.mode & 0o077) !== 0 || stat.uid !== uid)) {
      throw refuse(file, "is open to others", "Remove it, so that a new token is made: others may know this one.")
    }
    if (stat.size > 1_024) throw refuse(file, "holds no token", "Remove it, so that a new token is made.")
    const token = (await handle.readFile("utf8")).trim()
    if (!shape.test(token)) throw refuse(file, "holds no token", "Remove it, so that a new token is made.")
    return token
  } finally {
    await handle.close()
  }
}

/** Of several that write at once, the first one's file stays. */
const write = async (file: string): Promise<void> => {
  const draft = `${file}.${randomBytes(8).toString("hex")}.draft`
  const handle = await fs.open(draft, "wx", 0o600)
  try {
    await handle.writeFile(`${randomBytes(32).toString("base64url")}\n`)
    await handle.sync()
    await handle.close()
    await fs.link(draft, file)
  } catch (error) {
    await handle.close().catch(() => undefined)
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  } finally {
    await fs.unlink(draft)
  }
}

/**
 * Reads the token, and makes it first where there is none. Rejects as `findToken` does, and where it cannot be made.
 */
export const readToken = async (file: string): Promise<string> => {
  const found = await findToken(file)
  if (found !== undefined) return found
  try {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await write(file)
  } catch (error) {
    throw refuse(
      file,
      `cannot be made: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`,
      "Check the permissions of its directory.",
    )
  }
  const made = await findToken(file)
  if (made === undefined) throw refuse(file, "is gone again", "Look for a program that removes it.")
  return made
}
