/** What travels between the page and the server, as it is encoded. */
import type {
  Admission as AdmissionSchema,
  Containment as ContainmentSchema,
  ErrorInfo as ErrorInfoSchema,
  LedgerSum,
  Grant as GrantSchema,
  LedgerEntry as LedgerEntrySchema,
  PolicyExplanation,
  QueueControl as QueueControlSchema,
  ControlRecord as ControlRecordSchema,
  ControlChange as ControlChangeSchema,
  QueueListing as QueueListingSchema,
  Run as RunSchema,
  RunEvent as RunEventType,
  RunExplanation as RunExplanationSchema,
  RunRequest as RunRequestSchema,
} from "@runyard/core"

export type Run = typeof RunSchema.Encoded
export type RunState = Run["state"]
export type RunRequest = typeof RunRequestSchema.Encoded
export type RunEvent = RunEventType
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
export type Policy = PolicyExplanation
export type UsageSum = LedgerSum
export type ErrorInfo = typeof ErrorInfoSchema.Encoded

export interface Diagnosis {
  readonly provider: string
  readonly name: string
  readonly executable?: string
  readonly profile?: {
    readonly version: string | null
    readonly status: "supported" | "degraded" | "blocked"
    readonly message?: string
    readonly features: Readonly<Record<string, boolean>>
  }
  readonly auth?: { readonly state: "ready" | "missing" | "unknown"; readonly message: string }
  readonly containment?: {
    readonly containment: typeof ContainmentSchema.Encoded
    readonly message: string
    readonly refused: ReadonlyArray<{ readonly containment: string; readonly reason: string }>
  }
  readonly error?: ErrorInfo
}

/** What a path is, before it is granted. */
export interface Look {
  readonly path: string
  /** Missing: there is none, or it cannot be read. */
  readonly real?: string
  readonly exists: boolean
  readonly isSymlink: boolean
  readonly isRemote: boolean
  readonly granted?: Grant
}

export interface NewGrant {
  readonly path: string
  readonly mode?: GrantMode
  readonly remote?: boolean
  readonly expiresAt?: number
}

export interface ServerSettings {
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly pid: number
  readonly startedAt: number
  readonly store: { readonly readOnly: boolean }
  readonly limits: unknown
  readonly scope: Run["scope"]
  readonly actor: string
  readonly demo: boolean
}

export interface Session {
  readonly principal: string
  readonly scopes: ReadonlyArray<string>
}

export interface Problem {
  readonly title?: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly class?: string
  readonly remedy: string
  readonly detailData?: Readonly<Record<string, unknown>>
  readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

export type Check =
  | { readonly ok: true; readonly warnings: ReadonlyArray<string> }
  | { readonly ok: false; readonly problem: Problem }
