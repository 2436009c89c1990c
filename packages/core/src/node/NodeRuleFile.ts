/** Redaction rules from a TOML file, as gitleaks writes them. */
import * as Effect from "effect/Effect"
import { runyardError } from "../RunyardError.ts"
import { userRules } from "../UserRules.ts"
import { readBounded } from "./internal/boundedFile.ts"

/** A rule file is no longer than this, in bytes. */
const maximumFile = 4 * 1024 * 1024

/** Fails with `IO_FILE_UNREADABLE`, or with `POLICY_RULE_REFUSED` when a rule of it cannot be used. */
export const readRules = Effect.fn("NodeRuleFile.readRules")(function* (file: string) {
  const text = yield* Effect.tryPromise({
    try: () => readBounded(file, maximumFile, true),
    catch: (cause) =>
      (cause as NodeJS.ErrnoException).code === "EFBIG"
        ? runyardError("POLICY_RULE_REFUSED", { message: `${file} is longer than 4 MiB` })
        : runyardError("IO_FILE_UNREADABLE", { message: `${file} cannot be read`, cause }),
  })
  // Loaded with the first file, so that no other command pays for it.
  const { parse } = yield* Effect.promise(() => import("smol-toml"))
  const rules = yield* Effect.try({
    try: () => parse(text),
    catch: (cause) => runyardError("POLICY_RULE_REFUSED", { message: `${file} is no TOML`, cause }),
  })
  return yield* userRules(rules)
})
