import { Plus, Trash2 } from "lucide-react"
import { type FormEvent, useId, useState } from "react"
import type { QueueControl } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { Field } from "../components/Field.tsx"
import { IconButton } from "../components/IconButton.tsx"
import { Input } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import { toast } from "../components/Toast.tsx"
import { type LimitKind, limitChange, limitKinds, type LimitRow, limitRows } from "./limitRows.ts"
import type { useQueueActions } from "./useQueueActions.ts"

const labels: Readonly<Record<LimitKind, string>> = {
  global: "All runs together",
  provider: "A provider",
  account: "An account",
  model: "A model",
  workspace: "A workspace",
  tenant: "A tenant",
}
const examples: Readonly<Record<LimitKind, string>> = {
  global: "",
  provider: "claude",
  account: "codex/team",
  model: "claude/claude-opus-5",
  workspace: "local/local-workspace",
  tenant: "local",
}

type Actions = ReturnType<typeof useQueueActions>

const Row = ({ decide, row }: { readonly row: LimitRow; readonly decide: Actions["decide"] }) => {
  const [typed, setTyped] = useState(String(row.capacity))
  const capacity = Number(typed)
  const valid = typed !== "" && Number.isInteger(capacity) && capacity >= 0
  const label = row.name === "" ? labels[row.kind] : row.name
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (!valid || capacity === row.capacity) return
    decide.mutate(limitChange(row.kind, row.name, capacity), { onSuccess: () => toast("The limit holds now") })
  }
  return (
    <li className="flex items-center gap-3 border-b px-5 py-2 max-sm:px-4">
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{label}</span>
        {row.name !== "" && <span className="text-xs text-faint">{labels[row.kind]}</span>}
      </span>
      <form onSubmit={save} className="flex items-center gap-2">
        <Input
          aria-label={`Limit: ${label}`}
          aria-invalid={!valid || undefined}
          inputMode="numeric"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="h-7 w-16 text-right"
        />
        <Button type="submit" size="sm" disabled={!valid || capacity === row.capacity}>
          Set
        </Button>
      </form>
      <IconButton
        label={`Remove the limit: ${label}`}
        size="sm"
        onClick={() =>
          decide.mutate(limitChange(row.kind, row.name, null), { onSuccess: () => toast("As the settings say again") })
        }
      >
        <Trash2 />
      </IconButton>
    </li>
  )
}

const Add = ({ decide }: { readonly decide: Actions["decide"] }) => {
  const id = useId()
  const [kind, setKind] = useState<LimitKind>("provider")
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const named = data.get("name")
    const name = typeof named === "string" ? named.trim() : ""
    const capacity = Number(data.get("capacity"))
    if ((kind !== "global" && name === "") || !Number.isInteger(capacity) || capacity < 0) return
    decide.mutate(limitChange(kind, name, capacity), {
      onSuccess: () => {
        form.reset()
        toast("The limit holds now")
      },
    })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-wrap items-end gap-3 px-5 py-4 max-sm:px-4">
      <Field id={`${id}-kind`} label="Limit for" className="w-44 max-sm:w-full">
        <Select
          id={`${id}-kind`}
          value={kind}
          onChange={setKind}
          items={limitKinds.map((value) => ({ value, label: labels[value] }))}
        />
      </Field>
      {kind !== "global" && (
        <Field id={`${id}-name`} label="Name" className="min-w-40 flex-1">
          <Input
            id={`${id}-name`}
            name="name"
            required
            maxLength={400}
            placeholder={examples[kind]}
            autoComplete="off"
          />
        </Field>
      )}
      <Field id={`${id}-capacity`} label="At once" className="w-24">
        <Input
          id={`${id}-capacity`}
          name="capacity"
          required
          inputMode="numeric"
          pattern="[0-9]{1,9}"
          title="A whole number, 0 or more"
          autoComplete="off"
        />
      </Field>
      <Button type="submit" busy={decide.isPending}>
        <Plus /> Add
      </Button>
    </form>
  )
}

/** How much may run at once, where somebody has decided it; hosts' settings hold for the rest. */
export const LimitsPanel = ({
  actions: { decide },
  control,
}: {
  readonly control: QueueControl
  readonly actions: Actions
}) => {
  const rows = limitRows(control)
  return (
    <div>
      <p className="border-b px-5 py-3 text-sm text-soft max-sm:px-4">
        These limits hold for every program that executes runs of this store. Where none is set, each goes by its own
        settings. 0 lets what runs finish and starts nothing.
      </p>
      {rows.length === 0 ? (
        <EmptyState title="No limit is set here" className="py-8">
          Every program goes by its own settings: usually two runs at once, one for each provider.
        </EmptyState>
      ) : (
        <ul>
          {rows.map((row) => (
            <Row key={`${row.kind} ${row.name} ${row.capacity}`} row={row} decide={decide} />
          ))}
        </ul>
      )}
      <Add decide={decide} />
    </div>
  )
}
