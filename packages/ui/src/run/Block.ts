/** The parts of a conversation as a person reads it. Each is made of one event or of several that belong together. */
import type { ErrorInfo, RunEvent } from "../api/types.ts"

type PayloadOf<K extends RunEvent["type"]> = Extract<RunEvent, { readonly type: K }>["payload"]

export type FileChange = NonNullable<PayloadOf<"agent.tool_completed">["changes"]>[number]
export type PlanItem = PayloadOf<"agent.plan">["items"][number]
export type ToolKind = PayloadOf<"agent.tool_started">["kind"]
export type Evidence = NonNullable<PayloadOf<"run.completed">["evidence"]>
export type ProcessExit = NonNullable<PayloadOf<"run.completed">["exit"]>

interface Common {
  /** The same as long as the block is there, whatever is added to it or before it. */
  readonly key: string
  /** The number of its first event; that of the event before it while nothing of it is in the log. */
  readonly seq: number
  readonly at: number
  /** The call of the agent inside the agent that it belongs to. */
  readonly parent?: string | undefined
}

/** A text with its middle left out where it is too long to be shown. */
export interface LongText {
  readonly head: string
  readonly tail: string
  /** Characters between the two. */
  readonly omitted: number
  /** Of the whole. */
  readonly length: number
}

export interface PromptBlock extends Common {
  readonly kind: "prompt"
  readonly text: string
}

export interface MessageBlock extends Common {
  readonly kind: "message"
  readonly text: string
  /** `cut`: the attempt ended before the message did. */
  readonly state: "writing" | "done" | "cut"
  /** Characters before the text, which came before what is shown here. */
  readonly missing: number
}

export interface ReasoningBlock extends Common {
  readonly kind: "reasoning"
  readonly text: string
}

export interface ToolBlock extends Common {
  readonly kind: "tool"
  readonly toolId: string
  readonly tool: ToolKind
  readonly name: string
  readonly command: string | undefined
  readonly input: unknown
  readonly output: LongText
  readonly state: "running" | "completed" | "failed" | "denied" | "unfinished"
  readonly exitCode: number | undefined
  readonly changes: ReadonlyArray<FileChange>
  readonly durationMillis: number | undefined
}

export interface PlanBlock extends Common {
  readonly kind: "plan"
  readonly items: ReadonlyArray<PlanItem>
}

/** The whole change since the start, as the CLI told it last. */
export interface DiffBlock extends Common {
  readonly kind: "diff"
  readonly diff: string
}

/** What the CLI printed that is no event of an agent. */
export interface OutputBlock extends Common {
  readonly kind: "output"
  readonly stream: "stdout" | "stderr"
  readonly text: LongText
}

export interface AttemptBlock extends Common {
  readonly kind: "attempt"
  readonly number: number
  readonly executable: string
  readonly version: string | undefined
  readonly pid: number
  readonly resumed: string | undefined
  readonly model: string | undefined
}

export type NoticeTone = "quiet" | "attention" | "bad"

/** A sentence beside the conversation: a warning, a wait, a refusal, a mark of redaction. */
export interface NoticeBlock extends Common {
  readonly kind: "notice"
  readonly tone: NoticeTone
  readonly title: string
  readonly text: string | undefined
  readonly error: ErrorInfo | undefined
}

export interface ApprovalBlock extends Common {
  readonly kind: "approval"
  readonly approvalId: string
  readonly toolName: string
  readonly reason: string | undefined
  readonly input: unknown
  readonly decision: { readonly what: "allow" | "deny" | "withdrawn"; readonly by: string } | undefined
}

/** How an attempt or the run came to its end. */
export interface EndBlock extends Common {
  readonly kind: "end"
  readonly state:
    | "succeeded"
    | "failed"
    | "canceled"
    | "timed_out"
    | "interrupted"
    | "rejected"
    | "action_needed"
    | "retry_wait"
  readonly error: ErrorInfo | undefined
  readonly note: string | undefined
  /** When the next attempt is due. */
  readonly next: number | undefined
  readonly structured: unknown
  readonly exit: ProcessExit | undefined
  readonly evidence: Evidence | undefined
}

export type Block =
  | PromptBlock
  | MessageBlock
  | ReasoningBlock
  | ToolBlock
  | PlanBlock
  | DiffBlock
  | OutputBlock
  | AttemptBlock
  | NoticeBlock
  | ApprovalBlock
  | EndBlock

/** A block without what every block has of its event. */
export type Bare<B> = B extends Block ? Omit<B, "key" | "seq" | "at"> : never
