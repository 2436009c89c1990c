/**
 * Runs processes with Node and ends whole trees of them.
 *
 * On Linux a supervisor holds the processes of a run together, by the strongest containment that the machine offers.
 * Where there is none, and on other systems, members of a tree are found by parentage, group, session, a variable in
 * their environment, and the pipes they inherited; that misses a process that gave up all of these. macOS shows neither
 * pipes nor sessions; on Windows `taskkill /T /F` is all there is. Neither of the two is covered by the tests.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type ProcessCommand, ProcessHost } from "../ProcessHost.ts"
import type { HostIdentity } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { endLeftovers } from "./internal/endLeftovers.ts"
import { isHostAlive } from "./internal/isHostAlive.ts"
import { platformTable } from "./internal/platformTable.ts"
import { processHandle } from "./internal/processHandle.ts"
import { markerVariable, type ProcessTable } from "./internal/processTable.ts"
import { resolveProgram } from "./internal/resolveProgram.ts"
import { refuse } from "./internal/spawnError.ts"
import { startAlone } from "./internal/startAlone.ts"
import { identify, type Started } from "./internal/started.ts"
import { startSupervised } from "./internal/startSupervised.ts"
import { type ContainmentChoice, makeSupervisors, type Supervisors } from "./internal/supervisors.ts"

export type { ContainmentChoice } from "./internal/supervisors.ts"

/** How long after a start the next supervisor is made ready, in milliseconds: not while the program says its first words. */
const refillMillis = 10

const idle = (millis: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    timer.unref()
    return Effect.sync(() => clearTimeout(timer))
  })

const start = Effect.fnUntraced(function* (
  table: ProcessTable,
  supervisors: Supervisors,
  command: ProcessCommand,
): Effect.fn.Return<Started, RunyardError> {
  const refusal = refuse(command)
  if (refusal !== undefined) return yield* refusal
  const supervisor = yield* supervisors.take
  return supervisor === undefined
    ? yield* startAlone(table, command)
    : yield* startSupervised(table, supervisor, command)
})

const make = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>, choice: ContainmentChoice) {
  const table = platformTable(process.platform)
  const scope = yield* Scope.Scope
  const supervisors = makeSupervisors(choice, env)
  yield* Effect.addFinalizer(() => supervisors.close)
  const self: HostIdentity = { id: randomUUID(), ...(yield* identify(table, process.pid)) }
  return ProcessHost.of({
    self,
    isAlive: (host) => isHostAlive(table, host, process.env[markerVariable] !== undefined),
    spawn: (command) =>
      Effect.acquireRelease(
        start(table, supervisors, command).pipe(
          Effect.map((program) => processHandle(table, program, command)),
          Effect.tap(Effect.forkIn(Effect.andThen(idle(refillMillis), supervisors.refill), scope)),
        ),
        (handle) => handle.release,
      ),
    endLeftovers: (leftovers) => endLeftovers(table, leftovers),
    containment: supervisors.report,
    idle,
    resolve: (nameOrPath) => resolveProgram(nameOrPath, env),
    env,
  })
})

/** The environment of this program. */
export const processEnv = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/**
 * Processes of this machine, as children of this program.
 * @param env what children's environments are picked from, and whose PATH is searched. Default: this program's.
 * @param options `containment`: a certain one, without which nothing is started (`CLI_CONTAINMENT_UNAVAILABLE`), or
 *   `auto`, the default: the strongest of this machine that leaves the agent's world as it is.
 */
export const layer = (
  env: Readonly<Record<string, string>> = processEnv(),
  options: { readonly containment?: ContainmentChoice | undefined } = {},
): Layer.Layer<ProcessHost> => Layer.effect(ProcessHost, make(env, options.containment ?? "auto"))
