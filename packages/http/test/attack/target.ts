/** A server to attack: the whole app over a store in memory, behind real sockets, with a page and a file beside it. */
import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import {
  createApp,
  directoryAssets,
  type RunningServer,
  serve,
  type ServeLimits,
  tokenAuth,
} from "../../src/node/index.ts"
import { ApiScope } from "../../src/ApiScope.ts"
import type { HttpLimits } from "../../src/security/HttpLimits.ts"
import { type ServerOptions, yardLayer } from "../server.ts"
import type { RawTarget } from "./raw.ts"

export interface Target extends RawTarget {
  readonly running: RunningServer
  readonly issueCode: () => string
  /** How many runs were ever taken: what an attack must not change. */
  readonly runs: () => Promise<number>
  readonly close: () => Promise<void>
}

export interface TargetOptions {
  readonly limits?: Partial<HttpLimits>
  readonly serve?: Partial<ServeLimits>
  readonly yard?: ServerOptions
}

const makePage = (place: string): string => {
  const page = join(place, "page")
  mkdirSync(join(page, "assets"), { recursive: true })
  writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>")
  writeFileSync(join(page, "assets", "index-AbCdEf12.js"), "export const one = 1")
  writeFileSync(join(page, ".hidden"), "hidden file")
  writeFileSync(join(place, "outside.txt"), "outside file")
  return page
}

/** Everything but grants may be read and written with its token. */
export const startTarget = async (options: TargetOptions = {}): Promise<Target> => {
  const place = mkdtempSync(join(tmpdir(), "runyard-attack-"))
  const token = randomBytes(32).toString("base64url")
  const auth = tokenAuth({ token, scopes: ApiScope.literals.filter((scope) => !scope.startsWith("grants:")) })
  const runtime = ManagedRuntime.make(yardLayer(options.yard ?? {}))
  const app = createApp({
    runtime,
    auth,
    assets: directoryAssets(makePage(place)),
    info: { version: "0.0.0", node: "0", platform: "test", pid: 1, startedAt: 0, demo: false },
    limits: options.limits,
  })
  await app.ready()
  const running = await serve({ app, limits: options.serve })
  return {
    port: running.port,
    token,
    running,
    issueCode: () => auth.sessions.issueCode(Date.now()),
    runs: () =>
      runtime.runPromise(Runyard.use((yard) => Effect.map(yard.list({ limit: 1_000 }), (runs) => runs.length))),
    close: async () => {
      await running.close({ graceMillis: 500 })
      await app.dispose()
      await runtime.dispose()
      rmSync(place, { recursive: true, force: true })
    },
  }
}
