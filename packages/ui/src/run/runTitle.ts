/** What a run is called: its title, or else the first line of its prompt. Pure. */
import { terminalText } from "@runyard/core/TerminalText"
import type { Run } from "../api/types.ts"

const maxLength = 200

export const runTitle = ({ request: { prompt, title } }: Pick<Run, "request">): string => {
  const text = title ?? prompt
  const [line = ""] = terminalText(text.slice(0, 4_000)).trim().split("\n", 1)
  return line === "" ? "Run without a prompt" : line.slice(0, maxLength)
}
