/** A place to try an agent in: a directory of its own with something to mask in it, a small task, and leave to work there. */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Grants, localScope } from "@runyard/core"
import * as Effect from "effect/Effect"

/** A task for it that needs one command and changes nothing. */
export const playgroundPrompt = [
  "This is a short demonstration. Run one shell command: `cat demo.env`.",
  "Then say in two sentences what kind of file it is, without repeating its values. Change nothing.",
].join("\n")

/** What an agent has to be told to do that task there, by provider: it is no repository, and nobody is there to ask. */
export const playgroundOptions: Readonly<Record<string, Readonly<Record<string, boolean | ReadonlyArray<string>>>>> = {
  codex: { skipGitRepoCheck: true },
  claude: { allowedTools: ["Bash(cat demo.env)"] },
}

const makeDirectory = async (): Promise<string> => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "runyard-demo-")))
  await writeFile(
    join(directory, "demo.env"),
    `API_TOKEN=${["ghp", "FAKEfakeFAKEfakeFAKEfakeFAKEfake0000"].join("_")}\n`,
  )
  return directory
}

/**
 * The directory, with an obviously fake secret in it; gone with the scope.
 * Nobody has to be asked for one that was made for this alone: its grant goes with the scope, too, and is kept nowhere.
 * @param by who grants it, for the audit log.
 */
export const playground = (by: string) =>
  Effect.gen(function* () {
    const grants = yield* Grants
    const path = yield* Effect.acquireRelease(Effect.promise(makeDirectory), (directory) =>
      Effect.promise(() => rm(directory, { recursive: true, force: true })),
    )
    const grant = (remote: boolean) =>
      grants.add({ scope: localScope, path, mode: "write", remote, by }, { lasting: false })
    yield* Effect.acquireRelease(
      // Directories for what is temporary may be on any file system.
      Effect.catch(grant(false), () => grant(true)),
      ({ id }) => Effect.ignore(grants.revoke({ scope: localScope, target: id, by })),
    )
    return path
  })
