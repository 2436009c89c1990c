/** What the modes of a request are called by Claude Code: the same in every version that was tested. */
import type { ModeTable } from "@runyard/core/Adapter"

const none = {
  flags: undefined,
  note: "Claude Code has no sandbox; its limits are `permissionMode`, `allowedTools` and `disallowedTools`",
}

export const claudeModes: ModeTable = {
  permission: {
    // Called `manual` since 2.1.265; every version still takes this name.
    default: { flags: ["--permission-mode", "default"], note: "It reads; what it would ask about is denied" },
    plan: { flags: ["--permission-mode", "plan"], note: "It reads and makes a plan" },
    acceptEdits: { flags: ["--permission-mode", "acceptEdits"], note: "It edits files; other questions are denied" },
    dontAsk: { flags: ["--permission-mode", "dontAsk"], note: "Everything that no rule allows is denied" },
    bypassPermissions: {
      flags: ["--dangerously-skip-permissions"],
      note: "It does everything; as root it wants `IS_SANDBOX=1`",
    },
  },
  sandbox: { "read-only": none, "workspace-write": none, "danger-full-access": none },
}
