import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Plus, Wallet } from "lucide-react"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { budgetsQuery } from "../api/operatorQueries.ts"
import type { BudgetReport, BudgetRule } from "../api/types.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { Dialog } from "../components/Dialog.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { toast } from "../components/Toast.tsx"
import { Rows, Section } from "../settings/Section.tsx"
import { BudgetBar } from "./BudgetBar.tsx"
import { BudgetDialog } from "./BudgetDialog.tsx"
import { limitText, sharedText } from "./budgetText.ts"

/** Accounts of one budget that are shown at first. */
const fewUses = 5

interface BudgetRowProps {
  readonly report: BudgetReport
  readonly onChange: () => void
  readonly onRemove: () => void
}

const BudgetRow = ({ onChange, onRemove, report }: BudgetRowProps) => {
  const { from, rule } = report
  const [all, setAll] = useState(false)
  const untouched = rule.scope === "all" ? [{ subject: [], spent: 0, aside: 0, unknown: 0 }] : []
  const uses = (report.uses.length === 0 ? untouched : report.uses).toSorted(
    (one, other) => other.spent + other.aside - one.spent - one.aside,
  )
  const shown = all ? uses : uses.slice(0, fewUses)
  return (
    <li className="px-4 py-3">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-2">
            <span className="font-medium break-all">{rule.id}</span>
            {from === "host" && <Badge>This server's settings</Badge>}
            {rule.unknown === "stop" && <Badge>Stops what is not known</Badge>}
          </div>
          <p className="text-xs text-soft">
            {limitText(rule)}. {sharedText(rule)}.
          </p>
        </div>
        {from === "store" && (
          <div className="-my-1.5 flex gap-1">
            <Button look="ghost" size="sm" onClick={onChange} aria-label={`Change ${rule.id}`}>
              Change
            </Button>
            <Button look="ghost" size="sm" onClick={onRemove} aria-label={`Remove ${rule.id}`}>
              Remove
            </Button>
          </div>
        )}
      </div>
      {uses.length === 0 && <p className="mt-1.5 text-xs text-faint">Nobody has used anything of it.</p>}
      {shown.map((use) => (
        <BudgetBar key={use.subject.join("/")} rule={rule} report={report} use={use} />
      ))}
      {uses.length > fewUses && (
        <Button look="ghost" size="sm" className="mt-1.5" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show fewer" : `Show all ${uses.length}`}
        </Button>
      )}
    </li>
  )
}

const RemoveBudget = ({ onClose, rule }: { readonly rule: BudgetRule | undefined; readonly onClose: () => void }) => {
  const api = useApi()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: (id: string) => api.budgets.remove({ params: { id } }),
    onSuccess: (_, id) => {
      void queries.invalidateQueries({ queryKey: ["budgets"] })
      toast(`The budget ${id} is gone`)
      close()
    },
  })
  const close = () => {
    remove.reset()
    onClose()
  }
  return (
    <Dialog
      open={rule !== undefined}
      onClose={close}
      title="Remove this budget"
      description={rule?.id}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => rule !== undefined && remove.mutate(rule.id)}>
            Remove
          </Button>
        </>
      }
    >
      <p className="text-sm text-soft">
        Runs are not stopped by it any more, unless the settings of a program have one of this name. What was used is
        remembered.
      </p>
      {remove.error !== null && <ErrorState className="mt-4" title="It was not removed" error={remove.error} />}
    </Dialog>
  )
}

/** What runs may use together, and how much of it is used. */
export const BudgetsPanel = () => {
  const { data, error, refetch } = useQuery(budgetsQuery(useApi()))
  const [editing, setEditing] = useState<BudgetRule | "new">()
  const [removing, setRemoving] = useState<BudgetRule>()
  const add = (
    <Button size="sm" onClick={() => setEditing("new")}>
      <Plus aria-hidden="true" />
      Set a budget
    </Button>
  )
  return (
    <Section
      title="Budgets"
      hint={
        <>
          Used up, it stops the runs that share it, in every program. How many run and wait:{" "}
          <Link to="/queue" search={{ tab: "limits" }} className="text-text underline underline-offset-3">
            limits and quotas
          </Link>
          .
        </>
      }
      actions={data === undefined || data.length === 0 ? undefined : add}
    >
      {data === undefined && error === null && <SkeletonLines lines={3} />}
      {error !== null && (
        <ErrorState title="The budgets could not be loaded" error={error} onRetry={() => void refetch()} />
      )}
      {data?.length === 0 && (
        <EmptyState
          icon={Wallet}
          title="No budget is set"
          className="rounded-lg border border-dashed py-8"
          actions={add}
        >
          Runs use what each of their requests allows, and nothing holds them together.
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <Rows>
          {data.map((report) => (
            <BudgetRow
              key={report.rule.id}
              report={report}
              onChange={() => setEditing(report.rule)}
              onRemove={() => setRemoving(report.rule)}
            />
          ))}
        </Rows>
      )}
      <BudgetDialog editing={editing} onClose={() => setEditing(undefined)} />
      <RemoveBudget rule={removing} onClose={() => setRemoving(undefined)} />
    </Section>
  )
}
