/** Words for what an agent may do, the same for every CLI. */
import * as Schema from "effect/Schema"

/** What the agent may do without asking; each adapter maps it to its CLI's own flags or refuses it. */
export const PermissionMode = Schema.Literals(["default", "plan", "acceptEdits", "bypassPermissions", "dontAsk"])
export type PermissionMode = typeof PermissionMode.Type

/** What the agent's tools may touch, where the CLI has a sandbox. */
export const SandboxMode = Schema.Literals(["read-only", "workspace-write", "danger-full-access"])
export type SandboxMode = typeof SandboxMode.Type
