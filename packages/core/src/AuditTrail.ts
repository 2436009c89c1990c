/** What is written down of each act. A store does it in the transaction of the act, so that neither is there alone. Pure. */
import type { AuditAction, AuditEntry } from "./AuditLog.ts"
import type { Grant } from "./Grant.ts"
import type { ControlChange, ControlRecord } from "./QueueControl.ts"
import { localScope, type Run } from "./Run.ts"
import type { RunSchedule } from "./RunSchedule.ts"

/** Who has done it, when, and why. */
export interface ActOf {
  readonly at: number
  readonly by: string
  readonly reason?: string
}

const why = (reason: string | undefined) => (reason === undefined ? {} : { reason })

const whatOf = (change: ControlChange): Pick<AuditEntry, "action" | "detail" | "subject"> => {
  switch (change.kind) {
    case "pause":
    case "resume":
      return { action: `queue.${change.kind}`, subject: change.provider ?? "queue", detail: {} }
    case "limits":
      return { action: "queue.limits", subject: "queue", detail: { limits: change.limits } }
    case "quotas":
      return { action: "queue.quotas", subject: "queue", detail: { quotas: change.quotas } }
    case "budget":
      return { action: "budget.set", subject: change.rule.id, detail: { rule: change.rule } }
    case "noBudget":
      return { action: "budget.removed", subject: change.id, detail: {} }
  }
}

/** Of a decision for the whole queue. */
export const entryOfDecision = ({ at, by, change, reason }: Omit<ControlRecord, "control">): AuditEntry => {
  const { detail, ...what } = whatOf(change)
  return { scope: localScope, at, actor: by, ...what, detail: { ...why(reason), ...detail } }
}

/** Of a change of how a run waits. */
export const entryOfPlace = (
  { id, scope }: Pick<Run, "id" | "scope">,
  change: AuditEntry["detail"],
  { at, by, reason }: ActOf,
): AuditEntry => ({
  scope,
  at,
  actor: by,
  action: "queue.run_changed",
  subject: id,
  detail: { ...change, ...why(reason) },
})

/** Of a schedule, as it is after the act, or was before it went. */
export const entryOfSchedule = (
  action: Extract<AuditAction, `schedule.${string}`>,
  { id, scope, times }: RunSchedule,
  { at, by, reason }: ActOf,
): AuditEntry => ({ scope, at, actor: by, action, subject: id, detail: { ...times, ...why(reason) } })

/** @param lasting whether it lasts longer than its program. */
export const entryOfGrant = (
  { at, by, expiresAt, id, mode, path, remote, scope }: Grant,
  lasting: boolean,
): AuditEntry => ({
  scope,
  at,
  actor: by,
  action: "grant.given",
  subject: path,
  detail: { id, mode, remote, lasting, ...(expiresAt === undefined ? {} : { expiresAt }) },
})

/** Of a grant that has ended. */
export const entryOfRevocation = ({ id, mode, path, revokedAt = 0, revokedBy = "", scope }: Grant): AuditEntry => ({
  scope,
  at: revokedAt,
  actor: revokedBy,
  action: "grant.revoked",
  subject: path,
  detail: { id, mode },
})
