/** What is mounted where, as Linux tells it in `/proc/self/mountinfo`; pure. */
import { isWithin } from "../../Grant.ts"
import type { Mount } from "../../Workspace.ts"

/** File systems whose files are on another machine. */
const network =
  /^(?:nfs4?|cifs|smb3?|smbfs|ncpfs|afs|coda|ceph|9p|glusterfs|lustre|gpfs|beegfs|orangefs|pvfs2|davfs|autofs)$/
/** What a program makes up as it likes; those that a disk is behind are not. */
const made = /^fuse(?:\.|$)/

const isRemote = (type: string): boolean => network.test(type) || made.test(type)

/** Space, tab, line break and backslash are written as `\040` and so on. */
const unescaped = (text: string): string =>
  Buffer.from(
    text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    "latin1",
  ).toString("utf8")

/** The mounts, in the order in which they were made. */
export const readMounts = (mountinfo: Buffer): ReadonlyArray<Mount> =>
  mountinfo
    .toString("latin1")
    .split("\n")
    .flatMap((line) => {
      const fields = line.split(" ")
      const point = fields[4]
      // Optional fields come before the dash, as many as there are.
      const type = fields[fields.indexOf("-", 6) + 1]
      return point === undefined || type === undefined
        ? []
        : [{ point: unescaped(point), type: unescaped(type), remote: isRemote(unescaped(type)) }]
    })

/** What a real path is mounted from: the deepest mount above it, and of several at one place the last one. */
export const mountOf = (mounts: ReadonlyArray<Mount>, path: string): Mount | undefined =>
  mounts.reduce<Mount | undefined>(
    (found, mount) =>
      isWithin(mount.point, path) && (found === undefined || mount.point.length >= found.point.length) ? mount : found,
    undefined,
  )
