/** One policy among those that count for a run, with where it comes from. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PolicyDocument, type PolicyRules } from "./PolicyRules.ts"
import type { RunRequest } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

export interface PolicyLayer {
  /** For people: which layer, and its file. */
  readonly source: string
  readonly document: PolicyRules
  /** Why its file could not be read. It forbids everything then: nobody knows what it was to forbid. */
  readonly unreadable?: RunyardError
}

const decode = Schema.decodeUnknownResult(PolicyDocument)

/** Fails with `POLICY_UNREADABLE` for what is no policy, or one of another version. */
export const readPolicy = (source: string, text: string): Result.Result<PolicyLayer, RunyardError> => {
  const broken = (problem: string) =>
    runyardError("POLICY_UNREADABLE", {
      message: `The policy of ${source} is not one that this version can read: ${problem}`,
      detail: { source },
    })
  try {
    return Result.mapBoth(decode(JSON.parse(text), { onExcessProperty: "error" }), {
      onFailure: ({ message }) => broken(message.replaceAll(/\s+/g, " ").slice(0, 200)),
      onSuccess: ({ version: _version, ...document }) => ({ source, document }),
    })
  } catch {
    return Result.fail(broken("it is not JSON"))
  }
}

/** What a request takes away from itself, as the last of the layers. */
export const requestLayer = ({ policy }: Pick<RunRequest, "policy">): ReadonlyArray<PolicyLayer> =>
  policy === undefined ? [] : [{ source: "the request", document: policy }]
