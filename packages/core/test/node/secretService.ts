/** A real Secret Service for tests: a session bus of its own with gnome-keyring on it, unlocked, over an empty home. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const missing = ["dbus-run-session", "gnome-keyring-daemon"].filter((program) => !isOnPath(program))

/** Why there can be none here; undefined when there can. */
export const noSecretService =
  process.platform !== "linux"
    ? "the Secret Service is of Linux"
    : missing.length > 0
      ? `not installed: ${missing.join(", ")} (Debian: dbus, gnome-keyring)`
      : undefined

export interface SecretService {
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

// The bus ends with its command, and the daemon with its bus. The password protects a keyring that is removed at the end.
const script = `printf fake-password | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null`

/** @param unlocked without it, the bus has nobody who keeps secrets. */
export const startSecretService = async (unlocked = true): Promise<SecretService> => {
  const home = mkdtempSync(path.join(tmpdir(), "runyard-keyring-"))
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_DATA_HOME: home,
    LANG: "C.UTF-8",
  }
  const command = unlocked ? script : script.split("\n").slice(1).join("\n")
  const child = spawn("dbus-run-session", ["--", "sh", "-c", command], { env, stdio: ["pipe", "pipe", "ignore"] })
  const ended = once(child, "exit")
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: String(line.value) },
    stop: async () => {
      child.stdin.end()
      await ended
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
