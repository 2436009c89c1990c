/** Runyard's library: the everyday names. Node layers are in `@runyard/core/node`, suites and fakes in `@runyard/core/testing`. */
export type {
  Adapter,
  AdapterPolicy,
  AuthStatus,
  CapabilityProfile,
  Decoded,
  Invocation,
  Ladder,
  LadderStep,
  OutputFormat,
  PrepareContext,
  ProbeOutput,
  Protocol,
  ProtocolRequest,
  SessionCommand,
  VendorLine,
  Verdict,
} from "./Adapter.ts"
export { AdapterRegistry } from "./AdapterRegistry.ts"
export { agentPayloads, FileChange, ToolKind } from "./AgentEvent.ts"
export type { AgentEvent, AgentEventType, MessageDelta } from "./AgentEvent.ts"
export { Capabilities } from "./Capabilities.ts"
export type { Diagnosis, Installation } from "./Capabilities.ts"
export { ErrorClass, ErrorCode, errorTable } from "./ErrorCode.ts"
export { EventLog } from "./EventLog.ts"
export type { Page, TailOptions } from "./EventLog.ts"
export { defaultSettings, HostSettings } from "./HostSettings.ts"
export type { PromptSecrets } from "./HostSettings.ts"
export { defaultTimeLimits, type TimeLimits } from "./TimeLimits.ts"
export { LiveView } from "./LiveView.ts"
export type { LiveFrame } from "./LiveView.ts"
export * as MemoryStore from "./MemoryStore.ts"
export { ProcessHost } from "./ProcessHost.ts"
export type { ContainmentReport, Leftover, ProcessCommand, ProcessHandle } from "./ProcessHost.ts"
export { PromptSeal } from "./PromptSeal.ts"
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
  isTerminal,
  localScope,
  nobody,
  PermissionMode,
  ProcessExit,
  ProcessIdentity,
  ProcessRecord,
  ProviderId,
  RecoveryChoice,
  Run,
  RunId,
  RunLimits,
  RunRequest,
  RunState,
  SandboxMode,
  Scope,
  SessionRequest,
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
} from "./RunEvent.ts"
export type { EventDraft, EventType, Payloads, StoredEvent } from "./RunEvent.ts"
export { RunStore } from "./RunStore.ts"
export type { CancelRequest, RunFilter } from "./RunStore.ts"
export * as RunTransition from "./RunTransition.ts"
export { redactError } from "./internal/redactError.ts"
export { ErrorInfo, errorInfo, RunyardError, runyardError } from "./RunyardError.ts"
export { Runner } from "./Runner.ts"
export { runsLeft, Runyard } from "./Runyard.ts"
export type { ShutdownReport } from "./Runyard.ts"
export { nameOf, referenceTo, SecretName, SecretReference } from "./SecretReference.ts"
export { SecretStore } from "./SecretStore.ts"
export type { SecretEntry, SecretPlace, SecretStoreReport } from "./SecretStore.ts"
export { StructuredOutput } from "./StructuredOutput.ts"
export { Cost, totalInputTokens, Usage } from "./Usage.ts"
export { joinSource, LineSource, splitSource } from "./VendorLine.ts"
export type { OutputStream } from "./VendorLine.ts"
export { Workspace } from "./Workspace.ts"
export { userRules } from "./UserRules.ts"
