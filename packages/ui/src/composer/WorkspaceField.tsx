import { Autocomplete } from "@base-ui/react/autocomplete"
import { useQuery } from "@tanstack/react-query"
import { FolderPlus } from "lucide-react"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import type { Said } from "../api/ApiProblem.ts"
import { grantsQuery } from "../api/queries.ts"
import { Button } from "../components/Button.tsx"
import { cn } from "../components/cn.ts"
import { describedBy, Field } from "../components/Field.tsx"
import { inputStyle } from "../components/Input.tsx"
import { GrantDialog } from "../grants/GrantDialog.tsx"

interface WorkspaceFieldProps {
  readonly value: string
  readonly onChange: (cwd: string) => void
  readonly problem: Said | undefined
}

/** The directory that the agent works in: one that is granted, or one that becomes so. */
export const WorkspaceField = ({ onChange, problem, value }: WorkspaceFieldProps) => {
  const grants = useQuery(grantsQuery(useApi()))
  const [dialog, setDialog] = useState<string>()
  const [open, setOpen] = useState(false)
  const paths = [...new Set((grants.data ?? []).map(({ path }) => path))]
  // A list that is empty, or offers what is there already, helps nobody, and keeps readers of the screen from the rest of the page.
  const fits = paths.some((path) => path !== value.trim() && path.toLowerCase().includes(value.trim().toLowerCase()))
  const ungranted = problem?.code === "POLICY_NO_GRANT"
  const id = "cwd"
  return (
    <Field
      id={id}
      label="Workspace"
      problem={problem}
      aside={
        <Button look="ghost" size="sm" className="-my-2.5 -mr-2.5" onClick={() => setDialog("")}>
          <FolderPlus aria-hidden="true" />
          Grant another
        </Button>
      }
    >
      <div className="flex gap-2">
        <Autocomplete.Root
          items={paths}
          value={value}
          onValueChange={(next, { reason }) => {
            // Escape closes the list. What was typed stays.
            if (reason !== "escape-key") onChange(next)
          }}
          open={open && fits}
          onOpenChange={setOpen}
          openOnInputClick
        >
          <Autocomplete.Input
            id={id}
            placeholder="/home/you/project"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={describedBy(id, { problem })}
            className={cn(inputStyle, "h-8 font-mono max-sm:h-10")}
          />
          <Autocomplete.Portal>
            <Autocomplete.Positioner sideOffset={4} className="z-40 outline-none">
              <Autocomplete.Popup className="scroll-slim max-h-64 w-(--anchor-width) overflow-y-auto rounded-lg bg-surface shadow-over data-empty:hidden">
                <Autocomplete.List className="p-1 data-empty:p-0">
                  {(path: string) => (
                    <Autocomplete.Item
                      key={path}
                      value={path}
                      className="cursor-default truncate rounded-md px-2 py-1.5 font-mono text-sm select-none data-highlighted:bg-hover max-sm:py-2.5"
                    >
                      {path}
                    </Autocomplete.Item>
                  )}
                </Autocomplete.List>
              </Autocomplete.Popup>
            </Autocomplete.Positioner>
          </Autocomplete.Portal>
        </Autocomplete.Root>
        {ungranted && (
          <Button look="solid" className="max-sm:h-10" onClick={() => setDialog(value.trim())}>
            Grant…
          </Button>
        )}
      </div>
      <GrantDialog
        open={dialog !== undefined}
        path={dialog ?? ""}
        onClose={() => setDialog(undefined)}
        // The button that has opened it is gone by then.
        finalFocus={() => document.getElementById(id)}
        onGranted={({ path }) => {
          onChange(path)
          setOpen(false)
        }}
      />
    </Field>
  )
}
