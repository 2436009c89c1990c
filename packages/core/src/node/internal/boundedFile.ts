/** Reads files that others may have put there: nobody waits for a pipe, no device is opened, and nothing is without an end. */
import * as fs from "node:fs/promises"

const refuse = (code: "EFBIG" | "ENOTREG"): never => {
  throw Object.assign(new Error(code), { code })
}

/** A pipe that nobody writes into would take one of the few threads of file work for ever. Windows has no such pipes. */
const nonBlocking = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)

/**
 * The text of a regular file, links followed. Rejects with `EFBIG` for more than so many bytes, and with `ENOTREG`.
 * @param named that whoever runs the program has named it: then it may be a pipe, and waiting for it is their own affair.
 */
export const readBounded = async (file: string, maxBytes: number, named = false): Promise<string> => {
  // Before it is opened: to open a device may do something.
  if (!named && !(await fs.stat(file)).isFile()) refuse("ENOTREG")
  const handle = await fs.open(file, named ? fs.constants.O_RDONLY : nonBlocking)
  try {
    const stat = await handle.stat()
    if (!named && !stat.isFile()) refuse("ENOTREG")
    if (stat.size > maxBytes) refuse("EFBIG")
    // A file of the kernel has no size, and any other may grow.
    const bytes = Buffer.allocUnsafe(maxBytes + 1)
    let size = 0
    for (;;) {
      const { bytesRead } = await handle.read(bytes, size, bytes.length - size, null)
      size += bytesRead
      if (bytesRead === 0 || size === bytes.length) break
    }
    return size > maxBytes ? refuse("EFBIG") : bytes.toString("utf8", 0, size)
  } finally {
    await handle.close()
  }
}
