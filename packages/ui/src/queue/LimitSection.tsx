import { Plus, Trash2 } from "lucide-react"
import { type FormEvent, useId, useState } from "react"
import { Button } from "../components/Button.tsx"
import { Field } from "../components/Field.tsx"
import { IconButton } from "../components/IconButton.tsx"
import { Input } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import { Rows, Section } from "../settings/Section.tsx"
import type { Kind, LimitRow } from "./limitRows.ts"

interface LimitSectionProps<K extends string> {
  readonly title: string
  readonly hint: string
  /** What holds where nothing is set. */
  readonly otherwise: string
  /** What one of them is called: `limit`. */
  readonly noun: string
  /** What the number is of: `At once`. */
  readonly unit: string
  readonly kinds: ReadonlyArray<Kind<K>>
  readonly rows: ReadonlyArray<LimitRow<K>>
  readonly busy: boolean
  /** @param capacity null: as each host's settings say */
  readonly onSet: (kind: K, name: string, capacity: number | null, done?: () => void) => void
}

/** A whole number, 0 or more; undefined for anything else. */
const read = (text: string): number | undefined => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined)

interface RowProps<K extends string> {
  readonly row: LimitRow<K>
  readonly section: LimitSectionProps<K>
}

const Row = <K extends string>({ row, section: { kinds, noun, onSet, unit } }: RowProps<K>) => {
  const [typed, setTyped] = useState(String(row.capacity))
  const capacity = read(typed)
  const changed = capacity !== undefined && capacity !== row.capacity
  const kind = kinds.find(({ value }) => value === row.kind)?.label ?? row.kind
  const label = row.name === "" ? kind : row.name
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (changed) onSet(row.kind, row.name, capacity)
  }
  return (
    <li className="flex items-center gap-3 py-2 pr-2 pl-4">
      <span className="min-w-0 flex-1">
        <bdi className="block truncate font-medium" title={label}>
          {label}
        </bdi>
        {row.name !== "" && <span className="text-xs text-faint">{kind}</span>}
      </span>
      <form onSubmit={save} className="flex items-center gap-2">
        {changed && (
          <Button type="submit" size="sm">
            Set
          </Button>
        )}
        <Input
          aria-label={`${unit}: ${label}`}
          aria-invalid={capacity === undefined || undefined}
          inputMode="numeric"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="h-7 w-20 text-right"
        />
      </form>
      <IconButton label={`Remove the ${noun}: ${label}`} size="sm" onClick={() => onSet(row.kind, row.name, null)}>
        <Trash2 />
      </IconButton>
    </li>
  )
}

const Add = <K extends string>({ busy, kinds, noun, onSet, unit }: LimitSectionProps<K>) => {
  const id = useId()
  const [kind, setKind] = useState(kinds[0]?.value)
  const example = kinds.find(({ value }) => value === kind)?.example
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const textOf = (field: string) => {
      const value = data.get(field)
      return typeof value === "string" ? value.trim() : ""
    }
    const capacity = read(textOf("capacity"))
    if (kind === undefined || capacity === undefined || (example !== undefined && textOf("name") === "")) return
    onSet(kind, textOf("name"), capacity, () => form.reset())
  }
  if (kind === undefined) return null
  return (
    <form onSubmit={onSubmit} aria-label={`Set a ${noun}`} className="flex flex-wrap items-end gap-3 px-4 py-3">
      <Field id={`${id}-kind`} label={`A ${noun} for`} className="w-44 max-sm:w-full">
        <Select id={`${id}-kind`} value={kind} onChange={setKind} items={kinds} />
      </Field>
      {example !== undefined && (
        <Field id={`${id}-name`} label="Name" className="min-w-40 flex-1">
          <Input id={`${id}-name`} name="name" required maxLength={400} placeholder={example} autoComplete="off" />
        </Field>
      )}
      <Field id={`${id}-capacity`} label={unit} className="w-24 max-sm:flex-1">
        <Input
          id={`${id}-capacity`}
          name="capacity"
          required
          inputMode="numeric"
          pattern="\s*[0-9]{1,9}\s*"
          title="A whole number, 0 or more"
          autoComplete="off"
        />
      </Field>
      <Button type="submit" busy={busy}>
        <Plus /> Add
      </Button>
    </form>
  )
}

/** Numbers that somebody has decided for the whole store: what is set, and a line to set another. */
export const LimitSection = <K extends string>(props: LimitSectionProps<K>) => (
  <Section title={props.title} hint={props.hint}>
    <Rows>
      {props.rows.length === 0 && <li className="px-4 py-3 text-sm text-faint">{props.otherwise}</li>}
      {props.rows.map((row) => (
        <Row key={`${row.kind} ${row.name} ${row.capacity}`} row={row} section={props} />
      ))}
      <li className="bg-sunken/60">
        <Add {...props} />
      </li>
    </Rows>
  </Section>
)
