import { useQuery } from "@tanstack/react-query"
import { useApi } from "../api/ApiContext.tsx"
import { said } from "../api/ApiProblem.ts"
import { previewQuery } from "../api/operatorQueries.ts"
import { Button } from "../components/Button.tsx"
import { describedBy, Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { useSettled } from "../composer/useSettled.ts"
import { presets } from "./scheduleText.ts"
import { TimeList } from "./TimeList.tsx"
import { localZone } from "./zonedTime.ts"

interface TimesFieldProps {
  readonly expression: string
  readonly timeZone: string
  readonly onChange: (change: { readonly expression?: string; readonly timeZone?: string }) => void
  /** Whether somebody wanted to save it without an expression. */
  readonly missing: boolean
}

/** A cron expression with its zone, and what the server makes of them while they are typed. */
export const TimesField = ({ expression, missing, onChange, timeZone }: TimesFieldProps) => {
  const typed = { expression: expression.trim(), timeZone: timeZone.trim() }
  const { settled, value } = useSettled(typed, JSON.stringify(typed))
  const preview = useQuery(previewQuery(useApi(), value.expression, value.timeZone))
  const empty = typed.expression === ""
  const problem =
    empty && missing
      ? { message: "Say when it is to run." }
      : settled && !empty && preview.error !== null
        ? said(preview.error)
        : undefined
  const hint = "Minute, hour, day, month, weekday; six fields begin with seconds."
  const zone = typed.timeZone === "" ? "UTC" : typed.timeZone
  return (
    <div className="flex flex-col gap-3">
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field id="expression" label="Cron expression" hint={hint} problem={problem}>
          <Input
            id="expression"
            value={expression}
            onChange={({ target }) => onChange({ expression: target.value })}
            placeholder="0 3 * * 1-5"
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={describedBy("expression", { hint, problem })}
          />
        </Field>
        <Field id="timeZone" label="Time zone" hint={`This browser is in ${localZone}.`}>
          <Input
            id="timeZone"
            value={timeZone}
            onChange={({ target }) => onChange({ timeZone: target.value })}
            placeholder="UTC"
            maxLength={60}
            autoComplete="off"
            spellCheck={false}
            aria-describedby={describedBy("timeZone", { hint: true, problem: undefined })}
          />
        </Field>
      </div>
      <div className="flex flex-wrap gap-1.5" role="group" aria-label="Usual times">
        {presets.map((preset) => (
          <Button key={preset.label} size="sm" onClick={() => onChange({ expression: preset.expression })}>
            {preset.label}
          </Button>
        ))}
      </div>
      {!empty && problem === undefined && (
        <div className="rounded-md border bg-sunken px-3 py-2" role="status" aria-busy={!settled || undefined}>
          <h3 className="mb-1 text-xs font-medium text-soft">Next 5 times</h3>
          {preview.data === undefined ? (
            <SkeletonLines lines={5} />
          ) : (
            <TimeList times={preview.data} timeZone={zone} label="Next times" />
          )}
        </div>
      )}
    </div>
  )
}
