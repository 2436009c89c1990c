/** What a form says of a schedule, as it was typed: a new one, or one that is changed. Pure. */
import type { RunRequest, Schedule } from "../api/types.ts"
import { type Draft, draftOf, emptyDraft } from "../composer/draft.ts"
import { requestOf } from "../composer/requestOf.ts"
import type { Missed, Overlap } from "./scheduleText.ts"
import { localZone } from "./zonedTime.ts"

export interface When {
  readonly expression: string
  readonly timeZone: string
  readonly missed: Missed
  readonly overlap: Overlap
  readonly name: string
}

export interface Written {
  readonly draft: Draft
  readonly when: When
}

const anytime: When = { expression: "", timeZone: localZone, missed: "skip", overlap: "allow", name: "" }

export const nothing: Written = { draft: emptyDraft, when: anytime }

/** The form as it would have been filled for a schedule. */
export const writtenOf = ({ name = "", overlap, request, times }: Schedule): Written => ({
  draft: draftOf(request, ""),
  when: { expression: times.expression, timeZone: times.timeZone ?? "", missed: times.missed, overlap, name },
})

/** Fields of a request that the form has. */
const inForm = ["provider", "prompt", "cwd", "model", "permissionMode", "sandbox"]

/** The request of the form. What one that is there says beyond the form stays; options are of one provider. */
export const writtenRequest = (draft: Draft, before?: RunRequest): RunRequest => {
  const { cwd, model, permissionMode, prompt, provider, sandbox } = draft
  const { request } = requestOf({ ...emptyDraft, cwd, model, permissionMode, prompt, provider, sandbox }, [])
  const kept = Object.entries(before ?? {}).filter(
    ([field]) => !inForm.includes(field) && (field !== "options" || before?.provider === provider),
  )
  return { ...Object.fromEntries(kept), ...request }
}

const trimmed = ({ expression, name, timeZone, ...rest }: When): When => ({
  ...rest,
  expression: expression.trim(),
  name: name.trim(),
  timeZone: timeZone.trim(),
})

/** Of a new one. */
export const newOf = ({ draft, when }: Written) => {
  const { name, timeZone, ...rest } = trimmed(when)
  return {
    ...rest,
    request: writtenRequest(draft),
    ...(timeZone === "" ? {} : { timeZone }),
    ...(name === "" ? {} : { name }),
  }
}

const sorted = (value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([field, inner]) => [field, sorted(inner)]),
      )

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

/** Of one that was seen: only what is changed, so that what hosts and others say of the rest stays. */
export const changesOf = (schedule: Schedule, { draft, when }: Written) => {
  const { expression, missed, name, overlap, timeZone } = trimmed(when)
  const { times } = schedule
  const request = writtenRequest(draft, schedule.request)
  return {
    revision: schedule.revision,
    ...(expression === times.expression ? {} : { expression }),
    ...(timeZone === (times.timeZone ?? "") ? {} : { timeZone: timeZone === "" ? null : timeZone }),
    ...(missed === times.missed ? {} : { missed }),
    ...(overlap === schedule.overlap ? {} : { overlap }),
    ...(name === (schedule.name ?? "") ? {} : { name: name === "" ? null : name }),
    ...(isSame(request, schedule.request) ? {} : { request }),
  }
}
