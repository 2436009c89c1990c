import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { mountOf, readMounts } from "../../src/node/internal/mounts.ts"

const mountinfo = Buffer.from(
  [
    "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/root rw",
    "23 22 0:21 / /proc rw,nosuid - proc proc rw",
    "30 22 0:40 / /home rw shared:2 master:1 - btrfs /dev/sdb1 rw,subvol=/home",
    String.raw`31 30 0:41 /export /home/a\040share rw - nfs4 server:/export rw,vers=4.2`,
    "32 30 0:42 / /home/ann/remote rw,nosuid - fuse.sshfs ann@host: rw",
    "33 30 8:3 /sub /home/ann/remote/bind rw - ext4 /dev/sdc1 rw",
    "34 22 0:50 / /windows rw - 9p C: rw",
    "35 22 8:4 / /usb rw - fuseblk /dev/sdd1 rw",
    "36 22 0:60 / /over rw - tmpfs tmpfs rw",
    "37 36 0:61 / /over rw - cifs //server/share rw",
    String.raw`38 22 0:62 / /\303\244 rw - ext4 /dev/sde rw`,
    "",
  ].join("\n"),
)
const mounts = readMounts(mountinfo)
const at = (path: string) => {
  const mount = mountOf(mounts, path)
  return mount === undefined ? undefined : `${mount.type} ${mount.point}${mount.remote ? " remote" : ""}`
}

describe("mounts", () => {
  it("finds the deepest mount above a path, and the last one of several at a place", () => {
    assert.strictEqual(at("/"), "ext4 /")
    assert.strictEqual(at("/work/home"), "ext4 /")
    assert.strictEqual(at("/homes"), "ext4 /")
    assert.strictEqual(at("/home"), "btrfs /home")
    assert.strictEqual(at("/home/ann/project"), "btrfs /home")
    assert.strictEqual(at("/over/a"), "cifs /over remote")
  })

  it("knows what is on another machine or made up by a program, also with names that are escaped", () => {
    assert.strictEqual(at("/home/a share/x"), "nfs4 /home/a share remote")
    assert.strictEqual(at("/home/ann/remote/src"), "fuse.sshfs /home/ann/remote remote")
    assert.strictEqual(at("/home/ann/remote/bind/x"), "ext4 /home/ann/remote/bind")
    assert.strictEqual(at("/windows/Users"), "9p /windows remote")
    assert.strictEqual(at("/usb/x"), "fuseblk /usb")
    assert.strictEqual(at("/ä/x"), "ext4 /ä")
  })

  it.runIf(process.platform === "linux")("reads what this system says", () => {
    const own = readMounts(readFileSync("/proc/self/mountinfo"))
    assert.isAbove(own.length, 1)
    assert.strictEqual(mountOf(own, "/proc/self")?.type, "proc")
    assert.strictEqual(mountOf(own, "/nowhere")?.point, "/")
  })
})
