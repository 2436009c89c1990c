/** `runyard recover`: executes what programs that died have left to do, and waits for it. */
import { Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import { Command, Flag } from "effect/cli"
import { say, tell } from "../output.ts"
import { stateText } from "../render.ts"
import { runEnded } from "../stop.ts"
import { styleFor } from "../style.ts"
import { terminalJson } from "@runyard/core/TerminalText"
import { cancelBySignal } from "./exec.ts"
import { root, withYard } from "./root.ts"

export const recover = Command.make(
  "recover",
  { json: Flag.Boolean("json").pipe(Flag.withDescription("Print one run a line"), Flag.withDefault(false)) },
  Effect.fn("recover")(function* ({ json }) {
    const { quiet } = yield* root
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        // Opening has ended what was left behind already; what is to be resumed waits in the queue with the rest.
        const { queued } = yield* yard.recover
        if (queued.length === 0) return quiet || json ? undefined : tell("Nothing is left to do.")
        yield* yard.adopt(queued)
        const style = styleFor(process.stdout, process.env)
        const finish = Effect.forEach(
          queued,
          (id) =>
            Effect.map(yard.await(id), (run) => {
              runEnded(id)
              say(json ? terminalJson(run) : `${run.id}  ${stateText(run.state, style)}`)
            }),
          { concurrency: "unbounded", discard: true },
        )
        yield* Effect.raceFirst(finish, Effect.scoped(cancelBySignal(...queued)))
      }),
    )
  }),
).pipe(Command.withDescription("Execute what programs that died have left to do"))
