/** Starts a supervisor and speaks with it; see `supervisorProgram.ts` for what it says and hears. */
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import type { Readable, Writable } from "node:stream"
import type { Socket } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ProcessCommand } from "../../ProcessHost.ts"
import type { ProcessExit } from "../../Run.ts"
import { markerVariable } from "./processTable.ts"
import { moved } from "./spawnError.ts"
import { movedNumber, supervisorArgs, type Tier } from "./supervisorProgram.ts"

/** How long a supervisor may take to stand, and a program to be started by it. */
const startBound = "10 seconds"
/** How long one that has nothing more to do may take to leave; then it is killed. */
const leaveBound = "1 second"

/** A tier that a supervisor could not have, and what the kernel said. */
export interface Refusal {
  readonly tier: Tier
  readonly reason: string
  /** Whether it says something of the machine, and not only of this moment. */
  readonly lasting: boolean
}

/** A program that was started. */
export interface Launched {
  readonly pid: number
  /** As in /proc; zero when it could not be read. */
  readonly startTime: number
}

/** Its last word: nothing that came from it is alive. */
export interface Gone {
  /** How many processes there were besides the CLI, as far as anybody looked. */
  readonly seen: number
  readonly killed: number
}

export interface Supervisor {
  readonly pid: number
  /** Whose it is: a program may give up its privileges while a spare one is ready. */
  readonly user: number | undefined
  readonly tier: Tier
  /** Of the tier `cgroup`: the directory of its group. */
  readonly group: string | undefined
  readonly refused: ReadonlyArray<Refusal>
  /** As the program that it starts will have them. */
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Starts the one program that it is there for. Gives its pid, or fails with an error that has a system's `code`. */
  readonly launch: (command: ProcessCommand) => Effect.Effect<Launched, NodeJS.ErrnoException>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Kills what is left after so long. Asking again shortens it. */
  readonly end: (graceMillis: number) => void
  /** Lets go of one that has nothing more to do, or has started nothing; returns when it has left. */
  readonly dismiss: Effect.Effect<void>
  /** Ends the supervisor itself, whatever it is doing. */
  readonly destroy: () => void
  /** Of the program. Both null when the supervisor was lost before it could tell. */
  readonly exited: Deferred.Deferred<ProcessExit>
  /** Undefined when the supervisor was lost. */
  readonly gone: Deferred.Deferred<Gone | undefined>
  /** Whether it still stands. */
  readonly isAlive: () => boolean
  /** A spare one must not keep the program of the host running; one at work must. */
  readonly hold: (held: boolean) => void
}

/** What starts a supervisor: `perl`, or something that puts it into a group of its own first. */
export interface Launcher {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

// Of several names of one number the first counts, as in Node itself.
const codeOf = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([code, number]) => [number, code]),
)
const signalOf = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
)

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code })

/** What passes by itself: no process, memory, descriptor or namespace is left. */
const passing = /temporarily unavailable|Cannot allocate|No space left|Too many open files/
const refusal = (tier: Tier, reason: string): Refusal => ({ tier, reason, lasting: !passing.test(reason) })

/** The frame that says what to start: no part of it can hold a NUL. */
const frame = (command: ProcessCommand): Buffer => {
  const { args, cwd, env, held, marker, program, stdin } = command
  const variables = Object.entries({ ...env, [markerVariable]: marker }).map(([name, value]) => `${name}=${value}`)
  const parts = [stdin.kind, cwd, held?.identity ?? "", program, String(args.length), ...args, ...variables]
  const body = Buffer.from(parts.map((part) => `${part}\0`).join(""))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([length, body])
}

/** Starts one. Fails with the refusals when it can have none of the tiers. */
export const startSupervisor = (
  launcher: Launcher,
  tiers: ReadonlyArray<Tier>,
): Effect.Effect<Supervisor, ReadonlyArray<Refusal>> =>
  Effect.callback<Supervisor, ReadonlyArray<Refusal>>((resume) => {
    const refuseAll = (reason: string, lasting = false) =>
      resume(Effect.fail(tiers.map((tier) => ({ tier, reason, lasting }))))
    const args = supervisorArgs(tiers, process.arch)
    if (args === undefined) return refuseAll(`not for ${process.arch}`, true)
    let child: ChildProcess
    try {
      child = spawn(launcher.program, [...launcher.args, ...args], {
        cwd: "/",
        env: launcher.env,
        stdio: ["pipe", "pipe", "pipe", "pipe"],
        detached: true,
      })
    } catch (error) {
      return refuseAll((error as NodeJS.ErrnoException).code ?? "unknown")
    }
    const user = process.geteuid?.()
    const { pid, stderr, stdin, stdout } = child
    child.on("error", (error: NodeJS.ErrnoException) => refuseAll(error.code ?? "unknown"))
    // Without a descriptor left, Node gives a child that has none of these.
    const control = (child.stdio as ChildProcess["stdio"] | undefined)?.[3] as Socket | null | undefined
    if (pid === undefined || stdin == null || stdout == null || stderr == null || control == null) return
    const launched = Deferred.makeUnsafe<Launched, NodeJS.ErrnoException>()
    const exited = Deferred.makeUnsafe<ProcessExit>()
    const gone = Deferred.makeUnsafe<Gone | undefined>()
    const refused: Array<Refusal> = []
    const left = Deferred.makeUnsafe<void>()
    let alive = true
    const destroy = () => void (alive && child.kill("SIGKILL"))
    const dismiss = Effect.suspend(() => {
      for (const stream of [control, stdin, stdout, stderr]) stream.destroy()
      return Effect.timeoutOrElse(Deferred.await(left), {
        duration: leaveBound,
        orElse: () => Effect.andThen(Effect.sync(destroy), Deferred.await(left)),
      })
    })
    const write = (data: string | Buffer) => void (control.writable && control.write(data))
    const supervisor = (tier: Tier, group: string | undefined): Supervisor => ({
      pid,
      user,
      tier,
      group,
      refused,
      stdin,
      stdout,
      stderr,
      launch: (command) =>
        Effect.sync(() => write(frame(command))).pipe(
          Effect.andThen(Deferred.await(launched)),
          Effect.timeoutOrElse({ duration: startBound, orElse: () => Effect.fail(failure("ETIMEDOUT")) }),
        ),
      signal: (name) => write(`S ${constants.signals[name]}\n`),
      end: (graceMillis) => write(graceMillis === 0 ? "K\n" : `E ${Math.ceil(graceMillis)}\n`),
      dismiss,
      destroy,
      exited,
      gone,
      isAlive: () => alive,
      hold: (held) => {
        for (const each of [child, stdin, stdout, stderr, control]) {
          if (held) (each as ChildProcess | Socket).ref()
          else (each as ChildProcess | Socket).unref()
        }
      },
    })
    const hear = (line: string) => {
      const [what, first = "", ...rest] = line.split(" ")
      const number = Number(first)
      switch (what) {
        case "R":
          return void refused.push(refusal(first as Tier, rest.join(" ")))
        case "T":
          return resume(Effect.succeed(supervisor(first as Tier, rest[0] === "" ? undefined : rest[0])))
        case "P":
          return Deferred.doneUnsafe(launched, Effect.succeed({ pid: number, startTime: Number(rest[0]) }))
        case "F":
          return Deferred.doneUnsafe(
            launched,
            Effect.fail(number === movedNumber ? moved() : failure(codeOf.get(number) ?? "unknown")),
          )
        case "X": {
          const signal = signalOf.get(Number(rest[0])) ?? null
          return Deferred.doneUnsafe(exited, Effect.succeed({ code: signal === null ? number : null, signal }))
        }
        case "G":
          control.end()
          return Deferred.doneUnsafe(gone, Effect.succeed({ seen: number, killed: Number(rest[0]) }))
        default:
          return
      }
    }
    let heard = ""
    control.setEncoding("latin1")
    control.on("data", (text: string) => {
      const lines = (heard + text).split("\n")
      heard = lines.pop() ?? ""
      for (const line of lines) hear(line)
    })
    control.on("error", () => {})
    stdin.on("error", () => {})
    let ends = 0
    const lost = () => {
      // What it said last may come after the news of its end.
      if (++ends < 2) return
      alive = false
      Deferred.doneUnsafe(left, Effect.void)
      if (refused.length > 0) resume(Effect.fail(refused))
      else refuseAll("it ended at once")
      Deferred.doneUnsafe(launched, Effect.fail(failure("EPIPE")))
      Deferred.doneUnsafe(exited, Effect.succeed({ code: null, signal: null }))
      Deferred.doneUnsafe(gone, Effect.succeed(undefined))
    }
    child.on("exit", lost)
    control.on("close", lost)
    return dismiss
  }).pipe(
    Effect.timeoutOrElse({
      duration: startBound,
      orElse: () => Effect.fail(tiers.map((tier) => ({ tier, reason: "it did not answer", lasting: false }))),
    }),
  )
