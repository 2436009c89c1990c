/** What becomes of a run whose host died: it ends, or it goes on with its conversation in a new attempt. Pure. */
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { Leftover } from "../ProcessHost.ts"
import type { RecoveryChoice, Run, RunId, RunRequest } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import { type ErrorInfo, errorInfo } from "../RunyardError.ts"

/** How often one run is resumed after crashes: a run that takes its host down each time must not do so for ever. */
export const maxResumes = 3

/** In place of the prompt, which the conversation has already: said again, it might be done again. */
const resumePrompt =
  "The program that ran you was interrupted, and you with it. Look at what is already done, do not do it again, and go on where you stopped until the task is finished."

const died = "QUEUE_HOST_DIED"

/**
 * The marker of one attempt. Each has its own: a host that still ends what is left of an attempt must not find the next
 * one, which another host may have started.
 */
export const markerOf = (id: RunId, attempt: number): string => (attempt <= 1 ? id : `${id}.${attempt}`)

/** What may be left of the attempt under way. */
export const leftoverOf = ({ attempts, id }: Run): Leftover => {
  const process = attempts.at(-1)?.process
  return { marker: process?.marker ?? markerOf(id, attempts.length), ...(process === undefined ? {} : { process }) }
}

/** Whether the next attempt goes on with what one began whose host died. */
export const isResumption = ({ attempts }: Run): boolean => attempts.at(-1)?.error?.code === died

/**
 * The request of an attempt that goes on with the conversation of an earlier one. Undefined where there is none to go on
 * with, or where something but the prompt was masked and so is lost. Images have been shown already.
 */
export const resumedRequest = ({ request, sessionId }: Run): RunRequest | undefined => {
  if (sessionId === undefined || request.persistSession === false) return undefined
  const { images: _, title, ...rest } = request
  const resumed: RunRequest = { ...rest, prompt: resumePrompt, session: { kind: "resume", id: sessionId } }
  if (JSON.stringify(resumed).includes("[redacted:")) return undefined
  return title === undefined ? resumed : { ...resumed, title }
}

/** The request with which this run would go on; undefined where it is to end, by its own choice or the host's. */
export const wantedResumption = (run: Run, byDefault: RecoveryChoice): RunRequest | undefined => {
  const resumes = run.attempts.filter(({ error }) => error?.code === died).length
  const wanted = run.state === "running" && (run.request.recovery ?? byDefault) === "resume" && resumes < maxResumes
  return wanted ? resumedRequest(run) : undefined
}

/** Why the attempt ended, and what was found of it. */
const errorOf = (run: Run, evidence: EndEvidence, notResumed: string | undefined): ErrorInfo => {
  const detail = {
    pid: run.host.pid,
    killed: evidence.killed ?? 0,
    ...(evidence.found === undefined ? {} : { found: evidence.found }),
    ...(notResumed === undefined ? {} : { notResumed }),
  }
  const { survivors } = evidence
  if (survivors.length === 0) return errorInfo(died, { detail })
  return errorInfo("CLI_SURVIVORS", {
    message: `The program that executed the run ended, and processes of the run are still alive: ${survivors.join(", ")}`,
    detail: { ...detail, pids: [...survivors] },
  })
}

/** The run ends. @param notResumed the code of what kept it from going on, where it was to. */
export const interrupted = (run: Run, evidence: EndEvidence, notResumed?: string): TimelessDraft =>
  draft("run.interrupted", { error: errorOf(run, evidence, notResumed), evidence })

/** The run waits for its next attempt. */
export const requeued = (run: Run, evidence: EndEvidence): TimelessDraft =>
  draft("queue.requeued", {
    by: "recovery",
    reason: "The program that executed it ended; it goes on with its conversation",
    error: errorOf(run, evidence, undefined),
    evidence,
  })
