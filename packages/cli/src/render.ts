/** Events as a person wants to read them. Pure: gives text, writes nothing. */
import {
  type RedactionCount,
  redactionsByRule,
  type RetryNote,
  type Run,
  type RunEvent,
  type RunState,
} from "@runyard/core"
import { endingText } from "./ending.ts"
import type { Style } from "./style.ts"
import { terminalText } from "@runyard/core/TerminalText"

/** `answer` is what the agent says; `note` is everything around it. */
export interface Rendered {
  readonly kind: "answer" | "note"
  readonly text: string
}

const maxOutputLines = 8
const maxLine = 200
/** Secrets of one rule that are told apart in a line. */
const maxFingerprints = 4

const cut = (line: string): string => (line.length > maxLine ? `${line.slice(0, maxLine)}…` : line)

const folded = (text: string, style: Style): string => {
  const lines = terminalText(text).trimEnd().split("\n")
  const shown = lines.slice(0, maxOutputLines).map((line) => style.dim(`    ${cut(line)}`))
  const more = lines.length - maxOutputLines
  return [...shown, ...(more > 0 ? [style.dim(`    … ${more} more lines`)] : [])].join("\n")
}

const oneLine = (text: string): string =>
  cut(
    terminalText(text)
      .trim()
      .replaceAll(/\s*\n\s*/g, " ⏎ "),
  )

const tokens = (count: number): string => count.toLocaleString("en-US")

/** Some CLIs count a resumed conversation from its beginning. */
const scopeOf = ({ basis }: { readonly basis: "run" | "session" }): string =>
  basis === "session" ? " (conversation so far)" : ""

/** The figures of a run in one line. */
export const figures = ({
  usage,
  cost,
  attempts: [first],
  createdAt,
  endedAt,
}: Pick<Run, "usage" | "cost" | "attempts" | "createdAt" | "endedAt">): string =>
  [
    // Waiting for its turn is not work.
    ...(endedAt === undefined ? [] : [`${((endedAt - (first?.startedAt ?? createdAt)) / 1000).toFixed(1)} s`]),
    ...(usage === undefined
      ? []
      : [`${tokens(usage.inputTokens)} tokens in, ${tokens(usage.outputTokens)} out${scopeOf(usage)}`]),
    ...(cost === undefined ? [] : [`$${cost.usd.toFixed(4)}${scopeOf(cost)}`]),
  ].join(" · ")

/** `anthropic-key ×3 (#8f61a57b), password ×2 (#0c11d3aa #51bb02f0)`: fingerprints, of the first few secrets of each rule. */
export const maskedText = (redactions: ReadonlyArray<RedactionCount>): string =>
  redactionsByRule(redactions)
    .map(({ rule, count }) => {
      const told = redactions.flatMap((each) =>
        each.rule === rule && each.fingerprint !== undefined ? [`#${each.fingerprint}`] : [],
      )
      const more = told.length > maxFingerprints ? [`and ${told.length - maxFingerprints} more`] : []
      const secrets = [...told.slice(0, maxFingerprints), ...more]
      return `${rule} ×${count}${secrets.length === 0 ? "" : ` (${secrets.join(" ")})`}`
    })
    .join(", ")

export const stateText = (state: RunState, style: Style): string => {
  switch (state) {
    case "succeeded":
      return style.green(state)
    case "failed":
    case "interrupted":
    case "timed_out":
    case "rejected":
      return style.red(state)
    case "canceled":
    case "action_needed":
    case "retry_wait":
      return style.yellow(state)
    case "queued":
    case "starting":
    case "running":
      return style.cyan(state)
  }
}

/** `2026-11-27 02:10:11`, by the clock of this machine. */
export const localTime = (at: number): string => new Date(at).toLocaleString("sv-SE")

/** Why a failure is not tried again; nothing where its class says so itself. */
export const notRetried = (retry: RetryNote | undefined): string =>
  retry === undefined || retry.reason === "not_transient" || retry.reason === "person_needed"
    ? ""
    : `  Not tried again: ${oneLine(retry.sentence)}`

/** The lines for one event; none for what only machines want. */
export const renderEvent = (event: RunEvent, style: Style): ReadonlyArray<Rendered> => {
  const note = (...texts: ReadonlyArray<string>): ReadonlyArray<Rendered> =>
    texts.filter((text) => text !== "").map((text) => ({ kind: "note", text }))
  switch (event.type) {
    case "run.started":
      return note(
        style.dim(
          `● started ${terminalText(event.payload.executable)}${event.payload.version === undefined ? "" : ` ${oneLine(event.payload.version)}`}, pid ${event.payload.pid}`,
        ),
      )
    case "agent.session":
      return event.payload.model === undefined ? [] : note(style.dim(`● model ${oneLine(event.payload.model)}`))
    case "agent.message":
      return [{ kind: "answer", text: terminalText(event.payload.text) }]
    case "agent.reasoning":
      return note(style.dim(`  ${oneLine(event.payload.text)}`))
    case "agent.tool_started":
      return note(`${style.cyan("▸")} ${oneLine(`${event.payload.name} ${event.payload.command ?? ""}`)}`)
    case "agent.tool_output":
      return note(folded(event.payload.text, style))
    case "agent.tool_completed": {
      const { status, name, exitCode, changes, output } = event.payload
      const mark = status === "completed" ? style.green("✓") : status === "denied" ? style.yellow("⊘") : style.red("✗")
      const code = exitCode === undefined || exitCode === 0 ? "" : ` (exit ${exitCode})`
      const files = (changes ?? []).map(({ kind, path }) => `    ${kind} ${oneLine(path)}`)
      return note(
        `${mark} ${oneLine(name)}${status === "completed" ? "" : ` ${status}`}${code}`,
        ...files,
        output === undefined || output.trim() === "" ? "" : folded(output, style),
      )
    }
    case "agent.plan":
      return note(
        ...event.payload.items.map(
          ({ status, text }) =>
            `  ${status === "completed" ? "☑" : status === "in_progress" ? "◧" : "☐"} ${oneLine(text)}`,
        ),
      )
    case "agent.warning":
    case "agent.retrying":
      return note(style.yellow(`! ${oneLine(event.payload.text)}`))
    case "agent.permission_denied":
      return note(style.yellow(`⊘ ${oneLine(event.payload.toolName)} was not permitted`))
    case "agent.rate_limit":
      return event.payload.status === "allowed"
        ? []
        : note(style.yellow(`! usage limit: ${oneLine(event.payload.status)}`))
    case "run.chunk.stdout":
      return event.payload.reason === "quiet" ? [] : [{ kind: "answer", text: terminalText(event.payload.text) }]
    case "run.chunk.stderr":
      return event.payload.reason === "quiet" ? [] : note(style.dim(terminalText(event.payload.text)))
    case "policy.applied":
      return event.payload.message === undefined ? [] : note(style.yellow(`! ${oneLine(event.payload.message)}`))
    case "run.compatibility_warning":
      return note(style.yellow(`! ${oneLine(event.payload.message)}`))
    case "run.redacted":
      return note(
        style.dim(
          `● masked ${event.payload.total}: ${redactionsByRule(event.payload.rules)
            .map(({ rule, count }) => `${rule} ×${count}`)
            .join(", ")}`,
        ),
      )
    case "queue.requeued":
      return note(
        style.yellow(
          `● back in the queue${event.payload.reason === undefined ? "" : `: ${oneLine(event.payload.reason)}`}`,
        ),
      )
    case "queue.changed":
      return event.payload.by === "breaker" && event.payload.notBefore !== undefined
        ? note(
            style.yellow(
              `● waiting until ${localTime(event.payload.notBefore)}: ${oneLine(event.payload.reason ?? "")}`,
            ),
          )
        : []
    case "run.retry_scheduled": {
      const { at, error, retry } = event.payload
      const until = retry?.parked === true ? "waiting until" : "retrying at"
      const why = retry === undefined ? "" : `. ${oneLine(retry.sentence)}`
      return note(
        style.yellow(`✗ ${error.code}: ${oneLine(error.message)}`),
        style.yellow(`● ${until} ${localTime(at)}${why}`),
      )
    }
    case "run.failed":
    case "run.timed_out":
    case "run.interrupted":
    case "run.action_needed":
    case "run.policy_denied":
      return note(
        style.red(`✗ ${event.payload.error.code}: ${oneLine(event.payload.error.message)}`),
        style.dim(`  ${oneLine(event.payload.error.remedy)}`),
        "retry" in event.payload ? style.dim(notRetried(event.payload.retry)) : "",
      )
    case "run.canceled":
      return note(style.yellow(`✗ ${endingText(event)}`))
    case "audit.cancel_requested": {
      const { by, force } = event.payload
      return note(style.dim(`● ${oneLine(by)} asks for the ${force ? "kill" : "cancel"}`))
    }
    default:
      return []
  }
}
