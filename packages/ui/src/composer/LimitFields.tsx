import type { Policy } from "../api/types.ts"
import { usdText } from "../components/moneyText.ts"
import { spanText } from "../components/timeText.ts"
import { describedBy, Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import type { BudgetField, Draft, LimitField } from "./draft.ts"
import type { FieldProblems } from "./requestOf.ts"

type Bound = Policy["limits"][number]

const times: ReadonlyArray<{ readonly name: LimitField; readonly label: string; readonly hint: string }> = [
  { name: "wallMillis", label: "Longest run", hint: "From start to end of one attempt." },
  { name: "idleMillis", label: "Longest silence", hint: "Without output of any kind." },
  { name: "queueMillis", label: "Longest wait", hint: "A run that waits longer never starts." },
]

const amounts: ReadonlyArray<{ readonly name: BudgetField; readonly label: string; readonly limit?: string }> = [
  { name: "maxCostUsd", label: "Cost, US dollars", limit: "costUsd" },
  { name: "maxTokens", label: "Tokens" },
  { name: "maxTurns", label: "Turns", limit: "turns" },
]

const boundOf = (policy: Policy | undefined, limit: string | undefined): Bound | undefined =>
  policy?.limits.find((each) => each.limit === limit)

interface LimitFieldsProps {
  readonly draft: Draft
  readonly change: (change: Partial<Draft>) => void
  readonly policy: Policy | undefined
  readonly problems: FieldProblems
}

export const LimitFields = ({ change, draft, policy, problems }: LimitFieldsProps) => (
  <div className="grid grid-cols-3 items-start gap-4 max-sm:grid-cols-1">
    {times.map(({ hint, label, name }) => {
      const id = `limits.${name}`
      const bound = boundOf(policy, name)
      const usual = bound?.usual?.value
      const most = bound?.most === undefined ? "" : ` At most ${spanText(bound.most.value)}, by ${bound.most.source}.`
      return (
        <Field key={name} id={id} label={label} hint={`${hint}${most}`} problem={problems[id]}>
          <Input
            id={id}
            value={draft.limits[name] ?? ""}
            placeholder={usual === undefined || usual === 0 ? "No limit" : spanText(usual)}
            aria-invalid={problems[id] !== undefined || undefined}
            aria-describedby={describedBy(id, { hint, problem: problems[id] })}
            autoComplete="off"
            onChange={(event) => change({ limits: { ...draft.limits, [name]: event.target.value } })}
          />
        </Field>
      )
    })}
    {amounts.map(({ label, limit, name }) => {
      const id = `budget.${name}`
      const most = boundOf(policy, limit)?.most
      const hint =
        most === undefined
          ? undefined
          : `At most ${name === "maxCostUsd" ? usdText(most.value) : most.value}, by ${most.source}.`
      return (
        <Field key={name} id={id} label={label} problem={problems[id]} {...(hint === undefined ? {} : { hint })}>
          <Input
            id={id}
            value={draft.budget[name] ?? ""}
            placeholder="No limit"
            inputMode="decimal"
            aria-invalid={problems[id] !== undefined || undefined}
            aria-describedby={describedBy(id, { hint, problem: problems[id] })}
            autoComplete="off"
            onChange={(event) => change({ budget: { ...draft.budget, [name]: event.target.value } })}
          />
        </Field>
      )
    })}
  </div>
)
