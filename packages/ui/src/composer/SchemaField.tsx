import type { Said } from "../api/ApiProblem.ts"
import { Button } from "../components/Button.tsx"
import { describedBy, Field } from "../components/Field.tsx"
import { Textarea } from "../components/Input.tsx"

const example = JSON.stringify(
  {
    type: "object",
    properties: { summary: { type: "string" }, files: { type: "array", items: { type: "string" } } },
    required: ["summary"],
    additionalProperties: false,
  },
  undefined,
  2,
)

const indented = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

interface SchemaFieldProps {
  readonly value: string
  readonly onChange: (schema: string) => void
  readonly problem: Said | undefined
}

export const SchemaField = ({ onChange, problem, value }: SchemaFieldProps) => (
  <Field
    id="outputSchema"
    label="JSON Schema"
    hint="The agent's last answer must satisfy it. Runyard checks that, whatever the agent does."
    problem={problem}
    aside={
      <Button
        look="ghost"
        size="sm"
        className="-my-1.5 h-6"
        onClick={() => onChange(value.trim() === "" ? example : indented(value))}
      >
        {value.trim() === "" ? "Begin with an example" : "Indent"}
      </Button>
    }
  >
    <Textarea
      id="outputSchema"
      rows={value === "" ? 3 : 10}
      value={value}
      placeholder='{ "type": "object" }'
      spellCheck={false}
      className="scroll-slim font-mono text-xs"
      aria-invalid={problem !== undefined || undefined}
      aria-describedby={describedBy("outputSchema", { hint: "", problem })}
      onChange={(event) => onChange(event.target.value)}
    />
  </Field>
)
