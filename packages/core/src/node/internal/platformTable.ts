/** Which process table a platform has. */
import type { ProcessTable } from "./processTable.ts"
import { procfs } from "./procfs.ts"
import { ps } from "./ps.ts"
import { taskkill } from "./taskkill.ts"

export const platformTable = (platform: NodeJS.Platform): ProcessTable => {
  switch (platform) {
    case "win32":
      return taskkill
    case "linux":
    case "android":
      return procfs
    default:
      return ps
  }
}
