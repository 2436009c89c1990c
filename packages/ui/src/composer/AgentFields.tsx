import type { Diagnosis, Playground, Policy } from "../api/types.ts"
import { describedBy, Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { Select, type SelectItem } from "../components/Select.tsx"
import type { Draft } from "./draft.ts"
import { permissionItems, sandboxItems } from "./modeItems.ts"
import { optionsIn } from "./playground.ts"
import type { FieldProblems } from "./requestOf.ts"

const providerItem = ({ auth, error, name, profile, provider }: Diagnosis): SelectItem<string> => {
  if (error !== undefined) return { value: provider, label: name, hint: error.message }
  const version = profile?.version ?? undefined
  const hint =
    profile?.status === "blocked" || profile?.status === "degraded"
      ? profile.message
      : auth?.state === "missing"
        ? auth.message
        : version
  return { value: provider, label: name, ...(hint === undefined ? {} : { hint }) }
}

interface AgentFieldsProps {
  readonly draft: Draft
  readonly change: (change: Partial<Draft>) => void
  readonly diagnoses: ReadonlyArray<Diagnosis>
  readonly policy: Policy | undefined
  readonly problems: FieldProblems
  readonly playground: Playground | undefined
}

/** Who does the work, and what it may do without asking. */
export const AgentFields = ({ change, diagnoses, draft, playground, policy, problems }: AgentFieldsProps) => {
  const { model, permissionMode, provider, sandbox } = problems
  const providers = diagnoses.map(providerItem)
  const items = providers.some(({ value }) => value === draft.provider)
    ? providers
    : [{ value: draft.provider, label: draft.provider || "Choose" }, ...providers]
  return (
    // As wide as it may be: the panel of a schedule is narrower than a page.
    <div className="@container">
      <div className="grid grid-cols-2 gap-3 @2xl:grid-cols-4">
        <Field id="provider" label="Agent" problem={provider}>
          <Select
            id="provider"
            items={items}
            value={draft.provider}
            invalid={provider !== undefined}
            describedBy={describedBy("provider", { problem: provider })}
            // What one provider calls its options and models means nothing to another.
            onChange={(next) => change({ provider: next, options: optionsIn(playground, draft.cwd, next), model: "" })}
          />
        </Field>
        <Field id="model" label="Model" problem={model}>
          <Input
            id="model"
            value={draft.model}
            onChange={(event) => change({ model: event.target.value })}
            placeholder="Default"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={model !== undefined || undefined}
            aria-describedby={describedBy("model", { problem: model })}
          />
        </Field>
        <Field id="permissionMode" label="Permissions" problem={permissionMode}>
          <Select
            id="permissionMode"
            items={permissionItems(policy)}
            value={draft.permissionMode}
            invalid={permissionMode !== undefined}
            describedBy={describedBy("permissionMode", { problem: permissionMode })}
            onChange={(mode) => change({ permissionMode: mode })}
          />
        </Field>
        <Field id="sandbox" label="Sandbox" problem={sandbox}>
          <Select
            id="sandbox"
            items={sandboxItems(policy).map((item) =>
              item.value === "none" ? { ...item, label: "By the mode" } : item,
            )}
            value={draft.sandbox === "" ? "none" : draft.sandbox}
            invalid={sandbox !== undefined}
            describedBy={describedBy("sandbox", { problem: sandbox })}
            onChange={(mode) => change({ sandbox: mode === "none" ? "" : mode })}
          />
        </Field>
      </div>
    </div>
  )
}
