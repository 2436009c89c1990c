/** The request that a form is, and what in it cannot be read. The server judges the rest. Pure. */
import type { Said } from "../api/ApiProblem.ts"
import type { RunRequest } from "../api/types.ts"
import type { BudgetField, Draft, LimitField } from "./draft.ts"
import { readDuration } from "./durationText.ts"
import { type OptionField, optionValue } from "./optionFields.ts"

/** By the name of the field: `cwd`, `limits.wallMillis`, `options.maxTurns`. */
export type FieldProblems = Readonly<Record<string, Said>>

export interface ReadDraft {
  readonly request: RunRequest
  readonly problems: FieldProblems
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const readSchema = (text: string): Record<string, unknown> | string => {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : "A JSON Schema is an object."
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}.`
  }
}

const limitNames: ReadonlyArray<LimitField> = ["wallMillis", "idleMillis", "queueMillis"]
const budgetNames: ReadonlyArray<BudgetField> = ["maxCostUsd", "maxTokens", "maxTurns"]

/** Numbers of a group of fields; those that were left empty keep what the repeated run had beyond the form. */
const numbers = <K extends string>(
  group: string,
  names: ReadonlyArray<K>,
  texts: Readonly<Partial<Record<K, string>>>,
  read: (text: string) => number | undefined,
  say: string,
  problems: Record<string, Said>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const text = texts[name]?.trim() ?? ""
      if (text === "") return []
      const value = read(text)
      if (value === undefined) problems[`${group}.${name}`] = { message: say }
      return value === undefined ? [] : [[name, value]]
    }),
  )

const readNumber = (text: string): number | undefined => {
  const value = Number(text.replace(/^\$/, "").replaceAll(/[,_\s](?=\d{3})/g, ""))
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

const without = (value: object | undefined, names: ReadonlyArray<string>): object =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => !names.includes(name)))

const group = <K extends string>(name: K, value: object): { readonly [P in K]?: object } =>
  (Object.keys(value).length === 0 ? {} : { [name]: value }) as { readonly [P in K]?: object }

const text = <K extends string>(name: K, value: string): { readonly [P in K]?: string } =>
  (value.trim() === "" ? {} : { [name]: value.trim() }) as { readonly [P in K]?: string }

export const requestOf = (draft: Draft, fields: ReadonlyArray<OptionField>): ReadDraft => {
  const problems: Record<string, Said> = {}
  const schema = draft.outputSchema.trim() === "" ? undefined : readSchema(draft.outputSchema)
  if (typeof schema === "string") problems["outputSchema"] = { message: schema }
  const span = "Write a span of time, such as 90m, 2h or 2h 30m."
  const limits = numbers("limits", limitNames, draft.limits, readDuration, span, problems)
  const budget = numbers("budget", budgetNames, draft.budget, readNumber, "Write a number, 0 or more.", problems)
  const options = Object.fromEntries(
    Object.entries(draft.options).flatMap(([name, typed]) => {
      const value = optionValue(
        fields.find((field) => field.name === name),
        typed,
      )
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const notBefore = draft.notBefore === "" ? undefined : new Date(draft.notBefore).getTime()
  if (notBefore !== undefined && Number.isNaN(notBefore))
    problems["notBefore"] = { message: "This is no day and time." }
  const { base = {} } = draft
  const beyond = without(base, [
    "budget",
    "cwd",
    "limits",
    "model",
    "options",
    "outputSchema",
    "permissionMode",
    "priority",
    "prompt",
    "provider",
    "sandbox",
    "title",
  ])
  const request = {
    ...beyond,
    provider: draft.provider,
    prompt: draft.prompt,
    cwd: draft.cwd.trim(),
    ...text("title", draft.title),
    ...text("model", draft.model),
    ...(draft.permissionMode === "default" ? {} : { permissionMode: draft.permissionMode }),
    ...text("sandbox", draft.sandbox),
    ...(isRecord(schema) ? { outputSchema: schema } : {}),
    ...group("options", options),
    ...group("limits", { ...without(base.limits, limitNames), ...limits }),
    ...group("budget", { ...without(base.budget, budgetNames), ...budget }),
    ...(draft.priority === "normal" ? {} : { priority: draft.priority }),
    ...(notBefore === undefined || Number.isNaN(notBefore) ? {} : { notBefore }),
  }
  return { request: request as RunRequest, problems }
}

const isSame = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(
      (name) =>
        Object.hasOwn(other, name) &&
        isSame((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]),
    )
  )
}

/** What a rerun changes, by field; undefined when it leaves one out, which only a new request can say. */
export const overridesOf = (
  base: Partial<RunRequest>,
  request: RunRequest,
): Readonly<Record<string, unknown>> | undefined => {
  const before = base as Readonly<Record<string, unknown>>
  const after = request as unknown as Readonly<Record<string, unknown>>
  if (Object.keys(before).some((name) => !Object.hasOwn(after, name))) return undefined
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !isSame(value, before[name])))
}
