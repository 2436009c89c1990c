import { terminalText } from "@runyard/core/TerminalText"
import { useMemo } from "react"
import { cn } from "../components/cn.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { CopyButton } from "../components/CopyButton.tsx"
import type { FileChange } from "./Block.ts"
import { useFold } from "./Folds.tsx"
import { type DiffLine, type FileDiff, parseDiff } from "./unifiedDiff.ts"

/** Lines that are shown before somebody asks for all of them. */
const firstLines = 40
/** Lines that are drawn at all. */
const maxLines = 4_000

const looks: Readonly<Record<DiffLine["kind"], string>> = {
  add: "bg-good-soft/70",
  delete: "bg-bad-soft/70",
  same: "",
  hunk: "bg-sunken text-faint",
  note: "text-faint italic",
}
const signs: Readonly<Record<DiffLine["kind"], string>> = { add: "+", delete: "−", same: " ", hunk: " ", note: " " }

const Line = ({ line }: { readonly line: DiffLine }) => (
  <tr className={looks[line.kind]}>
    <td className="w-px min-w-9 px-1.5 text-right align-top text-faint select-none max-sm:hidden">{line.before}</td>
    <td className="w-px min-w-9 px-1.5 text-right align-top text-faint select-none max-sm:hidden">{line.after}</td>
    <td
      className={cn(
        "w-px px-1.5 align-top select-none",
        line.kind === "add" && "text-good",
        line.kind === "delete" && "text-bad",
      )}
      aria-label={line.kind === "add" ? "added" : line.kind === "delete" ? "deleted" : undefined}
    >
      {signs[line.kind]}
    </td>
    <td className="pr-3 whitespace-pre">{terminalText(line.text) || " "}</td>
  </tr>
)

const kindText = { add: "New", update: "Changed", delete: "Deleted" } as const
const kindTone = { add: "good", update: "quiet", delete: "bad" } as const

interface FileViewProps {
  readonly foldKey: string
  readonly file: FileDiff
  readonly kind?: FileChange["kind"]
  /** The diff as it came, to be copied. */
  readonly source: string
}

const FileView = ({ file, foldKey, kind, source }: FileViewProps) => {
  const long = file.lines.length > firstLines
  const [whole, toggle] = useFold(`${foldKey} ${file.path}`)
  const shown = file.lines.slice(0, whole ? maxLines : firstLines)
  const path = terminalText(file.path)
  return (
    <div role="group" className="overflow-hidden rounded-lg border bg-surface" aria-label={path}>
      <header className="flex items-center gap-2 border-b bg-sunken/60 px-3 py-1.5 last:border-b-0">
        {kind !== undefined && <Badge tone={kindTone[kind]}>{kindText[kind]}</Badge>}
        <span className="min-w-0 flex-1 truncate font-mono text-xs" title={path} dir="ltr">
          {path === "" ? "Change" : path}
        </span>
        {file.added > 0 && <span className="text-xs text-good">+{file.added}</span>}
        {file.deleted > 0 && <span className="text-xs text-bad">−{file.deleted}</span>}
        {source !== "" && <CopyButton text={source} label="Copy the diff" />}
      </header>
      {shown.length > 0 && (
        <div className="scroll-slim overflow-x-auto" tabIndex={0}>
          <table className="w-full border-collapse font-mono text-xs leading-5">
            <tbody>
              {shown.map((line, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- lines have no name but their place
                <Line key={index} line={line} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {long && (
        <div className="flex items-center gap-3 border-t px-2 py-1">
          <Button look="ghost" size="sm" onClick={toggle} aria-expanded={whole}>
            {whole ? "Show less" : `Show all ${file.lines.length.toLocaleString("en-US")} lines`}
          </Button>
          {whole && file.lines.length > maxLines && (
            <span className="text-xs text-faint">The first {maxLines.toLocaleString("en-US")} are shown.</span>
          )}
        </div>
      )}
    </div>
  )
}

/** A diff of any number of files. */
export const DiffView = ({ diff, foldKey }: { readonly diff: string; readonly foldKey: string }) => {
  const files = useMemo(() => parseDiff(diff), [diff])
  return (
    <div className="flex flex-col gap-2">
      {files.map((file, index) => (
        <FileView
          key={`${index} ${file.path}`}
          file={file}
          foldKey={`${foldKey} ${index}`}
          source={files.length === 1 ? diff : ""}
        />
      ))}
    </div>
  )
}

/** Files that a tool has changed, each with its diff where the CLI tells it. */
export const FileChanges = ({
  changes,
  foldKey,
}: {
  readonly changes: ReadonlyArray<FileChange>
  readonly foldKey: string
}) => {
  const files = useMemo(
    () =>
      changes.map((change) => {
        const parsed = change.diff === undefined ? [] : parseDiff(change.diff)
        const lines = parsed.flatMap(({ lines }) => lines)
        const sum = (of: "added" | "deleted") => parsed.reduce((total, each) => total + each[of], 0)
        return { change, file: { path: change.path, lines, added: sum("added"), deleted: sum("deleted") } }
      }),
    [changes],
  )
  return (
    <div className="flex flex-col gap-2">
      {files.map(({ change, file }, index) => (
        <FileView
          key={`${index} ${file.path}`}
          file={file}
          kind={change.kind}
          foldKey={`${foldKey} ${index}`}
          source={change.diff ?? ""}
        />
      ))}
    </div>
  )
}
