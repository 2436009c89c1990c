/** What else a store holds, as the sender of a request sees it: the ledger, the audit log, and where agents may work. */
import { AuditLog, GrantDesk, Grants, PolicyDesk, runyardError, UsageLedger } from "@runyard/core"
import * as Effect from "effect/Effect"
import { ServerStatus } from "../ServerStatus.ts"
import { byTenant, forAllAlone, homeOf, notForRequests } from "./caller.ts"

export const tenantLedger = (ledger: UsageLedger["Service"]): UsageLedger["Service"] =>
  UsageLedger.of({
    entries: (filter, limit) =>
      byTenant(ledger.entries(filter, limit), (tenant) => ledger.entries({ ...filter, ...tenant }, limit)),
    sums: (by, filter, timeZone) =>
      byTenant(ledger.sums(by, filter, timeZone), (tenant) => ledger.sums(by, { ...filter, ...tenant }, timeZone)),
    books: () => notForRequests,
    accounts: () => notForRequests,
  })

export const tenantAudit = (log: AuditLog["Service"]): AuditLog["Service"] =>
  AuditLog.of({
    record: () => notForRequests,
    list: (filter) => byTenant(log.list(filter), (tenant) => log.list({ ...filter, tenant })),
  })

export const tenantGrants = (grants: Grants["Service"]): Grants["Service"] =>
  Grants.of({
    add: () => notForRequests,
    list: (filter) => byTenant(grants.list(filter), (tenant) => grants.list({ ...filter, scope: homeOf(tenant) })),
    revoke: () => notForRequests,
    covering: () => notForRequests,
    revocations: notForRequests,
  })

export const tenantGrantDesk = (desk: GrantDesk["Service"]): GrantDesk["Service"] =>
  GrantDesk.of({
    add: (request, by, options) =>
      byTenant(desk.add(request, by, options), (tenant) =>
        desk.add(request, by, { ...options, scope: homeOf(tenant) }),
      ),
    look: (path, scope) => byTenant(desk.look(path, scope), (tenant) => desk.look(path, homeOf(tenant))),
  })

/** Of a project whose policies a tenant asks for, it may know that it is there. */
export const tenantPolicyDesk = (desk: PolicyDesk["Service"], grants: GrantDesk["Service"]): PolicyDesk["Service"] =>
  PolicyDesk.of({
    explain: (provider, options) =>
      byTenant(
        desk.explain(provider, options),
        Effect.fnUntraced(function* (tenant) {
          const { cwd } = options ?? {}
          const place = cwd === undefined ? undefined : yield* grants.look(cwd, homeOf(tenant))
          if (place !== undefined && place.granted === undefined) {
            return yield* runyardError("POLICY_NO_GRANT", { detail: { field: "cwd", path: place.path } })
          }
          return yield* desk.explain(provider, options)
        }),
      ),
  })

export const tenantStatus = (status: ServerStatus["Service"]): ServerStatus["Service"] =>
  ServerStatus.of({ ...status, metrics: forAllAlone(status.metrics) })
