/** What the form of a new run holds, as it was typed. Pure. */
import type { RunRequest } from "../api/types.ts"
import { writeDuration } from "./durationText.ts"

export type LimitField = "wallMillis" | "idleMillis" | "queueMillis"
export type BudgetField = "maxCostUsd" | "maxTokens" | "maxTurns"

export interface Draft {
  readonly provider: string
  readonly prompt: string
  readonly cwd: string
  readonly title: string
  readonly model: string
  readonly permissionMode: string
  /** Empty: none is asked for. */
  readonly sandbox: string
  /** A JSON Schema. */
  readonly outputSchema: string
  readonly options: Readonly<Record<string, string>>
  readonly limits: Readonly<Partial<Record<LimitField, string>>>
  readonly budget: Readonly<Partial<Record<BudgetField, string>>>
  readonly priority: string
  /** As the browser's field for a day and a time writes it. */
  readonly notBefore: string
  /** The run that it repeats, and what its request says beyond the form. */
  readonly rerunOf?: string
  readonly base?: Partial<RunRequest>
}

export const emptyDraft: Draft = {
  provider: "",
  prompt: "",
  cwd: "",
  title: "",
  model: "",
  permissionMode: "default",
  sandbox: "",
  outputSchema: "",
  options: {},
  limits: {},
  budget: {},
  priority: "normal",
  notBefore: "",
}

/** Whether there is anything that could be lost. Where it would run does not count. */
export const isBlank = (draft: Draft): boolean =>
  JSON.stringify({ ...draft, provider: "", cwd: "" }) === JSON.stringify(emptyDraft)

/** Whether a text holds what redaction put in the place of something: an agent would read the mark as it stands. */
export const isMasked = (text: string): boolean => /\[redacted:[^\]]+\]/.test(text)

const optionText = (value: unknown): string => {
  if (typeof value === "string") return value
  if (Array.isArray(value)) return value.map(optionText).join("\n")
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key}=${optionText(inner)}`)
      .join("\n")
  }
  return JSON.stringify(value) ?? ""
}

/** Options of a provider as the form holds them. */
export const optionTexts = (options: Readonly<Record<string, unknown>> = {}): Draft["options"] =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, optionText(value)]))

const texts = <K extends string>(
  values: Readonly<Partial<Record<K, unknown>>> | undefined,
  write: (value: number) => string,
) =>
  Object.fromEntries(
    Object.entries(values ?? {}).flatMap(([name, value]) => (typeof value === "number" ? [[name, write(value)]] : [])),
  ) as Partial<Record<K, string>>

/** The form as it would have been filled for a request. When it is to start is not taken over. */
export const draftOf = (request: RunRequest, rerunOf: string): Draft => {
  const {
    budget,
    cwd,
    limits,
    model,
    options,
    outputSchema,
    permissionMode,
    priority,
    prompt,
    provider,
    sandbox,
    title,
  } = request
  const { idempotencyKey: _key, notBefore: _start, session, ...rest } = request
  // A conversation that it began has its id already.
  const base = { ...rest, ...(session?.kind === "resume" ? { session } : {}) }
  return {
    ...emptyDraft,
    provider,
    prompt,
    cwd,
    title: title ?? "",
    model: model ?? "",
    permissionMode: permissionMode ?? "default",
    sandbox: sandbox ?? "",
    outputSchema: outputSchema === undefined ? "" : JSON.stringify(outputSchema, undefined, 2),
    options: optionTexts(options),
    limits: texts<LimitField>(limits, writeDuration),
    budget: texts<BudgetField>(budget, String),
    priority: priority ?? "normal",
    rerunOf,
    base,
  }
}
