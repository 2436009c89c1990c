/** Every service that a store provides. */
import type { AuditLog } from "./AuditLog.ts"
import type { Breakers } from "./Breakers.ts"
import type { EventLog } from "./EventLog.ts"
import type { Grants } from "./Grants.ts"
import type { PromptSeal } from "./PromptSeal.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { RunStore } from "./RunStore.ts"
import type { Schedules } from "./Schedules.ts"
import type { UsageLedger } from "./UsageLedger.ts"

export type StoreServices =
  | AuditLog
  | Breakers
  | EventLog
  | Grants
  | PromptSeal
  | RunQueue
  | RunStore
  | Schedules
  | UsageLedger
