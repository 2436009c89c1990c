/** What travels between the page and the server, as it is encoded. */
import type {
  Admission as AdmissionSchema,
  AuditRecord as AuditRecordSchema,
  Budget,
  BudgetReport as BudgetReportSchema,
  ErrorInfo as ErrorInfoSchema,
  GrantRequest,
  LedgerSum as LedgerSumSchema,
  Grant as GrantSchema,
  LedgerEntry as LedgerEntrySchema,
  PolicyExplanation as PolicyExplanationSchema,
  QueueControl as QueueControlSchema,
  ControlRecord as ControlRecordSchema,
  ControlChange as ControlChangeSchema,
  QueueListing as QueueListingSchema,
  Run as RunSchema,
  EncodedRunEvent,
  RunExplanation as RunExplanationSchema,
  RunRequest as RunRequestSchema,
  RunSchedule as RunScheduleSchema,
} from "@runyard/core"
import type { ClientAnswer, ProblemBody } from "@runyard/http/client"

export type Run = typeof RunSchema.Encoded
export type RunState = Run["state"]
export type RunRequest = typeof RunRequestSchema.Encoded
export type RunEvent = EncodedRunEvent
export type RunExplanation = typeof RunExplanationSchema.Encoded
export type Admission = typeof AdmissionSchema.Encoded
export type Grant = typeof GrantSchema.Encoded
export type GrantMode = Grant["mode"]
export type QueueListing = typeof QueueListingSchema.Encoded
export type QueuedRun = QueueListing["runs"][number]
export type QueueControl = typeof QueueControlSchema.Encoded
export type ControlChange = typeof ControlChangeSchema.Encoded
export type ControlRecord = typeof ControlRecordSchema.Encoded
export type LedgerEntry = typeof LedgerEntrySchema.Encoded
export type Policy = typeof PolicyExplanationSchema.Encoded
export type UsageSum = typeof LedgerSumSchema.Encoded
export type Schedule = typeof RunScheduleSchema.Encoded
export type BudgetReport = typeof BudgetReportSchema.Encoded
export type BudgetRule = typeof Budget.StoredBudgetRule.Encoded
export type AuditRecord = typeof AuditRecordSchema.Encoded
export type ErrorInfo = typeof ErrorInfoSchema.Encoded

/** An agent and what is known of it. */
export type Diagnosis = ClientAnswer<"capabilities", "list">["diagnoses"][number]
/** What a path is, before it is granted. */
export type Look = ClientAnswer<"grants", "look">
export type NewGrant = typeof GrantRequest.Encoded
export type ServerSettings = ClientAnswer<"system", "settings">
export type Playground = NonNullable<ServerSettings["playground"]>
export type Session = ClientAnswer<"session", "get">
export type Problem = ProblemBody
export type Check = ClientAnswer<"runs", "check">
