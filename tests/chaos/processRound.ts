/** Plays a round with a process host alone. */
import { fileURLToPath } from "node:url"
import type { Ladder } from "@runyard/core"
import { NodeProcessHost } from "@runyard/core/node"
import { type ProcessHandle, ProcessHost } from "@runyard/core/ProcessHost"
import type { EndEvidence } from "@runyard/core/RunEvent"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { type Aftermath, aftermath } from "./Aftermath.ts"
import { promptOf } from "./prompt.ts"
import type { ProcessRound } from "./Round.ts"
import { hostEnv } from "./Tier.ts"

const agent = fileURLToPath(new URL("fixtures/agent.mjs", import.meta.url))

/** Short, so that a hostile tree is not most of the suite's time. */
const ladder: Ladder = [
  { do: "signal", signal: "SIGINT", waitMillis: 100 },
  { do: "signal", signal: "SIGTERM", waitMillis: 100 },
  { do: "kill-tree", waitMillis: 500 },
]

const endBy = (
  round: ProcessRound,
  child: ProcessHandle,
  scope: Scope.Closeable,
): Effect.Effect<EndEvidence | undefined> => {
  switch (round.ending) {
    case "normal":
    case "failure":
      return Effect.andThen(child.exit, child.end([]))
    case "polite":
      return child.end(ladder)
    case "forced":
      return child.end([])
    case "killed":
      return Effect.sync(() => process.kill(child.pid, "SIGKILL")).pipe(
        Effect.andThen(child.exit),
        Effect.andThen(child.end([])),
      )
    case "scope":
      return Effect.as(Scope.close(scope, Exit.void), undefined)
  }
}

const hostOf = ({ tier: { containment } }: ProcessRound) => NodeProcessHost.layer(hostEnv(containment), { containment })

export const playProcess = (
  round: ProcessRound,
  directory: string,
): Effect.Effect<{ readonly evidence: EndEvidence | undefined; readonly left: Aftermath }, unknown> =>
  Effect.gen(function* () {
    const host = yield* ProcessHost
    const scope = yield* Effect.acquireRelease(Scope.make(), (made) => Scope.close(made, Exit.void))
    const marker = `chaos-${process.pid}-${round.number}`
    const child = yield* host
      .spawn({
        program: process.execPath,
        args: [agent, "exec"],
        env: { PATH: hostEnv(round.tier.containment)["PATH"] ?? "" },
        cwd: directory,
        stdin: { kind: "text", text: promptOf(round, directory) },
        marker,
      })
      .pipe(Scope.provide(scope))
    const moment = yield* Deferred.make<void>()
    const wanted = round.early ? `"building"` : `"ready"`
    let text = ""
    const reading = yield* Stream.runForEach(child.stdout, (chunk) =>
      Effect.suspend(() => {
        text += chunk
        return text.includes(wanted) ? Deferred.succeed(moment, undefined) : Effect.void
      }),
    ).pipe(Effect.forkChild)
    const errors = yield* Effect.forkChild(Stream.runDrain(child.stderr))
    yield* Deferred.await(moment)
    const evidence = yield* endBy(round, child, scope)
    const left = yield* Effect.promise(() => aftermath(marker, directory))
    // The pipes end with the tree, whoever holds them: this is what a run waits for.
    if (round.ending !== "scope") yield* Fiber.joinAll([reading, errors])
    return { evidence, left }
  }).pipe(Effect.scoped, Effect.timeout("25 seconds"), Effect.provide(hostOf(round)))
