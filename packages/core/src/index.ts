/** Runyard's library: the everyday names. Node layers are in `@runyard/core/node`, suites and fakes in `@runyard/core/testing`. */
export { AuthStatus, CapabilityProfile } from "./Adapter.ts"
export type {
  Adapter,
  AdapterPolicy,
  Decoded,
  Invocation,
  Ladder,
  LadderStep,
  ModeFlags,
  ModeTable,
  OutputFormat,
  PrepareContext,
  ProbeOutput,
  Protocol,
  ProtocolRequest,
  SessionCommand,
  VendorLine,
  Verdict,
} from "./Adapter.ts"
export { Admission, RunCheck } from "./Admission.ts"
export { AdapterRegistry } from "./AdapterRegistry.ts"
export { PermissionMode, SandboxMode } from "./AgentMode.ts"
export { agentPayloads, FileChange, ToolKind } from "./AgentEvent.ts"
export type { AgentEvent, AgentEventType, MessageDelta } from "./AgentEvent.ts"
export { audit, AuditAction, AuditEntry, AuditLog, AuditRecord } from "./AuditLog.ts"
export type { AuditFilter } from "./AuditLog.ts"
export { Capabilities, Diagnosis } from "./Capabilities.ts"
export type { Installation } from "./Capabilities.ts"
export { builtIn, effectivePolicy, ruleFlag, rulePermissionMode, ruleSandboxMode, thisHost } from "./EffectivePolicy.ts"
export type { Bound, EffectivePolicy, HostRules, LimitName, Ruling } from "./EffectivePolicy.ts"
export { cliRuleNames } from "./CliRules.ts"
export type { CliRuleName, CliRules, Enforcement, Enforcements, Sourced } from "./CliRules.ts"
export { enforcedHere, enforcementsOf, unenforcedRules } from "./Enforcement.ts"
export type { Unenforced } from "./Enforcement.ts"
export { ErrorClass, ErrorCode, errorTable } from "./ErrorCode.ts"
export { describeValue, FlagShape } from "./FlagValue.ts"
export type { FlagValue } from "./FlagValue.ts"
export { EventLog } from "./EventLog.ts"
export type { Page, RunPage, TailOptions } from "./EventLog.ts"
export { Grant, GrantId, GrantMode, GrantPlace, GrantRequest, isWithin, NewGrant } from "./Grant.ts"
export type { Need } from "./Grant.ts"
export { GrantDesk } from "./GrantDesk.ts"
export { Grants } from "./Grants.ts"
export type { GrantFilter, Revocation } from "./Grants.ts"
export { defaultSettings, HostSettings } from "./HostSettings.ts"
export type { Concurrency, PromptSecrets } from "./HostSettings.ts"
export { defaultTimeLimits, TimeLimits } from "./TimeLimits.ts"
export { InputIssue, inputIssues } from "./InputIssue.ts"
export { LiveFrame, LiveView } from "./LiveView.ts"
export * as MemoryStore from "./MemoryStore.ts"
export { ContainmentReport, ProcessHost } from "./ProcessHost.ts"
export type { Leftover, ProcessCommand, ProcessHandle } from "./ProcessHost.ts"
export { PromptSeal } from "./PromptSeal.ts"
export { decideFlag, decideUse, readCommandLine } from "./Policy.ts"
export type { CommandLine, Decided, FlagDecision, FlagRule, FlagRules, UsedFlag } from "./Policy.ts"
export { readPolicy } from "./PolicyLayer.ts"
export type { PolicyLayer } from "./PolicyLayer.ts"
export { PolicyDesk } from "./PolicyDesk.ts"
export { explainPolicy, PolicyExplanation } from "./PolicyExplanation.ts"
export { PolicyDocument, PolicyRules } from "./PolicyRules.ts"
export { readRecording } from "./Recording.ts"
export type { Recording, RecordingReport } from "./Recording.ts"
export type { RecoveryReport } from "./Recovery.ts"
export { Redactor } from "./Redactor.ts"
export type { Redacted, RedactedLine, RedactionLines, RedactionSession, RedactionStream } from "./RedactionSession.ts"
export type { RedactionRule } from "./RedactionRule.ts"
export {
  Attempt,
  Containment,
  HostIdentity,
  isOfTenant,
  isSameScope,
  isTerminal,
  localScope,
  nobody,
  ProcessExit,
  ProcessIdentity,
  ProcessRecord,
  ProviderId,
  RecoveryChoice,
  Run,
  RunBudget,
  RunId,
  RunLimits,
  RunRequest,
  RunState,
  Scope,
  SessionRequest,
  Tenant,
  terminalStates,
} from "./Run.ts"
export {
  Correlation,
  EndEvidence,
  EventChannel,
  eventTypes,
  isSettlingEvent,
  isTerminalEvent,
  payloads,
  RedactionCount,
  redactionsByRule,
  RunEvent,
  Severity,
  StoredEvent,
} from "./RunEvent.ts"
export type { EncodedRunEvent, EventDraft, EventType, Payloads } from "./RunEvent.ts"
export { BudgetState, instantText, RunExplanation, spanText, WaitReason } from "./RunExplanation.ts"
export { RunStore } from "./RunStore.ts"
export type { CancelRequest, RunFilter, StoreTotals } from "./RunStore.ts"
export * as RunTransition from "./RunTransition.ts"
export { redactError } from "./internal/redactError.ts"
export { ErrorInfo, errorInfo, RunyardError, runyardError } from "./RunyardError.ts"
export { Runner } from "./Runner.ts"
export { PlaceChange, runsLeft, Runyard } from "./Runyard.ts"
export type { Actor, BudgetDesk, ExplainOptions, QueueDesk, ScheduleDesk, ShutdownReport } from "./Runyard.ts"
export { Fire, Firing, FiringKey, NewSchedule, OverlapPolicy, RunSchedule, ScheduleId } from "./RunSchedule.ts"
export { ScheduleEdit } from "./ScheduleEdit.ts"
export { Schedules } from "./Schedules.ts"
export type { Taken } from "./Schedules.ts"
export { nameOf, referenceTo, SecretName, SecretReference } from "./SecretReference.ts"
export { SecretStore } from "./SecretStore.ts"
export type { SecretEntry, SecretPlace, SecretStoreReport } from "./SecretStore.ts"
export type { StoreServices } from "./StoreServices.ts"
export { StructuredOutput } from "./StructuredOutput.ts"
export { ToolName, toolOf, ToolRule } from "./ToolRule.ts"
export { Cost, totalInputTokens, Usage } from "./Usage.ts"
export { joinSource } from "./SourceLine.ts"
export { LineSource, splitSource } from "./VendorLine.ts"
export type { OutputStream } from "./VendorLine.ts"
export { Workspace } from "./Workspace.ts"
export { userRules } from "./UserRules.ts"
export type { HeldDirectory, Mount } from "./Workspace.ts"
export { FairQueue } from "./FairQueue.ts"
export type { Blocker, Explanation, FairClock, FairClockEntry, FairRows, JobChange } from "./FairQueue.ts"
export { defaultFairSettings, FairSettings } from "./FairSettings.ts"
export { FairWeights } from "./FairWeights.ts"
export { defaultLimits, Limits } from "./Limits.ts"
export type { LimiterKind } from "./Limits.ts"
export { defaultPrioritySettings, Priority, PrioritySettings } from "./Priority.ts"
export { ControlChange, ControlRecord, LimitOverrides, openControl, QueueControl } from "./QueueControl.ts"
export { QuotaChange, Quotas } from "./QueueQuota.ts"
export type { QueueRoom } from "./QueueQuota.ts"
export { QueuedRun, QueueListing } from "./QueueListing.ts"
export { QueueJob } from "./QueueJob.ts"
export * as Budget from "./Budget.ts"
export { BudgetReport, BudgetUse, reportFor } from "./BudgetReport.ts"
export * as BudgetAccount from "./BudgetAccount.ts"
export { Breaker, Breakers } from "./Breakers.ts"
export * as CircuitBreaker from "./CircuitBreaker.ts"
export { IdempotencyKey } from "./IdempotencyKey.ts"
export { CronSchedule, MissedPolicy, nextRuns, readSchedule, timesAfter } from "./CronSchedule.ts"
export type { DueRuns, ReadSchedule } from "./CronSchedule.ts"
export * as Idempotency from "./Idempotency.ts"
export { formatMoney, fromUsd, NanoUsd, toUsd } from "./Money.ts"
export { defaultPriceTable, ModelPrice, withPrices } from "./PriceTable.ts"
export type { PriceTable } from "./PriceTable.ts"
export { readResetClock, ResetClock, resetInstant } from "./ResetClock.ts"
export { AttemptRetry, RetryChoice, RetryNote } from "./RetryChoice.ts"
export { decideRetry, defaultRetryPolicy, RetryReason } from "./RetryPolicy.ts"
export type { RetryDecision, RetryPolicy, RetryQuestion } from "./RetryPolicy.ts"
export * as SideEffects from "./SideEffects.ts"
export { TokenCount, totalTokens } from "./TokenCount.ts"
export { LedgerEntry, LedgerGrouping, LedgerSum, summarize } from "./LedgerEntry.ts"
export { UsageLedger } from "./UsageLedger.ts"
export type { BudgetBook, LedgerFilter } from "./UsageLedger.ts"
export * as UsageMeter from "./UsageMeter.ts"
export { limitReset } from "./UsageLimit.ts"
export type { QueueEntry } from "./QueueEntry.ts"
export { RunQueue } from "./RunQueue.ts"
export type { HostBeat, QueueChanges } from "./RunQueue.ts"
