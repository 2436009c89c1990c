import { Link } from "@tanstack/react-router"
import type { ControlChange, QueueControl } from "../api/types.ts"
import { toast } from "../components/Toast.tsx"
import { LimitSection } from "./LimitSection.tsx"
import { limitChange, limitKinds, limitRows, quotaChange, quotaKinds, quotaRows } from "./limitRows.ts"
import type { useQueueActions } from "./useQueueActions.ts"

interface LimitsPanelProps {
  readonly control: QueueControl
  readonly actions: ReturnType<typeof useQueueActions>
}

/** How much may run at once and wait, where somebody has decided it; hosts' settings hold for the rest. */
export const LimitsPanel = ({ actions: { decide }, control }: LimitsPanelProps) => {
  const busy = decide.isPending && (decide.variables.kind === "limits" || decide.variables.kind === "quotas")
  const set = (change: ControlChange, isRemoval: boolean, done?: () => void) =>
    decide.mutate(change, {
      onSuccess: () => {
        done?.()
        toast(isRemoval ? "As each program's settings say again" : "It holds now")
      },
    })
  return (
    <div className="mx-auto w-full max-w-3xl px-5 py-6 max-sm:px-4">
      <LimitSection
        title="Running at once"
        hint="Holds for every program that executes runs of this store. 0 starts nothing; what runs is finished."
        otherwise="Every program goes by its own settings: usually two runs at once, one for each agent."
        noun="limit"
        unit="At once"
        kinds={limitKinds}
        rows={limitRows(control)}
        busy={busy}
        onSet={(kind, name, capacity, done) => set(limitChange(kind, name, capacity), capacity === null, done)}
      />
      <LimitSection
        title="Waiting in the queue"
        hint="A run above its quota is refused, with QUEUE_QUOTA. What waits already goes on waiting."
        otherwise="No quota is set here: every program goes by its own settings."
        noun="quota"
        unit="Waiting"
        kinds={quotaKinds}
        rows={quotaRows(control)}
        busy={busy}
        onSet={(kind, name, most, done) => set(quotaChange(kind, name, most), most === null, done)}
      />
      <p className="mt-5 text-xs text-soft">
        What runs may cost together is set by{" "}
        <Link to="/usage" className="text-text underline underline-offset-3">
          budgets
        </Link>
        .
      </p>
    </div>
  )
}
