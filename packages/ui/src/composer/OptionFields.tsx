import { CircleSlash, ShieldAlert } from "lucide-react"
import { useState } from "react"
import type { Said } from "../api/ApiProblem.ts"
import type { Policy } from "../api/types.ts"
import { describedBy, Field } from "../components/Field.tsx"
import { Input, Textarea } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import type { Draft } from "./draft.ts"
import { type Flag, type OptionField, optionLabel } from "./optionFields.ts"
import type { FieldProblems } from "./requestOf.ts"

interface OptionProps {
  readonly field: OptionField
  readonly value: string
  readonly onChange: (value: string) => void
  readonly problem: Said | undefined
}

const unset = { value: "", label: "Default" }

const Control = ({ field, onChange, problem, value }: OptionProps) => {
  const id = `options.${field.name}`
  const { shape, takes } = field
  const common = {
    id,
    "aria-invalid": problem !== undefined || undefined,
    "aria-describedby": describedBy(id, { problem, hint: field.flag }),
    autoComplete: "off",
    spellCheck: false,
  }
  if (takes === "one" && (shape.kind === "none" || shape.kind === "word")) {
    const items =
      shape.kind === "word"
        ? shape.words.map((word) => ({ value: word, label: word }))
        : [
            { value: "true", label: "On" },
            { value: "false", label: "Off" },
          ]
    return (
      <Select
        id={id}
        items={[unset, ...items]}
        value={value}
        invalid={problem !== undefined}
        describedBy={common["aria-describedby"]}
        onChange={onChange}
      />
    )
  }
  if (takes !== "one" || shape.kind === "text" || shape.kind === "json") {
    return (
      <Textarea
        {...common}
        rows={2}
        value={value}
        placeholder={takes === "lines" ? "One a line" : takes === "pairs" ? "key=value, one a line" : "Default"}
        className={shape.kind === "text" ? "" : "font-mono"}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  }
  const isNumber = shape.kind === "integer" || shape.kind === "amount"
  return (
    <Input
      {...common}
      value={value}
      inputMode={isNumber ? "decimal" : "text"}
      placeholder="Default"
      className={isNumber ? "" : "font-mono"}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

const FlagRow = ({ flag, icon: Icon }: { readonly flag: Flag; readonly icon: typeof CircleSlash }) => (
  <li className="grid grid-cols-[1rem_minmax(0,15rem)_1fr] gap-x-2 border-t py-1.5 first:border-0 max-sm:grid-cols-[1rem_1fr]">
    <Icon className="mt-0.75 size-3.5 text-faint" aria-hidden="true" />
    <code className="font-mono text-xs leading-5">{flag.flag}</code>
    <span className="text-xs leading-5 text-soft max-sm:col-start-2">
      {flag.reason}
      {flag.source !== "built in" && <span className="text-faint"> · {flag.source}</span>}
    </span>
  </li>
)

/** What stands beside the fields of the options: advanced flags, and those that nobody gets, each with its reason. */
const OtherFlags = ({ policy }: { readonly policy: Policy }) => {
  const [all, setAll] = useState(false)
  const advanced = policy.flags.filter(({ decision }) => decision === "advanced")
  const denied = policy.flags.filter(({ decision }) => decision === "denied")
  return (
    <>
      {advanced.length > 0 && (
        <section className="rounded-lg border border-attention/30 p-3">
          <h2 className="flex items-center gap-2 text-xs font-medium text-attention">
            <ShieldAlert className="size-3.5" aria-hidden="true" />
            Advanced: they take away a limit of the agent
          </h2>
          <p className="mt-1 mb-1.5 text-xs text-soft">
            {policy.advanced.value
              ? `Allowed on this server by ${policy.advanced.source}. They follow from the permission mode and the sandbox above.`
              : "This server does not allow them. Who runs it can: runyard policy advanced on."}
          </p>
          <ul>
            {advanced.map((flag) => (
              <FlagRow key={flag.flag} flag={flag} icon={ShieldAlert} />
            ))}
          </ul>
        </section>
      )}
      {denied.length > 0 && (
        <section>
          <button
            type="button"
            aria-expanded={all}
            onClick={() => setAll(!all)}
            className="text-xs text-soft underline decoration-line-strong underline-offset-3 hover:text-text"
          >
            {all ? "Hide" : "Show"} {denied.length} flags that no run gets, and why
          </button>
          {all && (
            <ul className="mt-2">
              {denied.map((flag) => (
                <FlagRow key={flag.flag} flag={flag} icon={CircleSlash} />
              ))}
            </ul>
          )}
        </section>
      )}
    </>
  )
}

interface OptionFieldsProps {
  readonly draft: Draft
  readonly change: (change: Partial<Draft>) => void
  readonly fields: ReadonlyArray<OptionField>
  readonly policy: Policy | undefined
  readonly problems: FieldProblems
}

export const OptionFields = ({ change, draft, fields, policy, problems }: OptionFieldsProps) => {
  // Options of a repeated run that the policy does not tell of are shown too: nothing is sent unseen.
  const strange = Object.keys(draft.options)
    .filter((name) => !fields.some((field) => field.name === name))
    .map((name): OptionField => ({ name, flag: "", shape: { kind: "text" }, takes: "one", what: undefined }))
  const shown = [...fields, ...strange]
  return (
    <div className="flex flex-col gap-5">
      {shown.length === 0 && <p className="text-sm text-soft">This agent has no options of its own.</p>}
      {shown.length > 0 && (
        <div className="grid grid-cols-2 items-start gap-4 max-sm:grid-cols-1">
          {shown.map((field) => {
            const problem = problems[`options.${field.name}`]
            return (
              <Field
                key={field.name}
                id={`options.${field.name}`}
                label={optionLabel(field.name)}
                problem={problem}
                hint={
                  <>
                    <code className="font-mono">{field.flag}</code>
                    {field.what !== undefined && !/^(?:none|text|word)$/.test(field.shape.kind) && ` · ${field.what}`}
                  </>
                }
              >
                <Control
                  field={field}
                  value={draft.options[field.name] ?? ""}
                  problem={problem}
                  onChange={(value) => change({ options: { ...draft.options, [field.name]: value } })}
                />
              </Field>
            )
          })}
        </div>
      )}
      {policy !== undefined && <OtherFlags policy={policy} />}
    </div>
  )
}
