/** The rows of the audit log: one statement for each connection that an act may be done on. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { type AuditEntry, maxAudit } from "@runyard/core/AuditLog"

export const insertText = `INSERT INTO audit_log
  (scope_platform, scope_tenant, scope_workspace, at, actor, action, subject, detail)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

/** The oldest go when the newest comes. */
export const forgetText = `DELETE FROM audit_log WHERE id <= (SELECT max(id) FROM audit_log) - ${maxAudit}`

export const params = ({ action, actor, at, detail, scope, subject }: AuditEntry): Array<SQLInputValue> => [
  scope.platform,
  scope.tenant,
  scope.workspace,
  at,
  actor,
  action,
  subject,
  JSON.stringify(detail),
]

/** Writes an entry; for the inside of a transaction. Synchronous, and throws what SQLite throws. */
export type WriteAudit = (entry: AuditEntry) => void

export const prepare = (database: DatabaseSync): WriteAudit => {
  const insert = database.prepare(insertText)
  const forget = database.prepare(forgetText)
  return (entry) => {
    insert.run(...params(entry))
    forget.run()
  }
}
