/** Writes to the terminal or the pipe at its reader's pace, and knows when nobody reads any more. */
import * as Effect from "effect/Effect"
import { terminalOutput } from "@runyard/core/TerminalText"

const outputs = [process.stdout, process.stderr] as const
type Output = (typeof outputs)[number]

/** The first error of an output; nothing more is written to it. */
const failed = new Map<Output, NodeJS.ErrnoException>()
const watchers = new Set<() => void>()

/**
 * Call it once, at the start: an output that fails must not end the program, because a run may need to be ended first. A
 * reader that left gives EPIPE, a terminal that was closed EIO, a full disk ENOSPC.
 */
export const watchOutputs = (): void => {
  for (const output of outputs) {
    output.on("error", (error: NodeJS.ErrnoException) => {
      if (!failed.has(output)) failed.set(output, error)
      for (const act of watchers) act()
    })
  }
}

/** Why what was asked for could not be written; a reader that left wanted no more, so that is no failure. */
export const outputFailure = (): NodeJS.ErrnoException | undefined => {
  const error = failed.get(process.stdout)
  return error?.code === "EPIPE" || error?.code === "EIO" ? undefined : error
}

/** Resolves at the first change of the outputs, a failure or a place for more, after which `test` holds. */
const until = (test: () => boolean): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const forget = (): void => {
      watchers.delete(act)
      for (const output of outputs) output.off("drain", act)
    }
    const act = (): void => {
      if (!test()) return
      forget()
      resume(Effect.void)
    }
    watchers.add(act)
    for (const output of outputs) output.on("drain", act)
    act()
    return Effect.sync(forget)
  })

/** Resolves when an output has failed. */
export const readerLeft: Effect.Effect<void> = until(() => failed.size > 0)

const roomy = (): boolean => outputs.every((output) => failed.has(output) || !output.writableNeedDrain)

/** Resolves when the outputs take more: whoever prints much waits here, so that what is not yet read stays small. */
export const settled: Effect.Effect<void> = Effect.suspend(() => (roomy() ? Effect.void : until(roomy)))

const writeRaw = (output: Output, text: string): void => {
  if (!failed.has(output)) output.write(text)
}
/** Whatever a caller forgot, a terminal gets nothing to obey but our colours. */
const write = (output: Output, text: string): void => writeRaw(output, terminalOutput(text))

/** One line on stdout, every byte of it, for a pipe that asked for that. */
export const sayRaw = (text: string): void => writeRaw(process.stdout, `${text}\n`)
/** Text without a new line. */
export const sayPart = (text: string): void => write(process.stdout, text)
export const tellPart = (text: string): void => write(process.stderr, text)
/** One line on stdout: what was asked for. */
export const say = (text: string): void => sayPart(`${text}\n`)
/** One line on stderr: what is said about it. */
export const tell = (text: string): void => tellPart(`${text}\n`)
