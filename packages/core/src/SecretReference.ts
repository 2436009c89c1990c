/** How a secret is named and referred to: pure data, without the secret. */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { maximumKnown, minimumKnown } from "./internal/redactKnown.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/**
 * Capital letters, digits and underscores, at most 64, a letter first. So a name is the same as a file, in a keychain and
 * in the name of a variable, also where these do not tell capitals from small letters.
 */
export const SecretName = Schema.String.check(Schema.isPattern(/^[A-Z][A-Z0-9_]{0,63}$/)).pipe(
  Schema.brand("SecretName"),
)
export type SecretName = typeof SecretName.Type

/** Stands for a secret wherever the secret itself must not be: `secret:NAME`. */
export const SecretReference = Schema.String.check(Schema.isPattern(/^secret:[A-Z][A-Z0-9_]{0,63}$/))
export type SecretReference = typeof SecretReference.Type

const prefix = "secret:"

export const referenceTo = (name: SecretName): SecretReference => `${prefix}${name}`
export const nameOf = (reference: SecretReference): SecretName => SecretName.make(reference.slice(prefix.length))

/** Variables of the host that hold secrets by their own names: `RUNYARD_SECRET_NAME`. */
export const secretVariable = (name: SecretName): string => `${secretVariablePrefix}${name}`
export const secretVariablePrefix = "RUNYARD_SECRET_"
/** The variable that the key of the encrypted file is made from. */
export const passphraseVariable = "RUNYARD_SECRETS_PASSPHRASE"

/** Whether a variable belongs to the host's secrets. No child gets one: what a run may have is referred to. */
export const isHostSecret = (variable: string): boolean =>
  variable.startsWith(secretVariablePrefix) || variable === passphraseVariable

/**
 * Why a value cannot be a secret; undefined when it can. What is too short or too long could not be masked, and a variable
 * cannot hold a NUL.
 */
export const refuseSecret = (name: SecretName, value: Redacted.Redacted): RunyardError | undefined => {
  const text = Redacted.value(value)
  const problem =
    text.trim().length < minimumKnown
      ? `has fewer than ${minimumKnown} characters`
      : text.length > maximumKnown
        ? `has more than ${maximumKnown} characters`
        : text.includes("\0")
          ? "holds a NUL byte"
          : text.isWellFormed()
            ? undefined
            : "is not valid text"
  return problem === undefined
    ? undefined
    : runyardError("SECRET_VALUE_INVALID", { message: `The value of ${name} ${problem}`, detail: { name } })
}
