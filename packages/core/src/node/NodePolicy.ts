/** Policy files of this machine: who may write them decides whether they count. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { type PolicyLayer, readPolicy } from "../PolicyLayer.ts"
import { runyardError, type RunyardError } from "../RunyardError.ts"
import { readBounded } from "./internal/boundedFile.ts"

const maxBytes = 256 * 1024

const textOf = async (file: string): Promise<string | undefined> => {
  try {
    return await readBounded(file, maxBytes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return undefined
    throw error
  }
}

/** One file as a layer; undefined where there is none. */
const layerAt = (name: string, file: string): Effect.Effect<PolicyLayer | undefined> => {
  const source = `${name} (${file})`
  return Effect.tryPromise({
    try: () => textOf(file),
    catch: (cause) =>
      runyardError("POLICY_UNREADABLE", {
        message: `The policy of ${source} cannot be read`,
        detail: { source },
        cause,
      }),
  }).pipe(
    Effect.flatMap((text) => (text === undefined ? Effect.undefined : Effect.fromResult(readPolicy(source, text)))),
    Effect.catch((unreadable: RunyardError) => Effect.succeed<PolicyLayer>({ source, document: {}, unreadable })),
  )
}

const found = (layers: ReadonlyArray<PolicyLayer | undefined>): ReadonlyArray<PolicyLayer> =>
  layers.filter((layer) => layer !== undefined)

/** Of the machine, `/etc/runyard/policy.json`, and of the user, `policy.json` in the data directory. */
export const hostLayers = (directory: string): Effect.Effect<ReadonlyArray<PolicyLayer>> =>
  Effect.map(
    Effect.all([
      process.platform === "win32" ? Effect.undefined : layerAt("the machine", "/etc/runyard/policy.json"),
      layerAt("the user", path.join(directory, "policy.json")),
    ]),
    found,
  )

/** Of the project: each `.runyard/policy.json` in the directory and above it. They can only narrow, so all of them count. */
export const projectLayers = (cwd: string): Effect.Effect<ReadonlyArray<PolicyLayer>> => {
  const above: Array<string> = []
  for (let at = path.resolve(cwd); ; at = path.dirname(at)) {
    above.push(at)
    if (at === path.dirname(at)) break
  }
  const files = above.map((at) => layerAt("the project", path.join(at, ".runyard", "policy.json")))
  return Effect.map(Effect.all(files, { concurrency: "unbounded" }), found)
}
