import { terminalText } from "@runyard/core/TerminalText"
import {
  Brain,
  Check,
  ChevronRight,
  Circle,
  CircleAlert,
  CircleCheck,
  CircleDot,
  CircleSlash,
  EyeOff,
  Info,
  Play,
  ShieldQuestion,
  TriangleAlert,
} from "lucide-react"
import { memo } from "react"
import { cn } from "../components/cn.ts"
import { CopyButton } from "../components/CopyButton.tsx"
import { Badge } from "../components/Badge.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import type {
  ApprovalBlock,
  AttemptBlock,
  Block,
  MessageBlock,
  NoticeBlock,
  OutputBlock,
  PlanBlock,
  PromptBlock,
  ReasoningBlock,
} from "./Block.ts"
import { DiffView } from "./DiffView.tsx"
import { EndView } from "./EndView.tsx"
import { ErrorInfoView } from "./ErrorInfoView.tsx"
import { useFold } from "./Folds.tsx"
import { MessageText } from "./MessageText.tsx"
import { OutputText, ToolView } from "./ToolView.tsx"

/** Lines of a prompt that are shown before somebody asks for all of it. */
const promptLines = 12

const Prompt = ({ block }: { readonly block: PromptBlock }) => {
  const text = terminalText(block.text)
  const long = text.split("\n").length > promptLines || text.length > 1_200
  const [open, toggle] = useFold(block.key)
  return (
    <div role="group" aria-label="Prompt" className="group relative rounded-xl bg-active/60 px-4 py-3 max-sm:pr-11">
      <div dir="auto" className={cn("break-words whitespace-pre-wrap", long && !open && "line-clamp-[12]")}>
        {text}
      </div>
      {long && (
        <button
          type="button"
          onClick={toggle}
          aria-expanded={open}
          className="mt-1 text-xs font-medium text-soft hover:text-text"
        >
          {open ? "Show less" : "Show all"}
        </button>
      )}
      <CopyButton
        text={text}
        label="Copy the prompt"
        className="absolute top-2 right-2 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 max-sm:opacity-100"
      />
    </div>
  )
}

const Message = ({ block }: { readonly block: MessageBlock }) => (
  <div
    role="group"
    aria-label="Message"
    aria-busy={block.state === "writing" || undefined}
    className="group relative leading-6"
  >
    {block.missing > 0 && <p className="mb-1 text-xs text-faint">Its beginning came before what is shown here.</p>}
    <MessageText text={block.text} live={block.state === "writing"} />
    {block.state === "writing" && (
      <span className="mt-1 inline-flex items-center gap-1.5 text-xs text-faint">
        <span className="size-1.5 animate-pulse rounded-full bg-busy" aria-hidden="true" />
        Writing
      </span>
    )}
    {block.state === "cut" && <p className="mt-1 text-xs text-attention">The attempt ended before this message did.</p>}
    {block.state === "done" && (
      <CopyButton
        text={block.text}
        label="Copy the message"
        className="absolute -top-1 right-0 bg-surface opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
      />
    )}
  </div>
)

const Reasoning = ({ block }: { readonly block: ReasoningBlock }) => {
  const text = terminalText(block.text)
  const [open, toggle] = useFold(block.key)
  return (
    <div role="group" aria-label="Reasoning" className="text-soft">
      <button
        type="button"
        onClick={toggle}
        aria-expanded={open}
        className="flex w-full items-center gap-2 rounded text-left text-xs hover:text-text max-sm:py-1.5"
      >
        <ChevronRight
          className={cn("size-3.5 shrink-0 text-faint transition-transform duration-100", open && "rotate-90")}
          aria-hidden="true"
        />
        <Brain className="size-3.5 shrink-0" aria-hidden="true" />
        <span className="shrink-0 font-medium">Reasoning</span>
        {!open && (
          <span className="min-w-0 flex-1 truncate text-faint">{text.replaceAll("\n", " ").slice(0, 300)}</span>
        )}
      </button>
      {open && <div className="mt-2 border-l-2 pl-3.5 leading-6 whitespace-pre-wrap">{text}</div>}
    </div>
  )
}

const planMarks = {
  completed: <CircleCheck className="size-3.5 text-good" />,
  in_progress: <CircleDot className="size-3.5 text-busy" />,
  pending: <Circle className="size-3.5 text-faint" />,
} as const
const planLabels = { completed: "Done", in_progress: "In progress", pending: "To do" } as const

const Plan = ({ block }: { readonly block: PlanBlock }) => {
  const done = block.items.filter(({ status }) => status === "completed").length
  return (
    <div role="group" aria-label="Plan" className="rounded-lg border bg-surface px-3 py-2.5">
      <header className="flex items-baseline justify-between pb-1.5">
        <h2 className="text-xs font-medium text-soft">Plan</h2>
        <span className="text-xs text-faint">
          {done} of {block.items.length}
        </span>
      </header>
      <ol className="flex flex-col gap-1.5">
        {block.items.map(({ status, text }, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- steps have no name but their place
          <li key={index} className={cn("flex gap-2", status === "completed" && "text-soft")}>
            <span className="mt-0.75 shrink-0" title={planLabels[status]}>
              {planMarks[status]}
              <span className="sr-only">{planLabels[status]}</span>
            </span>
            <span>{terminalText(text)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

const Output = ({ block }: { readonly block: OutputBlock }) => {
  const isDiagnostic = block.stream === "stderr"
  const [open, toggle] = useFold(block.key, !isDiagnostic)
  const label = isDiagnostic ? "Diagnostics of the CLI" : "Output of the CLI"
  const [firstLine] = block.text.head.trimStart().split("\n", 1)
  return (
    <div role="group" aria-label={label} className={cn(open && "overflow-hidden rounded-lg border")}>
      <button
        type="button"
        onClick={toggle}
        aria-expanded={open}
        className={cn(
          "flex w-full items-center gap-2 text-left text-xs text-soft hover:text-text focus-visible:-outline-offset-2 max-sm:py-1.5",
          open && "px-3 py-1.5",
        )}
      >
        <ChevronRight
          className={cn("size-3.5 shrink-0 text-faint transition-transform duration-100", open && "rotate-90")}
          aria-hidden="true"
        />
        <span className="shrink-0 font-medium">{label}</span>
        {!open && (
          <span className="min-w-0 flex-1 truncate font-mono text-faint">
            {terminalText(firstLine ?? "").slice(0, 300)}
          </span>
        )}
      </button>
      {open && <OutputText text={block.text} foldKey={block.key} growing={false} />}
    </div>
  )
}

const Attempt = ({ block }: { readonly block: AttemptBlock }) => (
  <div className="flex items-center gap-2 text-xs text-faint">
    <Play className="size-3" aria-hidden="true" />
    <span className="min-w-0 truncate">
      {block.number > 1 && <span className="font-medium text-soft">Attempt {block.number} · </span>}
      {terminalText(block.executable.split(/[\\/]/).at(-1) ?? block.executable)}
      {block.version !== undefined && ` ${terminalText(block.version)}`}
      {block.model !== undefined && ` · ${terminalText(block.model)}`}
      {block.resumed !== undefined && " · goes on with an earlier conversation"}
    </span>
    <span className="h-px flex-1 bg-line" />
    <RelativeTime at={block.at} className="shrink-0" />
  </div>
)

const noticeLooks = {
  quiet: { icon: Info, look: "text-soft" },
  attention: { icon: TriangleAlert, look: "text-attention" },
  bad: { icon: CircleAlert, look: "text-bad" },
} as const

const Notice = ({ block }: { readonly block: NoticeBlock }) => {
  const { look } = noticeLooks[block.tone]
  const Icon = block.title.endsWith("masked") ? EyeOff : noticeLooks[block.tone].icon
  if (block.error !== undefined) return <ErrorInfoView error={block.error} title={block.title} />
  return (
    <div className={cn("flex gap-2 text-sm", look)}>
      <Icon className="mt-0.75 size-3.5 shrink-0" aria-hidden="true" />
      <div className="min-w-0">
        <span>{terminalText(block.title)}</span>
        {block.text !== undefined && block.text !== "" && (
          <span className="text-soft"> · {terminalText(block.text)}</span>
        )}
      </div>
    </div>
  )
}

const decisions = {
  allow: { label: "Allowed", tone: "good" },
  deny: { label: "Denied", tone: "bad" },
  withdrawn: { label: "Withdrawn", tone: "quiet" },
} as const

const Approval = ({ block }: { readonly block: ApprovalBlock }) => (
  <div
    role="group"
    aria-label="Approval"
    className="rounded-lg border border-attention/30 bg-attention-soft/50 px-3 py-2.5"
  >
    <div className="flex items-start gap-2">
      <ShieldQuestion className="mt-0.75 size-3.5 shrink-0 text-attention" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{terminalText(block.toolName)} asks to be allowed</p>
        {block.reason !== undefined && <p className="text-soft">{terminalText(block.reason)}</p>}
        {block.input !== undefined && (
          <pre className="scroll-slim mt-1.5 overflow-x-auto font-mono text-xs text-soft" tabIndex={0}>
            {terminalText(JSON.stringify(block.input, undefined, 2)).slice(0, 4_000)}
          </pre>
        )}
      </div>
      {block.decision === undefined ? (
        <Badge tone="attention">Waiting</Badge>
      ) : (
        <Badge tone={decisions[block.decision.what].tone}>
          {block.decision.what === "allow" ? <Check className="size-3" /> : <CircleSlash className="size-3" />}
          {decisions[block.decision.what].label} by {terminalText(block.decision.by)}
        </Badge>
      )}
    </div>
  </div>
)

const inner = (block: Block) => {
  switch (block.kind) {
    case "prompt":
      return <Prompt block={block} />
    case "message":
      return <Message block={block} />
    case "reasoning":
      return <Reasoning block={block} />
    case "tool":
      return <ToolView block={block} />
    case "plan":
      return <Plan block={block} />
    case "diff":
      return <DiffView diff={block.diff} foldKey={block.key} />
    case "output":
      return <Output block={block} />
    case "attempt":
      return <Attempt block={block} />
    case "notice":
      return <Notice block={block} />
    case "approval":
      return <Approval block={block} />
    case "end":
      return <EndView block={block} />
  }
}

/** One part of the conversation. What an agent inside the agent does stands to the right. */
export const BlockView = memo(({ block }: { readonly block: Block }) => (
  <div className={cn("py-2", block.parent !== undefined && "ml-2 border-l-2 pl-4")}>{inner(block)}</div>
))
