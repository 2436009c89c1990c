/** An error as it may be kept and shown: masked where it quotes what somebody or something wrote. */
import type { RedactionSession } from "../RedactionSession.ts"
import { type ErrorInfo, type RunyardError, runyardError } from "../RunyardError.ts"

export const redactInfo = (redaction: RedactionSession, info: ErrorInfo): ErrorInfo => ({
  ...info,
  message: redaction.text(info.message).value,
  remedy: redaction.text(info.remedy).value,
  detail: redaction.json(info.detail).value as ErrorInfo["detail"],
})

/** A cause is looked through so deep, and for so many texts; what is beyond counts as a secret. */
const maxDepth = 6
const maxTexts = 1_000

/** Whether a foreign value, or what it refers to, holds something to mask; stack, message and hidden fields included. */
const holdsSecret = (redaction: RedactionSession, root: unknown): boolean => {
  const seen = new Set<unknown>()
  let texts = 0
  const look = (value: unknown, name: string, depth: number): boolean => {
    if (typeof value === "string") {
      return ++texts > maxTexts || redaction.json({ [name]: value }).redactions.length > 0
    }
    if (typeof value !== "object" || value === null || seen.has(value)) return false
    seen.add(value)
    if (depth > maxDepth) return true
    return Reflect.ownKeys(value).some((key) => {
      const field = Object.getOwnPropertyDescriptor(value, key)
      return look(String(key), "", depth) || (field !== undefined && look(field.value, String(key), depth + 1))
    })
  }
  return look(root, "", 0)
}

/** The cause goes where something was masked, and where it quotes a secret itself. */
export const redactError = (redaction: RedactionSession, error: RunyardError): RunyardError => {
  const info = redactInfo(redaction, error.info)
  const same =
    info.message === error.message &&
    info.remedy === error.remedy &&
    JSON.stringify(info.detail) === JSON.stringify(error.detail)
  return same && !holdsSecret(redaction, error.cause) ? error : runyardError(info.code, info)
}
