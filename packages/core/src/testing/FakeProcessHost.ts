/** A process host without processes: each spawn plays a script, on whatever clock there is. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Ladder } from "../Adapter.ts"
import { type Leftover, ProcessHost, type ProcessCommand } from "../ProcessHost.ts"
import { type HostIdentity, nobody, type ProcessExit } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import { runyardError } from "../RunyardError.ts"

/** What a played process does, one step after the other. */
export type FakeStep =
  | { readonly stdout: string }
  | { readonly stderr: string }
  | { readonly waitMillis: number }
  /** Goes on only when it is ended from outside. */
  | { readonly hang: true }

export interface FakeScript {
  readonly steps: ReadonlyArray<FakeStep>
  /** Default: exit code 0. */
  readonly exit?: ProcessExit
  /** Pids that no signal ends. */
  readonly survivors?: ReadonlyArray<number>
}

export interface FakeHostOptions {
  /** The script for a command; called once for each spawn. */
  readonly play: (command: ProcessCommand) => FakeScript
  readonly env?: Readonly<Record<string, string>>
  readonly self?: HostIdentity
  /** Ids of hosts that are dead. */
  readonly dead?: ReadonlySet<string>
  /** What is found of leftovers. Default: nothing. */
  readonly endLeftovers?: (leftovers: ReadonlyArray<Leftover>) => ReadonlyArray<EndEvidence>
  /** Called at each spawn and each end, for tests that count. */
  readonly onEvent?: (event: "spawn" | "end", command: ProcessCommand) => void
}

export const fakeProcessHost = (options: FakeHostOptions): Layer.Layer<ProcessHost> => {
  let pids = 1000
  return Layer.succeed(ProcessHost, {
    self: options.self ?? { id: "host-fake", pid: 1, startTime: "1" },
    env: options.env ?? { PATH: "/bin" },
    isAlive: ({ id }) => Effect.succeed(id !== nobody.id && options.dead?.has(id) !== true),
    idle: (millis) => Effect.sleep(millis),
    resolve: (name) =>
      name.includes("missing")
        ? Effect.fail(runyardError("CLI_NOT_FOUND", { message: `${name} is not on PATH` }))
        : Effect.succeed(name.startsWith("/") ? name : `/bin/${name}`),
    endLeftovers: (leftovers) =>
      Effect.sync(
        () =>
          options.endLeftovers?.(leftovers) ??
          leftovers.map(() => ({ step: "exited", durationMillis: 0, descendants: 0, survivors: [] })),
      ),
    containment: Effect.succeed({
      containment: "portable",
      message: "Nothing is contained here.",
      refused: [],
    } as const),
    spawn: Effect.fnUntraced(function* (command) {
      const script = options.play(command)
      const pid = pids++
      const ended = yield* Deferred.make<ProcessExit>()
      options.onEvent?.("spawn", command)
      const play = (name: "stdout" | "stderr") =>
        Stream.fromIterable(script.steps).pipe(
          Stream.mapEffect((step) => {
            if ("waitMillis" in step) return Effect.as(Effect.sleep(step.waitMillis), "")
            if ("hang" in step) return Effect.as(Deferred.await(ended), "")
            return Effect.succeed(name in step ? (step as { readonly [K in typeof name]: string })[name] : "")
          }),
          Stream.filter((text) => text !== ""),
          Stream.interruptWhen(Deferred.await(ended)),
        )
      const timeline = Effect.forEach(
        script.steps,
        (step) => ("waitMillis" in step ? Effect.sleep(step.waitMillis) : "hang" in step ? Effect.never : Effect.void),
        { discard: true },
      )
      const natural = script.exit ?? { code: 0, signal: null }
      const exit = yield* Effect.cached(Effect.raceFirst(Effect.as(timeline, natural), Deferred.await(ended)))
      const end = (step: string) =>
        Effect.gen(function* () {
          options.onEvent?.("end", command)
          yield* Deferred.succeed(ended, { code: null, signal: "SIGTERM" })
          return { step, durationMillis: 0, descendants: 0, survivors: script.survivors ?? [] }
        })
      yield* Effect.addFinalizer(() => (Deferred.isDoneUnsafe(ended) ? Effect.void : end("released")))
      return {
        pid,
        record: { containment: "portable" as const, marker: command.marker, root: { pid, startTime: "1" } },
        stdout: play("stdout"),
        stderr: play("stderr"),
        write: () => Effect.void,
        closeStdin: Effect.void,
        exit,
        end: (ladder: Ladder) => end(ladder.length === 0 ? "exited" : "SIGTERM"),
      }
    }),
  })
}
