/** Asks the person at the terminal whether agents may work in a directory. */
import { homedir, userInfo } from "node:os"
import { dirname } from "node:path"
import { createInterface } from "node:readline"
import {
  GrantDesk,
  type Grants,
  isWithin,
  type Mount,
  type Run,
  Runyard,
  type RunyardError,
  Workspace,
} from "@runyard/core"
import * as Effect from "effect/Effect"
import { tell, tellPart } from "./output.ts"
import { styleFor } from "./style.ts"
import { terminalText } from "@runyard/core/TerminalText"

/** Who it is, for the list of grants. A user without a name has a number. */
export const whoGrants = (): string => {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`
  }
}

/** What there is to say about a directory with the user's own things in it. */
export const homeWarning = (path: string): string | undefined =>
  isWithin(path, homedir())
    ? `${terminalText(path)} is or holds your home directory: agents could read your keys and change how your programs start. A directory for the project would do.`
    : undefined

/** Somebody reads the question, and somebody can answer it. */
const isSomebodyThere = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** The next line that is typed; undefined when there is none. */
const typed = Effect.callback<string | undefined>((resume) => {
  // Not as a terminal: what Ctrl-C means stays the program's.
  const lines = createInterface({ input: process.stdin, terminal: false })
  lines.once("line", (line) => resume(Effect.succeed(line)))
  lines.once("close", () => resume(Effect.succeed(undefined)))
  return Effect.sync(() => lines.close())
}).pipe(Effect.ensuring(Effect.sync(() => process.stdin.pause())))

type Answer = "yes" | "once" | "no"

const readAnswer = (line: string | undefined): Answer | undefined => {
  switch (line?.trim().toLowerCase()) {
    case "y":
    case "yes":
      return "yes"
    case "o":
    case "once":
      return "once"
    case undefined:
    case "":
    case "n":
    case "no":
      return "no"
    default:
      return undefined
  }
}

/** Asks until the answer is one. */
const answered = (question: string): Effect.Effect<Answer> =>
  Effect.gen(function* () {
    for (;;) {
      tellPart(question)
      const line = yield* typed
      if (line === undefined) tell("")
      const answer = readAnswer(line)
      if (answer !== undefined) return answer
    }
  })

const questionOf = (path: string, asked: string, mode: string, mount: Mount | undefined): string => {
  const style = styleFor(process.stderr, process.env)
  const shown = style.bold(terminalText(path))
  const facts = [
    ...(asked === path ? [] : [`${terminalText(asked)} is a link to it`]),
    ...(mount?.remote === true ? [`it is ${terminalText(mount.type)}, mounted at ${terminalText(mount.point)}`] : []),
  ]
  const note = facts.length === 0 ? "" : ` (${facts.join("; ")})`
  return mode === "read"
    ? `Allow agents to look at what is in ${shown}${note}? [y/N/once] `
    : `Allow agents to work in ${shown}${note}? [y/N/once] `
}

const ask = Effect.fnUntraced(function* (error: RunyardError) {
  const { asked, field, mode, path } = error.detail as Readonly<Record<string, string>>
  if (path === undefined || asked === undefined) return yield* error
  // A file is granted by its directory.
  const directory = field === "images" ? dirname(path) : path
  const workspace = yield* Workspace
  const desk = yield* GrantDesk
  const mount = yield* workspace.mount(directory)
  const wanted = mode === "read" ? "read" : "write"
  const warning = homeWarning(directory)
  if (warning !== undefined) tell(styleFor(process.stderr, process.env).yellow(`! ${warning}`))
  const answer = yield* answered(questionOf(directory, field === "images" ? directory : asked, wanted, mount))
  if (answer === "no") return yield* error
  // Whoever answers has read what is mounted there.
  yield* desk.add({ path: directory, mode: wanted, remote: true }, whoGrants(), { lasting: answer === "yes" })
}, Effect.provide(GrantDesk.layer))

/** One for the directory to work in, and for each other place that a request may name. */
const maxQuestions = 130

/**
 * Does what needs grants. Where a directory is not granted, the person at the terminal is asked, and it is done again; where
 * there is none, it fails with `POLICY_NO_GRANT`, which names the command to run.
 */
export const asking = Effect.fnUntraced(function* <A, R>(
  act: Effect.Effect<A, RunyardError, R>,
  mayAsk: boolean,
): Effect.fn.Return<A, RunyardError, Grants | R | Workspace> {
  for (let question = 0; question < maxQuestions; question++) {
    const result = yield* Effect.result(act)
    if (result._tag === "Success") return result.success
    if (result.failure.code !== "POLICY_NO_GRANT" || !mayAsk || !isSomebodyThere()) return yield* result.failure
    yield* ask(result.failure)
  }
  return yield* act
})

/** Submits a request, as `asking` does what needs grants. */
export const submitAsking = (
  request: unknown,
  mayAsk: boolean,
): Effect.Effect<Run, RunyardError, Grants | Runyard | Workspace> =>
  asking(
    Runyard.use((yard) => yard.submit(request, whoGrants())),
    mayAsk,
  )
