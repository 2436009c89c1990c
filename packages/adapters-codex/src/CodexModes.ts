/** What the modes of a request are called by `codex exec`: the same in every version that was tested. */
import type { ModeTable, PermissionMode, SandboxMode } from "@runyard/core"

/** The sandbox of each mode; `exec` never asks a person, so `default` and `dontAsk` are the same. */
export const sandboxOfMode = {
  default: "read-only",
  dontAsk: "read-only",
  plan: "read-only",
  acceptEdits: "workspace-write",
  bypassPermissions: "danger-full-access",
} as const satisfies Record<PermissionMode, SandboxMode>

const unasked = "It never asks; its sandbox is the one of the request, else read-only, as the CLI has it by itself"

export const codexModes: ModeTable = {
  permission: {
    default: { flags: [`--sandbox=${sandboxOfMode.default}`], note: unasked },
    dontAsk: { flags: [`--sandbox=${sandboxOfMode.dontAsk}`], note: unasked },
    plan: { flags: [`--sandbox=${sandboxOfMode.plan}`], note: "Its commands write nothing" },
    acceptEdits: { flags: [`--sandbox=${sandboxOfMode.acceptEdits}`], note: "It writes in its directories" },
    bypassPermissions: { flags: ["--dangerously-bypass-approvals-and-sandbox"], note: "It has no sandbox" },
  },
  sandbox: {
    "read-only": { flags: ["--sandbox=read-only"], note: "Its commands write nothing and have no network" },
    "workspace-write": {
      flags: ["--sandbox=workspace-write"],
      note: "Its commands write in its directories; the network is the user's configuration's, off by default",
    },
    "danger-full-access": { flags: ["--sandbox=danger-full-access"], note: "It has no sandbox" },
  },
}
