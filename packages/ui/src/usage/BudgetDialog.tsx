import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import type { BudgetRule } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { Checkbox } from "../components/Checkbox.tsx"
import { Dialog } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { describedBy, Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { SegmentedControl } from "../components/SegmentedControl.tsx"
import { Select } from "../components/Select.tsx"
import { toast } from "../components/Toast.tsx"
import { type BudgetKind, type BudgetScope, kindItems, readAmount, scopeItems, writeAmount } from "./budgetText.ts"

const windows = [
  { value: "day", label: "A day" },
  { value: "total", label: "In all" },
] as const

const formId = "budget"
const hasNames: ReadonlySet<BudgetScope> = new Set(["tenant", "workspace", "profile"])

interface FormProps {
  /** The rule that is changed. */
  readonly rule: BudgetRule | undefined
  readonly onSaved: () => void
}

const Form = ({ onSaved, rule }: FormProps) => {
  const api = useApi()
  const queries = useQueryClient()
  const [id, setId] = useState(rule?.id ?? "")
  const [kind, setKind] = useState<BudgetKind>(rule?.kind ?? "money")
  const [typed, setTyped] = useState(rule === undefined ? "" : writeAmount(rule.kind, rule.limit))
  const [span, setSpan] = useState<BudgetRule["window"]>(rule?.window ?? "day")
  const [timeZone, setTimeZone] = useState(
    rule === undefined ? Intl.DateTimeFormat().resolvedOptions().timeZone : (rule.timeZone ?? ""),
  )
  const [scope, setScope] = useState<BudgetScope>(rule?.scope ?? "all")
  const [subject, setSubject] = useState(rule?.subject ?? "")
  const [stops, setStops] = useState(rule?.unknown === "stop")
  const [tried, setTried] = useState(false)
  const limit = readAmount(kind, typed)
  const save = useMutation({
    mutationFn: (next: BudgetRule) => api.budgets.set({ payload: { rule: next } }),
    onSuccess: ({ rule: kept }) => {
      void queries.invalidateQueries({ queryKey: ["budgets"] })
      toast(`The budget ${kept.id} holds now`)
      onSaved()
    },
  })
  const idProblem = tried && id.trim() === "" ? { message: "Give it a name." } : undefined
  const amountProblem =
    tried && limit === undefined
      ? { message: kind === "wall" ? "Write a span of time, such as 8h." : "Write a number, 0 or more." }
      : undefined
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (id.trim() === "" || limit === undefined || save.isPending) return
    save.mutate({
      id: id.trim(),
      scope,
      kind,
      limit,
      window: span,
      unknown: stops ? "stop" : "allow",
      ...(hasNames.has(scope) && subject.trim() !== "" ? { subject: subject.trim() } : {}),
      ...(span === "day" && timeZone.trim() !== "" ? { timeZone: timeZone.trim() } : {}),
    })
  }
  return (
    <form id={formId} onSubmit={onSubmit} className="flex flex-col gap-4">
      <Field id="budget-id" label="Name" problem={idProblem}>
        <Input
          id="budget-id"
          value={id}
          disabled={rule !== undefined}
          onChange={({ target }) => setId(target.value)}
          placeholder="daily"
          maxLength={200}
          autoComplete="off"
          data-autofocus={rule === undefined ? true : undefined}
          aria-invalid={idProblem !== undefined || undefined}
          aria-describedby={describedBy("budget-id", { problem: idProblem })}
        />
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field id="budget-amount" label="Limit" problem={amountProblem}>
          <Input
            id="budget-amount"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
            placeholder={kind === "wall" ? "8h" : kind === "money" ? "20" : "1000"}
            inputMode={kind === "wall" ? "text" : "decimal"}
            autoComplete="off"
            aria-invalid={amountProblem !== undefined || undefined}
            aria-describedby={describedBy("budget-amount", { problem: amountProblem })}
          />
        </Field>
        <Field id="budget-kind" label="Of">
          <Select id="budget-kind" items={kindItems} value={kind} onChange={setKind} />
        </Field>
      </div>
      <div className="grid grid-cols-2 items-end gap-3">
        <SegmentedControl label="For how long" segments={windows} value={span} onChange={setSpan} />
        {span === "day" && (
          <Field id="budget-zone" label="Days of">
            <Input
              id="budget-zone"
              value={timeZone}
              onChange={({ target }) => setTimeZone(target.value)}
              placeholder="UTC"
              maxLength={60}
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
        )}
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Field id="budget-scope" label="Shared by">
          <Select id="budget-scope" items={scopeItems} value={scope} onChange={setScope} />
        </Field>
        {hasNames.has(scope) && (
          <Field id="budget-subject" label="Only this one">
            <Input
              id="budget-subject"
              value={subject}
              onChange={({ target }) => setSubject(target.value)}
              placeholder="All of them"
              maxLength={400}
              autoComplete="off"
            />
          </Field>
        )}
      </div>
      <Checkbox
        label="Stop runs whose use cannot be known"
        hint="Otherwise they go on, and what is known counts."
        checked={stops}
        onChange={setStops}
      />
      {save.error !== null && <ErrorState title="The budget was not set" error={save.error} />}
    </form>
  )
}

interface BudgetDialogProps {
  /** The rule to change; `new`: none yet. Closed without one. */
  readonly editing: BudgetRule | "new" | undefined
  readonly onClose: () => void
}

export const BudgetDialog = ({ editing, onClose }: BudgetDialogProps) => {
  const rule = editing === "new" ? undefined : editing
  return (
    <Dialog
      open={editing !== undefined}
      onClose={onClose}
      title={rule === undefined ? "Set a budget" : `Change ${rule.id}`}
      description="For every program on this store. What was used under its name before counts."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} look="solid">
            Set the budget
          </Button>
        </>
      }
    >
      {editing !== undefined && <Form rule={rule} onSaved={onClose} />}
    </Dialog>
  )
}
