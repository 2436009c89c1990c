/** What a policy may say: rules that take something away, never give it. Data, the same in a file and in a request. */
import * as Schema from "effect/Schema"
import { PermissionMode, SandboxMode } from "./AgentMode.ts"
import { ToolName, ToolRule } from "./ToolRule.ts"

const millis = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))

const fields = {
  /** The providers that runs may use. */
  providers: Schema.optionalKey(Schema.Array(Schema.String)),
  /** A request that names no mode asks for `default`. */
  permissionModes: Schema.optionalKey(Schema.Array(PermissionMode)),
  /** A request has to name one of them. */
  sandboxModes: Schema.optionalKey(Schema.Array(SandboxMode)),
  /** By provider: flags that are denied though they are in the table of the provider. */
  deniedFlags: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Schema.String))),
  /** What takes away a limit of the agent is denied though the host allows it. */
  advanced: Schema.optionalKey(Schema.Literal("deny")),
  /** The variables that requests may name, in `env` and in `secrets`. */
  env: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The longest duration of an attempt. */
  maxWallMillis: Schema.optionalKey(millis),
  /** The longest silence, with or without a tool, before the result and after it. */
  maxIdleMillis: Schema.optionalKey(millis),
  /** The longest wait for its turn. */
  maxQueueMillis: Schema.optionalKey(millis),
  /** Model turns of one attempt. */
  maxTurns: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  /** US dollars of one attempt. */
  maxCostUsd: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.000_001, maximum: 1_000_000 }))),
  /** The only tools that the agent has. Tools of servers (MCP) are none of them. */
  allowedTools: Schema.optionalKey(Schema.Array(ToolName)),
  /** Tools, or uses of them, that the agent does not get, whatever else says so. */
  deniedTools: Schema.optionalKey(Schema.Array(ToolRule)),
  /** `deny`: the agent's commands and web tools have no network. Servers (MCP) that the user has set up are not the agent's. */
  network: Schema.optionalKey(Schema.Literals(["allow", "deny"])),
  /** The most that the host may let pass in a request that holds something like a secret. */
  promptSecrets: Schema.optionalKey(Schema.Literals(["block", "warn"])),
  /** What becomes of a run whose CLI cannot keep a rule of this policy. Default: `refuse`. */
  unenforced: Schema.optionalKey(Schema.Literals(["refuse", "warn"])),
}

/** Each rule is optional; what is left out is as the other policies have it. */
export const PolicyRules = Schema.Struct(fields).annotate({ identifier: "PolicyRules" })
export type PolicyRules = typeof PolicyRules.Type

/** The content of a policy file. */
export const PolicyDocument = Schema.Struct({ version: Schema.Literal(1), ...fields })
export type PolicyDocument = typeof PolicyDocument.Type
