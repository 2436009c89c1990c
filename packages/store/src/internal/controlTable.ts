/** The statements of decisions for the whole queue, on the connection of the append path. The newest is what holds. */
import type { DatabaseSync } from "node:sqlite"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { entryOfDecision } from "@runyard/core/AuditTrail"
import { ControlRecord, decideControl, openControl, QueueControl } from "@runyard/core/QueueControl"
import { maxControls } from "@runyard/core/RunQueue"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { WriteAudit } from "./auditRow.ts"

const prepareAll = (database: DatabaseSync) => ({
  newest: database.prepare("SELECT control FROM queue_controls ORDER BY id DESC LIMIT 1"),
  add: database.prepare("INSERT INTO queue_controls (at, by, reason, change, control) VALUES (?, ?, ?, ?, ?)"),
  forget: database.prepare("DELETE FROM queue_controls WHERE id <= ?"),
  records: database.prepare("SELECT at, by, reason, change, control FROM queue_controls ORDER BY id DESC LIMIT ?"),
})

interface ControlRow {
  readonly at: number
  readonly by: string
  readonly reason: string | null
  readonly change: string
  readonly control: string
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(QueueControl))
const decodeRecord = Schema.decodeUnknownResult(
  Schema.Struct({
    ...ControlRecord.fields,
    change: Schema.fromJsonString(ControlRecord.fields.change),
    control: Schema.fromJsonString(QueueControl),
  }),
)

/** Every method is synchronous and throws what SQLite throws. */
export class ControlTable {
  private readonly statements: ReturnType<typeof prepareAll>
  /** What was read last, with its text: hosts ask with each claim, and it seldom changes. */
  private known: { readonly text: string; readonly control: QueueControl } | undefined

  private readonly audit: WriteAudit

  constructor(database: DatabaseSync, audit: WriteAudit) {
    this.statements = prepareAll(database)
    this.audit = audit
  }

  now(): Result.Result<QueueControl, RunyardError> {
    const row = this.statements.newest.get() as Pick<ControlRow, "control"> | undefined
    if (row === undefined) return Result.succeed(openControl)
    if (row.control === this.known?.text) return Result.succeed(this.known.control)
    const control = Result.mapError(decode(row.control), unreadable)
    if (Result.isSuccess(control)) this.known = { text: row.control, control: control.success }
    return control
  }

  /** For the inside of a transaction. */
  decide(decision: Omit<ControlRecord, "control">): Result.Result<QueueControl, RunyardError> {
    const { at, by, change, reason } = decision
    return Result.map(this.now(), (before) => {
      this.audit(entryOfDecision(decision))
      const control = decideControl(before, change)
      const { add, forget } = this.statements
      const { lastInsertRowid } = add.run(at, by, reason ?? null, JSON.stringify(change), JSON.stringify(control))
      forget.run(Number(lastInsertRowid) - maxControls)
      return control
    })
  }

  records(limit: number): Result.Result<ReadonlyArray<ControlRecord>, RunyardError> {
    const rows = this.statements.records.all(Math.max(0, limit)) as unknown as ReadonlyArray<ControlRow>
    const found = rows.map(({ reason, ...row }) => decodeRecord({ ...row, ...(reason === null ? {} : { reason }) }))
    return Result.mapError(Result.all(found), unreadable)
  }
}

const unreadable = (): RunyardError =>
  runyardError("STORE_CORRUPT", { message: "What was decided for the queue cannot be read by this version" })
