import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useEffect, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem } from "../api/ApiProblem.ts"
import type { Schedule } from "../api/types.ts"
import { capabilitiesQuery, policyQuery } from "../api/queries.ts"
import { Button } from "../components/Button.tsx"
import { Drawer } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import { Skeleton } from "../components/Skeleton.tsx"
import { toast } from "../components/Toast.tsx"
import { AgentFields } from "../composer/AgentFields.tsx"
import type { Draft } from "../composer/draft.ts"
import { noProblems, placeProblem } from "../composer/problems.ts"
import { PromptField } from "../composer/PromptField.tsx"
import { useCheck } from "../composer/useCheck.ts"
import { WorkspaceField } from "../composer/WorkspaceField.tsx"
import { firstProvider } from "../composer/providers.ts"
import { missedItems, overlapItems, scheduleTitle } from "./scheduleText.ts"
import { TimesField } from "./TimesField.tsx"
import { changesOf, newOf, nothing, type When, type Written, writtenOf, writtenRequest } from "./written.ts"

const formId = "schedule-form"

interface FormProps {
  /** The one that is changed, as it was seen. */
  readonly schedule: Schedule | undefined
  /** Shows it as it is now: somebody else has changed it. */
  readonly onReload: () => void
  readonly written: Written
  readonly onWrite: (write: (before: Written) => Written) => void
  readonly onSaved: () => void
  /** Whether it is being saved. */
  readonly onBusy: (busy: boolean) => void
}

const Form = ({ onBusy, onReload, onSaved, onWrite, schedule, written }: FormProps) => {
  const { draft, when } = written
  const api = useApi()
  const queries = useQueryClient()
  const [tried, setTried] = useState(false)
  const capabilities = useQuery(capabilitiesQuery(api))
  const diagnoses = capabilities.data
  const policy = useQuery(policyQuery(api, draft.provider))
  useEffect(() => {
    if (diagnoses === undefined) return
    const provider = firstProvider(diagnoses)
    onWrite((before) => (before.draft.provider === "" ? { ...before, draft: { ...before.draft, provider } } : before))
  }, [diagnoses, onWrite])

  const request = writtenRequest(draft, schedule?.request)
  const empty = draft.prompt.trim() === ""
  const nowhere = draft.cwd.trim() === ""
  const asked = !empty && !nowhere && draft.provider !== ""
  const { check } = useCheck(request, asked)
  const save = useMutation({
    mutationFn: () =>
      schedule === undefined
        ? api.schedules.add({ payload: newOf(written) })
        : api.schedules.edit({ params: { id: schedule.id }, payload: changesOf(schedule, written) }),
    onSuccess: () => {
      toast("The schedule is saved")
      onSaved()
    },
    onSettled: () => {
      onBusy(false)
      return queries.invalidateQueries({ queryKey: ["schedules"] })
    },
  })
  const checked = asked && check?.ok === false ? placeProblem(check.problem) : noProblems
  const refused = save.error instanceof ApiProblem ? placeProblem(save.error.problem) : noProblems
  const problems = {
    ...refused.fields,
    ...checked.fields,
    ...(tried && empty ? { prompt: { message: "Say what is to be done." } } : {}),
    ...(tried && nowhere ? { cwd: { message: "Say where the agent is to work." } } : {}),
  }
  const rest = refused.rest ?? checked.rest
  const isChanged = save.error instanceof ApiProblem && save.error.code === "QUEUE_SCHEDULE_CHANGED"
  const change = (next: Partial<Draft>) => {
    if (save.isError) save.reset()
    onWrite((before) => ({ ...before, draft: { ...before.draft, ...next } }))
  }
  const changeWhen = (next: Partial<When>) => {
    if (save.isError) save.reset()
    onWrite((before) => ({ ...before, when: { ...before.when, ...next } }))
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!asked || when.expression.trim() === "" || save.isPending) return
    onBusy(true)
    save.mutate()
  }
  return (
    <form
      id={formId}
      aria-label={schedule === undefined ? "New schedule" : "Change the schedule"}
      onSubmit={onSubmit}
      className="flex flex-col gap-5"
    >
      <TimesField
        expression={when.expression}
        timeZone={when.timeZone}
        onChange={changeWhen}
        missing={tried && when.expression.trim() === ""}
      />
      <div className="rounded-xl border bg-surface shadow-raised">
        <div className="border-b px-4 pt-3 pb-3.5">
          <WorkspaceField value={draft.cwd} onChange={(cwd) => change({ cwd })} problem={problems["cwd"]} />
        </div>
        <PromptField value={draft.prompt} onChange={(prompt) => change({ prompt })} problem={problems["prompt"]} />
        <div className="border-t px-4 pt-3 pb-4">
          {diagnoses === undefined ? (
            <Skeleton className="h-13" />
          ) : (
            <AgentFields
              draft={draft}
              change={change}
              diagnoses={diagnoses}
              policy={policy.data}
              problems={problems}
              playground={undefined}
            />
          )}
        </div>
      </div>
      {capabilities.error !== null && (
        <ErrorState
          title="What agents there are could not be found out"
          error={capabilities.error}
          onRetry={() => void capabilities.refetch()}
        />
      )}
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field id="schedule-name" label="Name">
          <Input
            id="schedule-name"
            value={when.name}
            onChange={({ target }) => changeWhen({ name: target.value })}
            placeholder="As its prompt begins"
            maxLength={200}
            autoComplete="off"
          />
        </Field>
        <Field id="missed" label="Times that are missed">
          <Select id="missed" items={missedItems} value={when.missed} onChange={(missed) => changeWhen({ missed })} />
        </Field>
        <Field id="overlap" label="While a run has not ended">
          <Select
            id="overlap"
            items={overlapItems}
            value={when.overlap}
            onChange={(overlap) => changeWhen({ overlap })}
          />
        </Field>
      </div>
      {rest !== undefined && <ErrorState title="It could not be saved" error={rest} />}
      {isChanged && (
        <Button className="self-start" onClick={onReload}>
          Show it as it is now
        </Button>
      )}
      {save.isError && !(save.error instanceof ApiProblem) && (
        <ErrorState title="It is not known whether it was saved" error={save.error} />
      )}
    </form>
  )
}

interface ScheduleFormProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** A new schedule: when, and the main fields of a run. What is written stays while it is closed, until it is cancelled. */
export const ScheduleForm = ({ onClose, open }: ScheduleFormProps) => {
  const [busy, setBusy] = useState(false)
  const [written, setWritten] = useState(nothing)
  const finish = () => {
    setWritten(nothing)
    onClose()
  }
  return (
    <Drawer
      open={open}
      onClose={onClose}
      title="New schedule"
      description="Its runs start while a server is there, at these times."
      actions={
        <>
          <Button onClick={finish}>Cancel</Button>
          <Button type="submit" form={formId} look="solid" busy={busy}>
            Save the schedule
          </Button>
        </>
      }
    >
      <Form
        schedule={undefined}
        written={written}
        onWrite={setWritten}
        onSaved={finish}
        onBusy={setBusy}
        onReload={finish}
      />
    </Drawer>
  )
}

interface EditFormProps {
  /** As it was seen when it was opened. */
  readonly schedule: Schedule
  readonly onClose: () => void
  readonly onReload: () => void
}

/** A schedule that is there, to be changed. Its new times count from when it is saved. */
export const EditForm = ({ onClose, onReload, schedule }: EditFormProps) => {
  const [busy, setBusy] = useState(false)
  const [written, setWritten] = useState(() => writtenOf(schedule))
  return (
    <Drawer
      open
      onClose={onClose}
      title="Change the schedule"
      description={`${scheduleTitle(schedule)}. New times count from when it is saved.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} look="solid" busy={busy}>
            Save the changes
          </Button>
        </>
      }
    >
      <Form
        schedule={schedule}
        written={written}
        onWrite={setWritten}
        onSaved={onClose}
        onBusy={setBusy}
        onReload={onReload}
      />
    </Drawer>
  )
}
