/** `runyard demo`: one real run with whatever is here, and how to look at it again. */
import { type Diagnosis, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Command, Flag } from "effect/cli"
import { tell } from "../output.ts"
import { playground, playgroundOptions, playgroundPrompt } from "../playground.ts"
import { execute } from "./exec.ts"
import { withYard } from "./root.ts"

const usable = ({ provider, error, profile, auth }: Diagnosis): boolean =>
  provider !== "scripted" && error === undefined && profile?.status !== "blocked" && auth?.state === "ready"

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
        const cwd = yield* playground("runyard demo")
        const options = playgroundOptions[provider]
        const run = yield* execute(
          {
            provider,
            prompt: playgroundPrompt,
            cwd,
            title: "Demonstration",
            ...(options === undefined ? {} : { options }),
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
