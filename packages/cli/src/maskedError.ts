/** Errors of the program as they may be printed: they may quote what was typed, what a file held, what somebody passed on. */
import { type RedactionSession, redactError, Redactor, type RunyardError } from "@runyard/core"
import { knownSecrets } from "@runyard/core/ChildEnvironment"
import { NodeProcessHost } from "@runyard/core/node"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { bundledAdapters } from "./AppLayer.ts"
import { terminalText } from "@runyard/core/TerminalText"

let made: RedactionSession | undefined

/** Knows every secret that a run of this program could be given. Made when there is an error: most commands have none. */
const session = (): RedactionSession =>
  (made ??= Effect.runSync(
    Effect.map(Redactor, (redactor) => {
      const env = NodeProcessHost.processEnv()
      return redactor.session(knownSecrets(env, bundledAdapters, { env: Object.keys(env) }))
    }).pipe(Effect.provide(Redactor.layer())),
  ))

export const maskedError = (error: RunyardError): RunyardError => redactError(session(), error)

/** For whoever debugs: with stacks, without secrets. */
export const maskedCause = (cause: Cause.Cause<unknown>): string =>
  terminalText(session().text(Cause.pretty(cause)).value)
