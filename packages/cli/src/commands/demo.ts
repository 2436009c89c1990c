/** `runyard demo`: one real run with whatever is here, and how to look at it again. */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Diagnosis, Grants, localScope, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Command, Flag } from "effect/cli"
import { tell } from "../output.ts"
import { execute } from "./exec.ts"
import { withYard } from "./root.ts"

const usable = ({ provider, error, profile, auth }: Diagnosis): boolean =>
  provider !== "scripted" && error === undefined && profile?.status !== "blocked" && auth?.state === "ready"

const prompt = [
  "This is a short demonstration. Run one shell command: `cat demo.env`.",
  "Then say in two sentences what kind of file it is, without repeating its values. Change nothing.",
].join("\n")

const makePlayground = async (): Promise<string> => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "runyard-demo-")))
  await writeFile(
    join(directory, "demo.env"),
    `API_TOKEN=${["ghp", "FAKEfakeFAKEfakeFAKEfakeFAKEfake0000"].join("_")}\n`,
  )
  return directory
}

/** A directory of its own with an obviously fake secret in it, so that there is something to mask; gone with the scope. */
const playground = Effect.acquireRelease(Effect.promise(makePlayground), (directory) =>
  Effect.promise(() => rm(directory, { recursive: true, force: true })),
)

/** Nobody has to be asked for a directory that was made for this one run; the grant goes with the scope. */
const grantFor = (path: string) =>
  Effect.acquireRelease(
    Effect.flatMap(Grants, (grants) =>
      grants.add({ scope: localScope, path, mode: "write", remote: true, by: "runyard demo" }, { lasting: false }),
    ),
    ({ id }) =>
      Effect.flatMap(Grants, (grants) =>
        Effect.ignore(grants.revoke({ scope: localScope, target: id, by: "runyard demo" })),
      ),
  )

export const demo = Command.make(
  "demo",
  {
    scripted: Flag.Boolean("scripted").pipe(
      Flag.withDescription("Use the bundled scripted agent even where a real one is ready"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("demo")(function* ({ scripted }) {
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const real = scripted ? undefined : (yield* yard.diagnose).find(usable)
        tell(
          real === undefined
            ? "No agent CLI is installed and logged in, so the bundled scripted agent runs: a real child process, no model.\n"
            : `${real.name} is installed and logged in: it gets a small real task (it costs what one short turn costs).\n`,
        )
        const provider = real?.provider ?? "scripted"
        const cwd = yield* playground
        yield* grantFor(cwd)
        const run = yield* execute(
          {
            provider,
            prompt,
            cwd,
            title: "Demonstration",
            ...(provider === "codex" ? { options: { skipGitRepoCheck: true } } : {}),
            ...(provider === "claude" ? { options: { allowedTools: ["Bash(cat demo.env)"] } } : {}),
          },
          false,
        )
        const command = process.env["npm_lifecycle_event"] === undefined ? "runyard" : "npm start --silent --"
        const log = yield* Stream.runCollect(yard.events(run.id, { follow: false }))
        const lines = log.map(
          ({ seq, mono, type }) => `  ${`${seq}`.padStart(3)}  ${`${mono}`.padStart(5)} ms  ${type}`,
        )
        tell(`
The run is stored: ${run.lastSeq} numbered events, with ${run.redactionCount} secrets masked before anything was written.

${lines.slice(0, 30).join("\n")}${lines.length > 30 ? `\n  … ${lines.length - 30} more` : ""}

  ${command} ls                      all runs
  ${command} show last               this one
  ${command} logs last               its log again, event by event (--json, --raw, --after N)
  ${command} doctor                  which agent CLIs are here and what they can do
  ${command} exec claude "…"         a run of your own (or codex)`)
      }).pipe(Effect.scoped),
    )
  }),
).pipe(Command.withDescription("One real run, and how to look at it again"))
