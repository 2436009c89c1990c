/** An error as it may be kept and shown: masked where it quotes what somebody or something wrote. */
import type { RedactionSession } from "../RedactionSession.ts"
import { type ErrorInfo, type RunyardError, runyardError } from "../RunyardError.ts"

export const redactInfo = (redaction: RedactionSession, info: ErrorInfo): ErrorInfo => ({
  ...info,
  message: redaction.text(info.message).value,
  remedy: redaction.text(info.remedy).value,
  detail: redaction.json(info.detail).value as ErrorInfo["detail"],
})

/** The cause goes where something was masked: it may quote the same. */
export const redactError = (redaction: RedactionSession, error: RunyardError): RunyardError => {
  const info = redactInfo(redaction, error.info)
  const same =
    info.message === error.message &&
    info.remedy === error.remedy &&
    JSON.stringify(info.detail) === JSON.stringify(error.detail)
  return same ? error : runyardError(info.code, info)
}
