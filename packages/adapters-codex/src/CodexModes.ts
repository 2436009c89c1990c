/** What the modes of a request are called by `codex exec`: the same in every version that was tested. */
import type { ModeTable, SandboxMode } from "@runyard/core"

/** What the modes that touch the sandbox ask of it; `exec` never asks a person, so `default` and `dontAsk` are the same. */
export const sandboxOfMode = {
  plan: "read-only",
  acceptEdits: "workspace-write",
  bypassPermissions: "danger-full-access",
} as const satisfies Record<string, SandboxMode>

const unasked = "It never asks; its sandbox is the one of the request, or of the user's configuration, else read-only"

export const codexModes: ModeTable = {
  permission: {
    default: { flags: [], note: unasked },
    dontAsk: { flags: [], note: unasked },
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
