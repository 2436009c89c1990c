/** The command that starts the same run from a shell. Pure. */
import type { RunRequest } from "../api/types.ts"

/** As one word for a POSIX shell, whatever is in it. */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What the command line cannot say is not in it: schemas and image files stay where they are. */
export const commandLine = (request: RunRequest): string => {
  const { addDirs, budget, cwd, env, model, options, permissionMode, priority, prompt, provider, sandbox, title } =
    request
  const flag = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, quoted(String(value))]
  const words = [
    "runyard exec",
    provider,
    ...flag("--cwd", cwd),
    ...flag("--model", model),
    ...flag("--mode", permissionMode === "default" ? undefined : permissionMode),
    ...flag("--sandbox", sandbox),
    ...flag("--priority", priority === "normal" ? undefined : priority),
    ...flag("--title", title),
    ...flag("--max-cost", budget?.maxCostUsd),
    ...(addDirs ?? []).flatMap((each) => flag("--add-dir", each)),
    ...(env ?? []).flatMap((each) => flag("--env", each)),
    ...Object.entries(options ?? {}).flatMap(([name, value]) => flag("--option", `${name}=${JSON.stringify(value)}`)),
    "--",
    quoted(prompt),
  ]
  return words.join(" ")
}
