/** Serves a directory of built files. */
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { Asset, Assets } from "../Assets.ts"

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
}

const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const

/** A name with the hash of its content in it, as the bundler writes them. */
const hashed = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/
/** No empty, hidden or climbing part; nothing that a file system reads in a way of its own. */
const part = /^(?!\.)[A-Za-z0-9._@-]{1,128}$/

/** The parts of a path that may name a file; undefined when it may not. */
const partsOf = (asked: string): ReadonlyArray<string> | undefined => {
  const parts = asked.split("/").slice(1)
  return parts.length <= 8 && parts.every((name) => part.test(name)) ? parts : undefined
}

/** Files below the directory when it was listed; what is linked or put there later is not served. */
const list = async (directory: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await fs.readdir(directory, { recursive: true, withFileTypes: true })
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = path.join(entry.parentPath, entry.name)
        return [`/${path.relative(directory, file).split(path.sep).join("/")}`, file]
      }),
  )
}

const isRoute = (asked: string): boolean => asked === "/" || path.posix.extname(asked) === ""

/**
 * A path is looked up in the list of the files that are there, and never joined to the directory. Files that were
 * compressed beforehand (`.br`, `.gz`) are sent so. The directory is listed at the first request, and files stay in
 * memory: it is meant for a built page of some megabytes.
 */
export const directoryAssets = (directory: string): Assets => {
  let listed: Promise<ReadonlyMap<string, string>> | undefined
  const read = new Map<string, Promise<Omit<Asset, "encoding">>>()
  const load = (asked: string, file: string, kind: string): Promise<Omit<Asset, "encoding">> => {
    const known = read.get(file)
    if (known !== undefined) return known
    const loading = fs.readFile(file).then((body) => ({
      body: new Uint8Array(body),
      type: types[kind] ?? "application/octet-stream",
      etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
      immutable: hashed.test(asked) && kind !== ".html",
    }))
    read.set(file, loading)
    loading.catch(() => read.delete(file))
    return loading
  }
  return {
    get: async (asked, accepts) => {
      listed ??= list(directory)
      listed.catch(() => (listed = undefined))
      const files = await listed
      const parts = asked === "/" ? [] : partsOf(asked)
      if (parts === undefined) return undefined
      const wanted = files.has(asked) ? asked : isRoute(asked) ? "/index.html" : undefined
      const plain = wanted === undefined ? undefined : files.get(wanted)
      if (wanted === undefined || plain === undefined) return undefined
      const kind = path.posix.extname(wanted)
      for (const [encoding, suffix] of encodings) {
        const packed = files.get(`${wanted}${suffix}`)
        if (packed !== undefined && accepts.includes(encoding))
          return { ...(await load(wanted, packed, kind)), encoding }
      }
      return load(wanted, plain, kind)
    },
  }
}
