/** What stops the program from outside: signals, and errors that nobody caught. The library never does any of this. */
import { constants } from "node:os"
import type { RunId } from "@runyard/core"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { exitCodes } from "./exitCode.ts"
import { tell } from "./output.ts"

/**
 * How long the program may take to end once it was told to, in milliseconds: a run is canceled, else the host shuts down,
 * which takes 13 s at most. After that it exits as it stands.
 */
const exitBoundMillis = 20_000
/** One Ctrl-C may arrive twice: from the terminal, and from a parent that passes it on (npm, timeout). */
const sameSignalMillis = 100

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const
type Signal = (typeof signals)[number]

export type Stop = { readonly kind: "signal"; readonly name: Signal } | { readonly kind: "defect" }

/** As a shell counts it: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM. */
export const exitCodeOfSignal = (name: Signal): number => 128 + constants.signals[name]

const handlers: Array<(name: Signal) => void> = []
const rereaders: Array<() => void> = []
const running = new Set<RunId>()

/** While the scope is open, signals are for the handler, which ends these runs; otherwise they end the program. */
export const handleSignals = (
  ids: ReadonlyArray<RunId>,
  handler: (name: Signal) => void,
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      handlers.push(handler)
      for (const id of ids) running.add(id)
    }),
    () => Effect.sync(() => void handlers.splice(handlers.indexOf(handler), 1)),
  )

/**
 * While the scope is open, `SIGHUP` asks for this, as it asks services to read their files again; from a terminal that is
 * closed it ends the program as ever.
 */
export const handleHangup = (reread: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void rereaders.push(reread)),
    () => Effect.sync(() => void rereaders.splice(rereaders.indexOf(reread), 1)),
  )

/** The run has ended, and that is stored: nothing of it is left behind whatever happens. */
export const runEnded = (id: RunId): void => void running.delete(id)

const giveUp = (code: number): never => {
  if (running.size > 0) {
    tell(`Left behind: ${[...running].join(", ")}. The next \`runyard\` command on this store ends it.`)
  }
  process.exit(code)
}

/**
 * Runs the program to its end, or until it is stopped: its fiber is then interrupted, so that scopes close and runs are
 * ended. A second signal, when the first one was to end the program, and a second uncaught error exit at once.
 * @param onDefect called at once for an uncaught error.
 */
export const runStoppable = async <A, E>(
  program: Effect.Effect<A, E>,
  onDefect: (error: unknown) => void,
): Promise<{ readonly exit: Exit.Exit<A, E>; readonly stop: Stop | undefined }> => {
  let fiber: Fiber.Fiber<A, E> | undefined
  let stop: Stop | undefined
  let bound: NodeJS.Timeout | undefined
  let last: { readonly name: Signal; readonly at: number } | undefined

  const arm = (): void => {
    bound ??= setTimeout(() => {
      tell(`Runyard could not end by itself within ${exitBoundMillis / 1000} s.`)
      giveUp(exitCodes.hostFailed)
    }, exitBoundMillis).unref()
  }
  const end = (reason: Stop): void => {
    stop = reason
    arm()
    fiber?.interruptUnsafe()
  }
  const onSignal = (name: Signal): void => {
    const at = performance.now()
    const again = last?.name === name && at - last.at < sameSignalMillis
    last = { name, at }
    if (again) return
    const reread = rereaders.at(-1)
    if (name === "SIGHUP" && reread !== undefined && stop === undefined && !process.stdin.isTTY) return reread()
    if (stop !== undefined) return giveUp(exitCodeOfSignal(name))
    const handler = handlers.at(-1)
    if (handler === undefined) return end({ kind: "signal", name })
    arm()
    handler(name)
  }
  const onError = (error: unknown): void => {
    if (stop?.kind === "defect") return giveUp(exitCodes.hostFailed)
    onDefect(error)
    end({ kind: "defect" })
  }

  for (const name of signals) process.on(name, onSignal)
  // Unhandled rejections come here too.
  process.on("uncaughtException", onError)
  fiber = Effect.runFork(program)
  const exit = await Effect.runPromise(Fiber.await(fiber))
  return { exit, stop }
}
