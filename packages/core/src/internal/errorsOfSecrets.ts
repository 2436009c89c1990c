/** Errors of secrets, and of what keeps them. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const secrets = {
  SECRET_NOT_FOUND: {
    class: "usage",
    summary: "No secret has this name",
    remedy: "Set it with `runyard secret set NAME`, which asks for the value or reads it from stdin.",
  },
  SECRET_VALUE_INVALID: {
    class: "usage",
    summary: "This value cannot be kept as a secret",
    remedy: "A secret has 4 to 16384 characters, so that it can be masked, and no NUL byte.",
  },
  SECRET_READ_ONLY: {
    class: "usage",
    summary: "This secret comes from the environment, which Runyard does not change",
    remedy: "Change or unset the variable `RUNYARD_SECRET_NAME` where it is set.",
  },
  SECRET_PASSPHRASE_MISSING: {
    class: "auth",
    summary: "The secrets are encrypted with a passphrase, and there is none",
    remedy: "Give it to this program in `RUNYARD_SECRETS_PASSPHRASE`.",
  },
  SECRET_PASSPHRASE_WRONG: {
    class: "auth",
    summary: "The passphrase does not open the secrets",
    remedy: "Correct `RUNYARD_SECRETS_PASSPHRASE`. Without the passphrase the secrets cannot be had: set them again.",
  },
  SECRET_DAMAGED: {
    class: "unknown",
    summary: "A secret was changed from outside, or its file is damaged",
    remedy: "Remove it and set it again, or restore the whole directory of the secrets from one backup.",
  },
  SECRET_BUSY: {
    class: "transient",
    summary: "Another program writes this secret",
    remedy: "Try again; if it stays, look for a `runyard secret` that does not end.",
  },
  SECRET_STORE_UNAVAILABLE: {
    class: "unknown",
    summary: "The store of the secrets cannot be used",
    remedy: "Look at the message; `runyard doctor` says which store is used, and why not another.",
  },
} as const satisfies Record<string, ErrorEntry>
