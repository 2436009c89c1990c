import { describedBy, Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import type { Draft } from "./draft.ts"
import type { FieldProblems } from "./requestOf.ts"

const priorities = [
  { value: "interactive", label: "Interactive", hint: "Somebody is waiting for it" },
  { value: "high", label: "High" },
  { value: "normal", label: "Normal" },
  { value: "low", label: "Low" },
  { value: "background", label: "Background", hint: "When nothing else is to be done" },
]

interface QueueFieldsProps {
  readonly draft: Draft
  readonly change: (change: Partial<Draft>) => void
  readonly problems: FieldProblems
}

export const QueueFields = ({ change, draft, problems }: QueueFieldsProps) => (
  <div className="grid grid-cols-3 items-start gap-4 max-sm:grid-cols-1">
    <Field id="title" label="Title" problem={problems["title"]}>
      <Input
        id="title"
        value={draft.title}
        placeholder="The first line of the prompt"
        autoComplete="off"
        onChange={(event) => change({ title: event.target.value })}
      />
    </Field>
    <Field id="priority" label="Priority" problem={problems["priority"]}>
      <Select
        id="priority"
        items={priorities}
        value={draft.priority}
        onChange={(priority) => change({ priority })}
        invalid={problems["priority"] !== undefined}
      />
    </Field>
    <Field id="notBefore" label="Not before" problem={problems["notBefore"]}>
      <Input
        id="notBefore"
        type="datetime-local"
        value={draft.notBefore}
        aria-invalid={problems["notBefore"] !== undefined || undefined}
        aria-describedby={describedBy("notBefore", { problem: problems["notBefore"] })}
        onChange={(event) => change({ notBefore: event.target.value })}
      />
    </Field>
  </div>
)
