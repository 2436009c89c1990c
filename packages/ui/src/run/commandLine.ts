/** The command that starts the same run from a shell. Pure. */
import type { RunRequest } from "../api/types.ts"

/** As one word for a POSIX shell, whatever is in it. */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

const seconds = (millis: number | undefined): number | undefined =>
  millis === undefined ? undefined : Math.ceil(millis / 1_000)

const flag = (name: string, value: string | number | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : [name, quoted(String(value))]

const each = (name: string, values: ReadonlyArray<string> = []): ReadonlyArray<string> =>
  values.flatMap((value) => flag(name, value))

const on = (name: string, is: boolean): ReadonlyArray<string> => (is ? [name] : [])

const retries = ({ retry }: RunRequest): number | undefined => {
  if (retry === "never") return 0
  return typeof retry === "object" && retry.maxTries !== undefined ? retry.maxTries - 1 : undefined
}

/** What the command line cannot say is not in it: `leftOut` names that. */
export const commandLine = (request: RunRequest): string => {
  const { budget, limits, notBefore, options, permissionMode, priority, session } = request
  const resumed = session?.kind === "resume" ? session : undefined
  const words = [
    "runyard exec",
    quoted(request.provider),
    ...flag("--cwd", request.cwd === "" ? undefined : request.cwd),
    ...flag("--model", request.model),
    ...flag("--mode", permissionMode === "default" ? undefined : permissionMode),
    ...flag("--sandbox", request.sandbox),
    ...flag("--priority", priority === "normal" ? undefined : priority),
    ...flag("--title", request.title),
    ...flag("--not-before", notBefore === undefined ? undefined : new Date(notBefore).toISOString()),
    ...flag("--timeout", seconds(limits?.wallMillis)),
    ...flag("--idle-timeout", seconds(limits?.idleMillis)),
    ...flag("--tool-idle-timeout", seconds(limits?.toolIdleMillis)),
    ...flag("--queue-timeout", seconds(limits?.queueMillis)),
    ...flag("--max-cost", budget?.maxCostUsd),
    ...flag("--max-tokens", budget?.maxTokens),
    ...flag("--unknown-cost", budget?.unknownCost),
    ...flag("--retries", retries(request)),
    ...flag("--recover", request.recovery),
    ...on("--idempotent", request.idempotent === true),
    ...on("--ephemeral", request.persistSession === false),
    ...flag("--resume", resumed?.id),
    ...on("--fork", resumed?.fork === true),
    ...each("--image", request.images),
    ...each("--add-dir", request.addDirs),
    ...each("--env", request.env),
    ...Object.entries(options ?? {}).flatMap(([name, value]) => flag("--option", `${name}=${JSON.stringify(value)}`)),
    "--",
    quoted(request.prompt),
  ]
  return words.join(" ")
}

/** What of a request no flag says. */
export const leftOut = ({ budget, outputSchema, policy, secrets }: RunRequest): ReadonlyArray<string> => [
  ...(outputSchema === undefined ? [] : ["the schema of the answer, which --schema takes from a file"]),
  ...(budget?.maxTurns === undefined ? [] : ["the limit of turns"]),
  ...(policy === undefined ? [] : ["the policy, which --policy takes from a file"]),
  ...(secrets === undefined ? [] : ["secrets, which --secret names"]),
]
