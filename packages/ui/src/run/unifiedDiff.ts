/** Reads a unified diff for people: files, their lines, what was added and taken away. Pure; never fails. */

export interface DiffLine {
  readonly kind: "add" | "delete" | "same" | "hunk" | "note"
  readonly text: string
  /** Line numbers before and after, where the hunk tells. */
  readonly before?: number
  readonly after?: number
}

export interface FileDiff {
  /** As the diff names it; empty where it does not. */
  readonly path: string
  readonly lines: ReadonlyArray<DiffLine>
  readonly added: number
  readonly deleted: number
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/
const pathOf = (line: string): string =>
  line
    .slice(4)
    .split("\t", 1)[0]
    ?.replace(/^[ab]\//, "") ?? ""

/** A diff of one file or of many. Text that is no diff comes back as notes. */
export const parseDiff = (diff: string): ReadonlyArray<FileDiff> => {
  const files: Array<FileDiff> = []
  let path = ""
  let lines: Array<DiffLine> = []
  let [before, after, oldLeft, newLeft] = [0, 0, 0, 0]
  const flush = () => {
    const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length
    if (path !== "" || lines.length > 0) files.push({ path, lines, added: count("add"), deleted: count("delete") })
    path = ""
    lines = []
  }
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    const inHunk = oldLeft > 0 || newLeft > 0
    const head = inHunk ? null : hunkHead.exec(line)
    if (head !== null) {
      before = Number(head[1])
      after = Number(head[3])
      oldLeft = Number(head[2] ?? 1)
      newLeft = Number(head[4] ?? 1)
      lines.push({ kind: "hunk", text: line })
    } else if (inHunk && line.startsWith("+")) {
      lines.push({ kind: "add", text: line.slice(1), after: after++ })
      newLeft--
    } else if (inHunk && line.startsWith("-")) {
      lines.push({ kind: "delete", text: line.slice(1), before: before++ })
      oldLeft--
    } else if (inHunk && (line.startsWith(" ") || line === "")) {
      lines.push({ kind: "same", text: line.slice(1), before: before++, after: after++ })
      oldLeft--
      newLeft--
    } else if (line.startsWith("\\")) lines.push({ kind: "note", text: line.slice(1).trim() })
    else {
      ;[oldLeft, newLeft] = [0, 0]
      if (line.startsWith("diff ")) {
        flush()
        path = / b\/(.+)$/.exec(line)?.[1] ?? ""
      } else if (line.startsWith("--- ")) {
        if (lines.length > 0) flush()
        if (!line.includes("/dev/null")) path = pathOf(line)
      } else if (line.startsWith("+++ ")) {
        if (!line.includes("/dev/null")) path = pathOf(line)
      } else if (!/^(?:index |(?:new|deleted) file mode |(?:old|new) mode |similarity |rename |Binary )/.test(line)) {
        lines.push(looseLine(line))
      } else if (line.startsWith("Binary ")) lines.push({ kind: "note", text: line })
    }
  }
  flush()
  return files
}

/** A line outside a hunk: some CLIs give only the changed lines. */
const looseLine = (line: string): DiffLine => {
  if (line.startsWith("+")) return { kind: "add", text: line.slice(1) }
  if (line.startsWith("-")) return { kind: "delete", text: line.slice(1) }
  if (line.startsWith("@@")) return { kind: "hunk", text: line }
  return { kind: "same", text: line.replace(/^ /, "") }
}
