/** The rules of policies that only a CLI can keep, and who keeps each: what an adapter is told, and what it answers. */
import * as Schema from "effect/Schema"

/** A value, and which layer it comes from. */
export interface Sourced<A> {
  readonly value: A
  readonly source: string
}
export const sourced = <S extends Schema.Codec<unknown, unknown>>(value: S) =>
  Schema.Struct({ value, source: Schema.String })

/** Rules that only a CLI can keep. */
export interface CliRules {
  readonly maxTurns?: Sourced<number>
  readonly maxCostUsd?: Sourced<number>
  /** Tools that every layer allows; missing when none says which. */
  readonly allowedTools?: Sourced<ReadonlyArray<string>>
  readonly deniedTools: ReadonlyArray<Sourced<string>>
  /** Who denies it; missing when nobody does. */
  readonly networkDenied?: { readonly source: string }
}

export const cliRuleNames = ["maxTurns", "maxCostUsd", "allowedTools", "deniedTools", "network"] as const
export type CliRuleName = (typeof cliRuleNames)[number]

export const Enforcer = Schema.Literals(["cli", "runyard", "not enforced"])

export interface Enforcement {
  /** `not enforced` also where it is kept only in part. */
  readonly enforced: typeof Enforcer.Type
  /** One sentence: how, how exactly, and what it does not reach. */
  readonly note: string
  /** Flags that all stand on the command line where the CLI keeps the rule, so that a mistake of an adapter is noticed. */
  readonly flags?: ReadonlyArray<string>
  /**
   * Of `maxTurns` that nobody keeps: what the events show of them is counted, and ends the run, though that is not all. Default:
   * no.
   */
  readonly counted?: boolean
}

export type Enforcements = Readonly<Record<CliRuleName, Enforcement>>
