/**
 * All that handlers get of core, each as the sender of the request may see it. Nothing else of core is within their reach,
 * so that a route cannot forget whose data it shows.
 */
import { AuditLog, EventLog, GrantDesk, Grants, PolicyDesk, RunStore, Runyard, UsageLedger } from "@runyard/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ServerStatus } from "../ServerStatus.ts"
import { runTenants } from "./runTenants.ts"
import {
  tenantAudit,
  tenantGrantDesk,
  tenantGrants,
  tenantLedger,
  tenantPolicyDesk,
  tenantStatus,
} from "./tenantBooks.ts"
import { tenantLog } from "./tenantLog.ts"
import { tenantYard } from "./tenantYard.ts"

export type TenantServices =
  | AuditLog
  | EventLog
  | GrantDesk
  | Grants
  | PolicyDesk
  | Runyard
  | ServerStatus
  | UsageLedger

export const layerTenants: Layer.Layer<TenantServices, never, TenantServices | RunStore> = Layer.effectContext(
  Effect.gen(function* () {
    const tenants = runTenants(yield* RunStore)
    const desk = yield* GrantDesk
    return Context.make(Runyard, tenantYard(yield* Runyard, tenants)).pipe(
      Context.add(EventLog, tenantLog(yield* EventLog, tenants)),
      Context.add(UsageLedger, tenantLedger(yield* UsageLedger)),
      Context.add(AuditLog, tenantAudit(yield* AuditLog)),
      Context.add(Grants, tenantGrants(yield* Grants)),
      Context.add(GrantDesk, tenantGrantDesk(desk)),
      Context.add(PolicyDesk, tenantPolicyDesk(yield* PolicyDesk, desk)),
      Context.add(ServerStatus, tenantStatus(yield* ServerStatus)),
    )
  }),
)
