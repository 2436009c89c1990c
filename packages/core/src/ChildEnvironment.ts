/** Which environment a child gets: an allowlist, never the host's whole one. Pure. */
import type { Adapter } from "./Adapter.ts"
import type { RunRequest } from "./Run.ts"
import { isHostSecret } from "./SecretReference.ts"

/** What every program needs to find its files, speak the user's language and reach the network as the user does. */
const everyChild = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TERM",
  "TMPDIR",
  "TEMP",
  "TMP",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_CACHE_HOME",
  "XDG_STATE_HOME",
  "XDG_RUNTIME_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  // Windows programs do not start without these.
  "SystemRoot",
  "ComSpec",
  "PATHEXT",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
] as const

const credentialName = /(KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|BEARER|COOKIE|PRIVATE|DSN)/i

/** The password in a URL, such as a proxy's or a database's. */
const urlPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s@]+)@/i

/**
 * A value shorter than this would mask ordinary words, and that a variable holds a secret is only known by its name. What
 * a run gets from the host's secrets is masked from four characters on.
 */
const minimumSecret = 8

export interface ChildEnvironment {
  readonly env: Readonly<Record<string, string>>
  /** Values that must be masked wherever they appear, by the variable's name. */
  readonly secrets: ReadonlyArray<{ readonly name: string; readonly value: string }>
}

export const childEnvironment = (
  host: Readonly<Record<string, string>>,
  adapter: Pick<Adapter, "env" | "secretEnv">,
  request: Pick<RunRequest, "env">,
): ChildEnvironment => {
  const asked = request.env ?? []
  const names = new Set([
    ...everyChild,
    ...adapter.env,
    ...asked,
    ...Object.keys(host).filter((n) => n.startsWith("LC_")),
  ])
  const entries = [...names].flatMap((name): ReadonlyArray<readonly [string, string]> => {
    const value = host[name]
    return value === undefined || isHostSecret(name) ? [] : [[name, value]]
  })
  const secret = (name: string) =>
    adapter.secretEnv.includes(name) || (asked.includes(name) && credentialName.test(name))
  return {
    env: Object.fromEntries(entries),
    secrets: entries.flatMap(([name, whole]) => {
      const value = secret(name) ? whole : (urlPassword.exec(whole)?.[1] ?? "")
      return value.length >= minimumSecret ? [{ name, value }] : []
    }),
  }
}

/**
 * Every secret in this host's environment, of whichever adapter, and those that are kept there for runs: a run must not
 * tell those of another either.
 */
export const knownSecrets = (
  host: Readonly<Record<string, string>>,
  adapters: ReadonlyArray<Pick<Adapter, "env" | "secretEnv">>,
  request: Pick<RunRequest, "env">,
): ChildEnvironment["secrets"] => {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(host)) {
    if (isHostSecret(name) && value.length >= minimumSecret) found.set(name, value)
  }
  for (const adapter of adapters) {
    for (const { name, value } of childEnvironment(host, adapter, request).secrets) found.set(name, value)
  }
  return [...found].map(([name, value]) => ({ name, value }))
}
