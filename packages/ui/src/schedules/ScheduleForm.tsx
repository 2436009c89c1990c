import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useEffect, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem } from "../api/ApiProblem.ts"
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
import { type Draft, emptyDraft } from "../composer/draft.ts"
import { noProblems, placeProblem } from "../composer/problems.ts"
import { PromptField } from "../composer/PromptField.tsx"
import { requestOf } from "../composer/requestOf.ts"
import { useCheck } from "../composer/useCheck.ts"
import { WorkspaceField } from "../composer/WorkspaceField.tsx"
import { firstProvider } from "../composer/providers.ts"
import { type Missed, missedItems } from "./scheduleText.ts"
import { TimesField } from "./TimesField.tsx"
import { localZone } from "./zonedTime.ts"

interface When {
  readonly expression: string
  readonly timeZone: string
  readonly missed: Missed
  readonly name: string
}

const anytime: When = { expression: "", timeZone: localZone, missed: "skip", name: "" }

const formId = "new-schedule"

interface Written {
  readonly draft: Draft
  readonly when: When
}

const nothing: Written = { draft: emptyDraft, when: anytime }

interface FormProps {
  readonly written: Written
  readonly onWrite: (write: (before: Written) => Written) => void
  readonly onSaved: () => void
  /** Whether it is being saved. */
  readonly onBusy: (busy: boolean) => void
}

const Form = ({ onBusy, onSaved, onWrite, written: { draft, when } }: FormProps) => {
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

  const { request } = requestOf(draft, [])
  const empty = draft.prompt.trim() === ""
  const nowhere = draft.cwd.trim() === ""
  const asked = !empty && !nowhere && draft.provider !== ""
  const { check } = useCheck(request, asked)
  const save = useMutation({
    mutationFn: () => {
      const { expression, missed, name, timeZone } = when
      return api.schedules.add({
        payload: {
          request,
          expression: expression.trim(),
          missed,
          ...(timeZone.trim() === "" ? {} : { timeZone: timeZone.trim() }),
          ...(name.trim() === "" ? {} : { name: name.trim() }),
        },
      })
    },
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
    <form id={formId} aria-label="New schedule" onSubmit={onSubmit} className="flex flex-col gap-5">
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
      </div>
      {rest !== undefined && <ErrorState title="It could not be saved" error={rest} />}
      {save.isError && !(save.error instanceof ApiProblem) && (
        <ErrorState title="It is not known whether it was saved" error={save.error} />
      )}
    </form>
  )
}

/** A new schedule: when, and the main fields of a run. What is written stays while it is closed, until it is cancelled. */
export const ScheduleForm = ({ onClose, open }: { readonly open: boolean; readonly onClose: () => void }) => {
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
      <Form written={written} onWrite={setWritten} onSaved={finish} onBusy={setBusy} />
    </Drawer>
  )
}
