import { terminalText } from "@runyard/core/TerminalText"
import {
  Bot,
  Check,
  ChevronRight,
  CircleSlash,
  FileDiff,
  Globe,
  type LucideIcon,
  Plug,
  SquareTerminal,
  Wrench,
  X,
} from "lucide-react"
import { type ReactNode, useMemo } from "react"
import { cn } from "../components/cn.ts"
import { Button } from "../components/Button.tsx"
import { CopyButton } from "../components/CopyButton.tsx"
import { Spinner } from "../components/Spinner.tsx"
import { spanText } from "../components/timeText.ts"
import type { LongText, ToolBlock, ToolKind } from "./Block.ts"
import { FileChanges } from "./DiffView.tsx"
import { useFold } from "./Folds.tsx"
import { lineCount, wholeText } from "./longText.ts"

const icons: Readonly<Record<ToolKind, LucideIcon>> = {
  command: SquareTerminal,
  file_change: FileDiff,
  mcp: Plug,
  web: Globe,
  task: Bot,
  other: Wrench,
}

const states: Readonly<Record<ToolBlock["state"], { readonly label: string; readonly mark: ReactNode }>> = {
  running: { label: "Running", mark: <Spinner className="text-busy" /> },
  completed: { label: "Done", mark: <Check className="size-3.5 text-good" /> },
  failed: { label: "Failed", mark: <X className="size-3.5 text-bad" /> },
  denied: { label: "Not permitted", mark: <CircleSlash className="size-3.5 text-attention" /> },
  unfinished: { label: "Not finished", mark: <CircleSlash className="size-3.5 text-faint" /> },
}

/** Lines of an output that are shown before somebody asks for all of it. */
const previewLines = 6

const sizeText = (characters: number): string =>
  characters < 10_000
    ? `${characters.toLocaleString("en-US")} characters`
    : `${Math.round(characters / 1000).toLocaleString("en-US")} k characters`

const preview = (text: LongText, fromEnd: boolean): string => {
  const lines = (fromEnd ? text.tail || text.head : text.head).replace(/\n$/, "").split("\n")
  return (fromEnd ? lines.slice(-previewLines) : lines.slice(0, previewLines))
    .map((line) => line.slice(0, 500))
    .join("\n")
}

/** An output with its beginning shown, or its end while it grows. */
export const OutputText = ({
  foldKey,
  growing,
  text,
}: {
  readonly text: LongText
  readonly foldKey: string
  readonly growing: boolean
}) => {
  const [open, toggle] = useFold(`${foldKey} output`)
  const lines = useMemo(() => lineCount(text.head) + (text.tail === "" ? 0 : lineCount(text.tail)), [text])
  const short = lines <= previewLines && text.length < 2_000
  const shown = useMemo(
    () => terminalText(open || short ? wholeText(text) : preview(text, growing)),
    [growing, open, short, text],
  )
  return (
    <div className="group relative border-t bg-sunken/60">
      <pre
        tabIndex={0}
        className="scroll-slim max-h-[28rem] overflow-auto px-3 py-2 font-mono text-xs leading-5 whitespace-pre-wrap text-soft"
      >
        {shown}
      </pre>
      <CopyButton
        text={() => terminalText(wholeText(text))}
        label="Copy the output"
        className="absolute top-1 right-1 bg-surface opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
      />
      {!short && (
        <div className="px-1 pb-1">
          <Button look="ghost" size="sm" onClick={toggle} aria-expanded={open}>
            {open ? "Show less" : `Show all: ${lines.toLocaleString("en-US")} lines, ${sizeText(text.length)}`}
          </Button>
        </div>
      )}
    </div>
  )
}

const summaryOf = ({ changes, command, input }: ToolBlock): string => {
  if (command !== undefined) return command
  if (changes.length > 0) return changes.map(({ path }) => path).join(", ")
  return input === undefined ? "" : JSON.stringify(input)
}

/** A call of a tool: what was asked, what it printed, what it changed, how it ended. */
export const ToolView = ({ block }: { readonly block: ToolBlock }) => {
  const { changes, exitCode, input, key, name, output, state, tool } = block
  const hasDiff = changes.length > 0
  const [open, toggle] = useFold(key, state === "failed" || hasDiff || state === "running")
  const Icon = icons[tool]
  const summary = terminalText(summaryOf(block))
  const asked = input === undefined ? undefined : JSON.stringify(input, undefined, 2)
  return (
    <div
      role="group"
      aria-label={`${terminalText(name)}: ${states[state].label}`}
      className="overflow-hidden rounded-lg border bg-surface"
    >
      <button
        type="button"
        onClick={toggle}
        aria-expanded={open}
        className="flex w-full items-center gap-2 px-3 py-2 text-left hover:bg-hover/60 focus-visible:-outline-offset-2 max-sm:py-2.5"
      >
        <ChevronRight
          className={cn("size-3.5 shrink-0 text-faint transition-transform duration-100", open && "rotate-90")}
          aria-hidden="true"
        />
        <Icon className="size-3.5 shrink-0 text-soft" aria-hidden="true" />
        <span className="shrink-0 font-medium max-sm:max-w-[40%] max-sm:truncate">{terminalText(name)}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-soft">{summary.split("\n", 1)[0]}</span>
        {!open && output.length > 0 && (
          <span className="shrink-0 text-2xs text-faint max-sm:hidden">{sizeText(output.length)}</span>
        )}
        {exitCode !== undefined && exitCode !== 0 && (
          <span className="shrink-0 text-xs whitespace-nowrap text-bad">exit {exitCode}</span>
        )}
        {block.durationMillis !== undefined && (
          <span className="shrink-0 text-xs whitespace-nowrap text-faint">{spanText(block.durationMillis)}</span>
        )}
        <span className="flex shrink-0 items-center" title={states[state].label}>
          {states[state].mark}
          <span className="sr-only">{states[state].label}</span>
        </span>
      </button>
      {open && (
        <>
          {(summary.includes("\n") || summary.length > 90) && !hasDiff && (
            <div className="border-t px-3 py-2 font-mono text-xs leading-5 whitespace-pre-wrap">{summary}</div>
          )}
          {block.command !== undefined && asked !== undefined && tool !== "command" && !hasDiff && (
            <pre
              className="scroll-slim max-h-60 overflow-auto border-t px-3 py-2 font-mono text-xs leading-5"
              tabIndex={0}
            >
              {terminalText(asked)}
            </pre>
          )}
          {hasDiff && (
            <div className="border-t bg-sunken/40 p-2">
              <FileChanges changes={changes} foldKey={key} />
            </div>
          )}
          {output.length > 0 && <OutputText text={output} foldKey={key} growing={state === "running"} />}
          {output.length === 0 && !hasDiff && state !== "running" && (
            <p className="border-t px-3 py-2 text-xs text-faint">It printed nothing.</p>
          )}
        </>
      )}
    </div>
  )
}
