/** The `runyard` program: parses, calls one service, reports errors. */
import { errorInfo, RunyardError, runyardError } from "@runyard/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { CliError, CliOutput, Command } from "effect/cli"
import { rerun, retry } from "./commands/again.ts"
import { auditCommand } from "./commands/audit.ts"
import { budget } from "./commands/budget.ts"
import { cancel, logs, ls, show } from "./commands/runs.ts"
import { expectShortLives } from "./collector.ts"
import { demo } from "./commands/demo.ts"
import { doctor } from "./commands/doctor.ts"
import { exec } from "./commands/exec.ts"
import { grant } from "./commands/grant.ts"
import { parse } from "./commands/parse.ts"
import { policy } from "./commands/policy.ts"
import { queue } from "./commands/queue.ts"
import { recover } from "./commands/recover.ts"
import { redact } from "./commands/redact.ts"
import { root } from "./commands/root.ts"
import { schedule } from "./commands/schedule.ts"
import { secret } from "./commands/secret.ts"
import { serve } from "./commands/serve.ts"
import { usage } from "./commands/usage.ts"
import { exitCodeOfError, exitCodes } from "./exitCode.ts"
import { maskedCause, maskedError } from "./maskedError.ts"
import { outputFailure, tell, watchOutputs } from "./output.ts"
import { exitCodeOfSignal, runStoppable } from "./stop.ts"
import { styleFor } from "./style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { version } from "./version.ts"

// Takes the arguments, with the prompt in them, out of the list of processes.
process.title = "runyard"

const app = root.pipe(
  Command.withSubcommands([
    exec,
    serve,
    ls,
    show,
    logs,
    cancel,
    retry,
    rerun,
    queue,
    schedule,
    usage,
    budget,
    recover,
    grant,
    policy,
    auditCommand,
    secret,
    doctor,
    parse,
    redact,
    demo,
  ]),
)

/** Help that nobody asked for is noise around the error. */
const presenter = CliOutput.layerPresenter({
  present: (event) => (event._tag === "InvalidInvocation" ? Effect.void : CliOutput.defaultPresenter.present(event)),
})

const report = (unmasked: RunyardError): void => {
  const error = maskedError(unmasked)

  if (process.argv.includes("--json")) return tell(terminalJson({ error: error.info }))
  const style = styleFor(process.stderr, process.env)
  tell(`${style.red(`✗ ${error.code}`)}: ${terminalText(error.message)}`)
  tell(style.dim(`  ${terminalText(error.remedy)}`))
}

/** What the command line was not, as one of our errors; undefined when help was all that was asked for. */
const usageError = (error: CliError.CliError): RunyardError | undefined => {
  const problems = error._tag === "ShowHelp" ? error.errors : [error]
  if (problems.length === 0) return undefined
  const path = error._tag === "ShowHelp" ? error.commandPath.join(" ") : "runyard"
  return runyardError("QUEUE_REQUEST_INVALID", {
    message: problems.map((problem) => problem.message.trim().replaceAll(/\s*\n\s*/g, " ")).join("; "),
    remedy: `\`${path} --help\` lists what it takes; a prompt that begins with a dash goes after \`--\`.`,
  })
}

const defect = (error: unknown): RunyardError =>
  runyardError("INTERNAL_DEFECT", {
    message: `${errorInfo("INTERNAL_DEFECT").message}: ${error instanceof Error ? error.name : typeof error} (RUNYARD_DEBUG=1 shows where)`,
  })

const readFailure = (cause: Cause.Cause<unknown>): RunyardError | undefined => {
  const error = Cause.squash(cause)
  if (error instanceof RunyardError) return error
  if (CliError.isCliError(error)) return usageError(error)
  if (process.env["RUNYARD_DEBUG"] === "1") tell(maskedCause(cause))
  return defect(error)
}

const reportUncaught = (error: unknown): void => {
  if (process.env["RUNYARD_DEBUG"] === "1") tell(maskedCause(Cause.die(error)))
  report(defect(error))
}

expectShortLives()
watchOutputs()
const { exit, stop } = await runStoppable(
  Command.runWith(app, { version })(process.argv.slice(2)).pipe(
    // stdout is for what was asked for, not for the log.
    Effect.provide(Layer.mergeAll(presenter, NodeServices.layer, Layer.succeed(Logger.LogToStderr, true))),
  ),
  reportUncaught,
)
if (stop?.kind === "defect") {
  process.exitCode = exitCodes.hostFailed
} else if (Exit.isFailure(exit) && stop !== undefined && Cause.hasInterruptsOnly(exit.cause)) {
  process.exitCode = exitCodeOfSignal(stop.name)
} else if (Exit.isFailure(exit)) {
  const error = readFailure(exit.cause)
  if (error !== undefined) {
    report(error)
    process.exitCode = exitCodeOfError(error)
    if (error.code === "INTERNAL_DEFECT") process.exitCode = exitCodes.hostFailed
  }
}
const unwritten = outputFailure()
if (unwritten !== undefined) {
  report(
    runyardError("IO_OUTPUT_CLOSED", {
      message: `The output could not be written: ${unwritten.code ?? unwritten.name}`,
    }),
  )
  process.exitCode = exitCodes.hostFailed
}
