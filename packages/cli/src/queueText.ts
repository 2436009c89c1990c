/** The queue as a person wants to read it. Pure. */
import { type ControlRecord, instantText, type QueueControl, type QueuedRun, spanText } from "@runyard/core"
import { terminalText } from "@runyard/core/TerminalText"

const limitText = (limits: QueueControl["limits"] | NonNullable<QueueControl["quotas"]>): string =>
  Object.entries(limits)
    .flatMap(([kind, value]) =>
      typeof value === "number"
        ? [`${kind} ${value}`]
        : Object.entries(value ?? {}).map(([name, limit]) => `${kind} ${name} ${limit}`),
    )
    .join(", ")

/** What holds for the whole queue; no line where nothing was decided. */
export const controlLines = ({ limits, paused, pausedProviders, quotas }: QueueControl): ReadonlyArray<string> => [
  ...(paused ? ["The whole queue is paused: runyard queue resume"] : []),
  ...pausedProviders.map((provider) => `${provider} is paused: runyard queue resume ${provider}`),
  ...(Object.keys(limits).length > 0 ? [`Limits for every program: ${terminalText(limitText(limits))}`] : []),
  ...(quotas === undefined ? [] : [`Runs that may wait: ${terminalText(limitText(quotas))}`]),
]

const stateOf = ({ expiresAt, notBefore, startsAt, state }: QueuedRun, now: number): string => {
  const until = expiresAt === undefined ? "" : `, ends unstarted ${instantText(expiresAt)}`
  switch (state) {
    case "executed":
      return "executed"
    case "held":
      return `held${until}`
    case "delayed":
      return `not before ${instantText(notBefore ?? now)}${until}`
    case "waiting":
      return startsAt === undefined ? `waiting${until}` : `waiting, about ${spanText(startsAt - now)}${until}`
  }
}

export const queuedLine = (run: QueuedRun, now: number): string => {
  const place = run.position === undefined ? "" : `${run.position}.`
  const waited = spanText(now - run.enqueuedAt).padStart(11)
  return terminalText(
    `${place.padStart(5)} ${run.runId}  ${run.provider.padEnd(9)} ${run.priority.padEnd(11)} ${waited}  ${stateOf(run, now)}`,
  )
}

const changeText = ({ change }: ControlRecord): string => {
  switch (change.kind) {
    case "limits":
      return `limits ${JSON.stringify(change.limits)}`
    case "quotas":
      return `quotas ${JSON.stringify(change.quotas)}`
    case "budget":
      return `budget ${JSON.stringify(change.rule)}`
    case "noBudget":
      return `no budget ${change.id}`
    case "pause":
    case "resume":
      return `${change.kind} ${change.provider ?? "the whole queue"}`
  }
}

export const decisionLine = (record: ControlRecord): string => {
  const why = record.reason === undefined ? "" : ` (${record.reason})`
  return terminalText(`${instantText(record.at)}  ${record.by}: ${changeText(record)}${why}`)
}
