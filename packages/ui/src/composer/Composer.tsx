import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem } from "../api/ApiProblem.ts"
import { capabilitiesQuery, policyQuery, settingsQuery } from "../api/queries.ts"
import { keyCaps } from "../app/shortcuts.ts"
import { Button } from "../components/Button.tsx"
import { Disclosure } from "../components/Disclosure.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Keys } from "../components/Keys.tsx"
import { Skeleton } from "../components/Skeleton.tsx"
import { toast } from "../components/Toast.tsx"
import { AgentFields } from "./AgentFields.tsx"
import { CheckLine } from "./CheckLine.tsx"
import { CommandField } from "./CommandField.tsx"
import { isBlank } from "./draft.ts"
import { LimitFields } from "./LimitFields.tsx"
import { OptionFields } from "./OptionFields.tsx"
import { optionFields } from "./optionFields.ts"
import { noProblems, type PlacedProblems, placeProblem, sectionOf } from "./problems.ts"
import { offer, optionsIn } from "./playground.ts"
import { PromptField } from "./PromptField.tsx"
import { demoProvider, firstProvider, hasOnlyScripted } from "./providers.ts"
import { QueueFields } from "./QueueFields.tsx"
import { readinessOf } from "./readiness.ts"
import { type FieldProblems, requestOf } from "./requestOf.ts"
import { SchemaField } from "./SchemaField.tsx"
import { useCheck } from "./useCheck.ts"
import { type DraftState, rememberChoice } from "./useDraft.ts"
import { useSubmit } from "./useSubmit.ts"
import { WorkspaceField } from "./WorkspaceField.tsx"

type SectionName = "options" | "answer" | "limits" | "queue" | "command"

const count = (values: Readonly<Record<string, string | undefined>>): number =>
  Object.values(values).filter((value) => value !== undefined && value.trim() !== "").length

const setText = (set: number): string => (set === 0 ? "Defaults" : `${set} set`)

const placed = (problem: unknown): PlacedProblems =>
  problem instanceof ApiProblem ? placeProblem(problem.problem) : noProblems

export const Composer = ({ change, clear, draft }: DraftState) => {
  const api = useApi()
  const navigate = useNavigate()
  const capabilities = useQuery(capabilitiesQuery(api))
  const policy = useQuery(policyQuery(api, draft.provider))
  const [open, setOpen] = useState<Readonly<Partial<Record<SectionName, boolean>>>>({})
  const [tried, setTried] = useState(false)
  /** It is to start as soon as it can. */
  const [wanted, setWanted] = useState(false)
  const [tries, setTries] = useState(0)
  const form = useRef<HTMLFormElement>(null)
  const diagnoses = capabilities.data
  const settings = useQuery(settingsQuery(api))
  const playground = settings.data?.playground
  useEffect(() => {
    const offered = offer(playground, draft)
    if (offered !== undefined) return change(offered)
    if (diagnoses === undefined || !settings.isFetched) return
    if (diagnoses.some(({ provider }) => provider === draft.provider)) return
    const provider = playground === undefined ? firstProvider(diagnoses) : demoProvider(diagnoses)
    if (provider !== draft.provider) change({ provider, options: optionsIn(playground, draft.cwd, provider) })
  }, [change, diagnoses, draft, playground, settings.isFetched])

  const fields = optionFields(policy.data)
  const { problems: unread, request } = requestOf(draft, fields)
  const empty = draft.prompt.trim() === ""
  const nowhere = draft.cwd.trim() === ""
  // How an option is read is known from the policy.
  const unreadable = policy.isLoading && count(draft.options) > 0
  const readiness = readinessOf({
    unfilled: (draft.cwd === "" && isBlank(draft) && !settings.isFetched) || offer(playground, draft) !== undefined,
    provider: draft.provider,
    diagnoses,
    failed: capabilities.isError,
    unreadable,
  })
  const misread = Object.keys(unread).length > 0
  const asked = !empty && !nowhere && !misread && readiness.state === "ready"
  const state = useCheck(request, asked)
  const submit = useSubmit()
  const checked = asked && state.check?.ok === false ? placeProblem(state.check.problem) : noProblems
  const refused = submit.isError ? placed(submit.error) : noProblems
  // What was not filled in yet is no mistake before the run is to start.
  const missing = {
    ...(tried && empty ? { prompt: { message: "Say what is to be done." } } : {}),
    ...(tried && nowhere ? { cwd: { message: "Say where the agent is to work." } } : {}),
  }
  const problems: FieldProblems = { ...refused.fields, ...checked.fields, ...unread, ...missing }
  const rest = checked.rest ?? refused.rest
  const wrong = Object.keys(problems).length + (rest === undefined ? 0 : 1)
  const wrongIn = new Set<string>(Object.keys(problems).map(sectionOf))
  const section = (name: SectionName) => ({
    open: open[name] ?? wrongIn.has(name),
    onOpen: (next: boolean) => setOpen({ ...open, [name]: next }),
  })

  const start = () => {
    setTried(true)
    setTries((before) => before + 1)
    const later = readiness.state === "later"
    setWanted(later && !empty && !nowhere && !misread)
    if (empty || nowhere || misread || submit.isPending || readiness.state !== "ready") return
    submit.mutate(
      { draft, request },
      {
        onSuccess: ({ admission, run }) => {
          // One that goes with the server is no place for the next time.
          rememberChoice(draft.cwd === playground?.workspace ? { ...draft, cwd: "" } : draft)
          clear()
          if (admission.decision === "queued" || admission.decision === "deferred")
            toast("The run waits", admission.message)
          void navigate({ to: "/runs/$id", params: { id: run.id } })
        },
      },
    )
  }
  const startNow = useEffectEvent(start)
  useEffect(() => {
    if (wanted && readiness.state !== "later") startNow()
  }, [readiness.state, wanted])
  // What is in the way may be far from the button.
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus()
  }, [tries])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return
    event.preventDefault()
    start()
  }
  const edit = (next: Parameters<typeof change>[0]) => {
    if (submit.isError) submit.reset()
    setWanted(false)
    change(next)
  }
  return (
    <form
      ref={form}
      aria-label="New run"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        start()
      }}
      // As high as the bar that stands over its end.
      className="flex flex-col gap-4 max-md:pb-15"
    >
      {capabilities.error !== null && (
        <ErrorState
          title="What agents there are could not be found out"
          error={capabilities.error}
          onRetry={() => void capabilities.refetch()}
        />
      )}
      <div className="rounded-xl border bg-surface shadow-raised transition-colors focus-within:border-line-strong">
        <div className="border-b px-4 pt-3 pb-3.5">
          <WorkspaceField value={draft.cwd} onChange={(cwd) => edit({ cwd })} problem={problems["cwd"]} />
        </div>
        <PromptField value={draft.prompt} onChange={(prompt) => edit({ prompt })} problem={problems["prompt"]} />
        <div className="border-t px-4 pt-3 pb-4">
          {diagnoses === undefined && capabilities.isPending && (
            <div
              className="grid grid-cols-4 items-end gap-3 max-md:grid-cols-2"
              role="status"
              aria-label="Looking for agents"
            >
              {[1, 2, 3, 4].map((each) => (
                <div key={each} className="flex h-14 items-end max-sm:h-16">
                  <Skeleton className="h-8 max-sm:h-10" />
                </div>
              ))}
            </div>
          )}
          {diagnoses === undefined && capabilities.isError && (
            <p className="text-sm text-faint">Agent, model and permissions can be chosen once the agents are known.</p>
          )}
          {diagnoses !== undefined && (
            <AgentFields
              draft={draft}
              change={edit}
              diagnoses={diagnoses}
              policy={policy.data}
              problems={problems}
              playground={playground}
            />
          )}
        </div>
        <div
          data-start-bar
          className="flex items-center justify-between gap-4 rounded-b-xl border-t bg-sunken px-4 py-2.5 max-md:fixed max-md:inset-x-0 max-md:bottom-[calc(3.5rem+env(safe-area-inset-bottom))] max-md:z-10 max-md:rounded-none"
        >
          <CheckLine
            id="start-line"
            state={state}
            wrong={wrong}
            blank={(empty || nowhere) && !tried}
            readiness={readiness}
            wanted={wanted}
          />
          <Button
            type="submit"
            look="solid"
            aria-describedby="start-line"
            busy={submit.isPending || wanted}
            disabled={readiness.state === "not yet" || readiness.state === "never"}
          >
            Start run
            <span className="max-md:hidden" aria-hidden="true">
              <Keys keys={keyCaps("mod+Enter")} inverse />
            </span>
          </Button>
        </div>
      </div>
      {diagnoses !== undefined && hasOnlyScripted(diagnoses) && (
        <p className="text-sm text-soft">
          No agent is installed here. The scripted one asks no model, costs nothing, and shows what a run looks like.{" "}
          <Link to="/settings" search={{ tab: "agents" }} className="text-text underline underline-offset-3">
            How to install one
          </Link>
        </p>
      )}
      {rest !== undefined && <ErrorState title="The run cannot start" error={rest} />}
      {submit.isError && !(submit.error instanceof ApiProblem) && (
        <ErrorState title="It is not known whether the run was started" error={submit.error} onRetry={start} />
      )}
      <div className="divide-y border-y">
        <Disclosure title="Agent options" summary={setText(count(draft.options))} {...section("options")}>
          <OptionFields draft={draft} change={edit} fields={fields} policy={policy.data} problems={problems} />
        </Disclosure>
        <Disclosure
          title="Answer format"
          summary={draft.outputSchema.trim() === "" ? "As the agent writes it" : "JSON Schema"}
          {...section("answer")}
        >
          <SchemaField
            value={draft.outputSchema}
            onChange={(outputSchema) => edit({ outputSchema })}
            problem={problems["outputSchema"]}
          />
        </Disclosure>
        <Disclosure
          title="Limits and budget"
          summary={setText(count(draft.limits) + count(draft.budget))}
          {...section("limits")}
        >
          <LimitFields draft={draft} change={edit} policy={policy.data} problems={problems} />
        </Disclosure>
        <Disclosure
          title="Title, priority, start"
          summary={setText(
            count({
              title: draft.title,
              notBefore: draft.notBefore,
              priority: draft.priority === "normal" ? "" : draft.priority,
            }),
          )}
          {...section("queue")}
        >
          <QueueFields draft={draft} change={edit} problems={problems} />
        </Disclosure>
        {draft.provider !== "" && (
          <Disclosure title="On the command line" summary="runyard exec …" {...section("command")}>
            <CommandField request={request} />
          </Disclosure>
        )}
      </div>
      {!isBlank(draft) && (
        <div className="flex justify-between text-xs text-faint">
          <span>Kept in this tab until it is started.</span>
          <button type="button" className="hover:text-text" onClick={() => (setTried(false), submit.reset(), clear())}>
            Discard the draft
          </button>
        </div>
      )}
    </form>
  )
}
