/** The modes that can be chosen, with what the policy says of each. Pure. */
import type { Policy } from "../api/types.ts"
import type { SelectItem } from "../components/Select.tsx"

const labels: Readonly<Record<string, string>> = {
  default: "Default",
  plan: "Plan only",
  acceptEdits: "Accept edits",
  bypassPermissions: "Bypass permissions",
  dontAsk: "Don't ask",
  none: "None",
  "read-only": "Read only",
  "workspace-write": "Write in workspace",
  "danger-full-access": "Full access",
}

export const modeLabel = (mode: string): string => labels[mode] ?? mode

const anyMode = ["default", "plan", "acceptEdits", "bypassPermissions", "dontAsk"]
const anySandbox = ["none", "read-only", "workspace-write", "danger-full-access"]

type Ruled = Policy["permissionModes"][number]

const itemOf = (each: Ruled, advanced: boolean): SelectItem<string> => {
  const { decision, mode, note, reason, source } = each
  const by = source === "built in" || source === "this host" ? "" : ` (${source})`
  if (decision === "allowed")
    return { value: mode, label: modeLabel(mode), ...(note === undefined ? {} : { hint: note }) }
  if (decision === "denied")
    return { value: mode, label: modeLabel(mode), hint: `Denied: ${reason}${by}`, disabled: true }
  const hint = advanced ? `Advanced: ${reason}` : `Advanced, and this host does not allow it: ${reason}`
  return { value: mode, label: modeLabel(mode), hint, disabled: !advanced }
}

const itemsOf = (modes: ReadonlyArray<Ruled> | undefined, known: ReadonlyArray<string>, advanced: boolean) =>
  modes === undefined
    ? known.map((mode): SelectItem<string> => ({ value: mode, label: modeLabel(mode) }))
    : modes.map((each) => itemOf(each, advanced))

/** Without a policy: all that there are, and the server says what it thinks of the one that is chosen. */
export const permissionItems = (policy: Policy | undefined): ReadonlyArray<SelectItem<string>> =>
  itemsOf(policy?.permissionModes, anyMode, policy?.advanced.value ?? false)

export const sandboxItems = (policy: Policy | undefined): ReadonlyArray<SelectItem<string>> =>
  itemsOf(policy?.sandboxModes, anySandbox, policy?.advanced.value ?? false)
