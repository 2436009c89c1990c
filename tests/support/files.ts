/** Waits for what other programs write. */
import { existsSync, watch } from "node:fs"
import path from "node:path"

/** Resolves when the file is there. Its folder must be. */
export const appears = (file: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(path.dirname(file), () => existsSync(file) && resolve())
  if (existsSync(file)) resolve()
  return promise.finally(() => watcher.close())
}
