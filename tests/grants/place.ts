/** A host whose agent writes down where it is and what it was given, over directories of which one is granted. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Adapter,
  AdapterRegistry,
  Capabilities,
  defaultSettings,
  Grants,
  HostSettings,
  LiveView,
  localScope,
  MemoryStore,
  Redactor,
  Runner,
  Runyard,
  SecretStore,
} from "@runyard/core"
import { NodeCore, type NodeProcessHost } from "@runyard/core/node"
import { fakeAdapter } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"

export interface Place {
  readonly base: string
  /** Granted, with a directory `inside` in it. */
  readonly granted: string
  /** Not granted. */
  readonly secret: string
  readonly adapter: Adapter
  /** What the agent wrote down, one line for each time that it was started, its probe included. */
  readonly starts: () => ReadonlyArray<string>
  readonly remove: () => void
}

export const makePlace = (): Place => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "runyard-grants-")))
  const granted = join(base, "granted")
  const secret = join(base, "secret")
  for (const directory of [granted, join(granted, "inside"), secret, join(secret, "inside")]) {
    mkdirSync(directory)
    writeFileSync(join(directory, "marker"), `${directory.startsWith(secret) ? "secret" : "granted"}\n`)
  }
  const log = join(base, "log")
  const agent = join(base, "agent")
  writeFileSync(
    agent,
    `#!/bin/sh
where=nowhere
read -r where < ./marker
echo "$where $*" >> ${log}
case "$1" in --version) echo 1.0.0; exit;; esac
echo '{"done":{"outcome":"succeeded"}}'
`,
  )
  chmodSync(agent, 0o755)
  const adapter: Adapter = {
    ...fakeAdapter,
    executable: { ...fakeAdapter.executable, names: [agent] },
    prepare: ({ addDirs = [], images = [], ...request }, context) =>
      Result.map(fakeAdapter.prepare(request, context), (invocation) => ({
        ...invocation,
        args: [...invocation.args, ...images, ...addDirs],
      })),
  }
  return {
    base,
    granted,
    secret,
    adapter,
    starts: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** A host with one grant: of the granted directory. */
export const hostOf = (
  place: Place,
  containment: NodeProcessHost.ContainmentChoice = "portable",
  settings: Partial<HostSettings> = {},
) => {
  const grant = Layer.effectDiscard(
    Effect.flatMap(Grants, (grants) =>
      grants.add({ scope: localScope, path: place.granted, mode: "write", remote: false, by: "the test" }),
    ),
  )
  return Layer.merge(Runyard.layer, grant).pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([place.adapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        MemoryStore.layer,
        LiveView.layer,
        SecretStore.layerMemory(),
      ),
    ),
    Layer.provideMerge(NodeCore.layer({ PATH: process.env["PATH"] ?? "" }, { containment })),
    Layer.provideMerge(
      Layer.succeed(
        HostSettings,
        Object.assign({}, defaultSettings, { concurrency: { global: 4, perProvider: 4 } }, settings),
      ),
    ),
  )
}
