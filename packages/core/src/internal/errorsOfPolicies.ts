/** Errors of what this host does not allow. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const policies = {
  POLICY_NO_GRANT: {
    class: "policy",
    summary: "Nobody has granted the directory to agents",
    remedy: "Grant it with `runyard grant add PATH`, or let the program that starts runs name it (`workspaces`).",
  },
  POLICY_DIRECTORY_CHANGED: {
    class: "policy",
    summary: "The directory is no longer the one that was checked",
    remedy: "Find out who replaced it by another one or by a link, then submit the request again.",
  },
  POLICY_GRANT_REFUSED: {
    class: "policy",
    summary: "This directory cannot be granted like that",
    remedy: "Grant the directory that the message names, as it says.",
  },
  POLICY_GRANT_NOT_FOUND: {
    class: "usage",
    summary: "No such grant is in force",
    remedy: "`runyard grant ls` lists the grants of this store.",
  },
  POLICY_UNREADABLE: {
    class: "policy",
    summary: "A policy file cannot be read, so that nothing is allowed",
    remedy: "Correct the file that the message names, or remove it; `runyard policy explain` reads all of them.",
  },
  POLICY_DANGEROUS: {
    class: "policy",
    summary: "The request asks for an option that takes away the agent's safety limits",
    remedy: "Leave it out, or let the administrator of this host allow it with `runyard policy advanced on`.",
  },
  POLICY_SECRET_IN_PROMPT: {
    class: "policy",
    summary: "The request holds something that looks like a secret",
    remedy:
      "Take it out and give the agent a way to read it itself, such as a secret of this host (`--secret VARIABLE=NAME`).",
  },
  POLICY_NOT_ALLOWED: {
    class: "policy",
    summary: "The policy of this host does not allow this",
    remedy: "Leave it out, or change the policy.",
  },
  POLICY_NOT_ENFORCED: {
    class: "policy",
    summary: "A policy has a rule that nobody can keep for this agent CLI",
    remedy:
      'Use another provider, or take the rule out; `"unenforced": "warn"` in that policy lets its runs go on without it.',
  },
  POLICY_RULE_REFUSED: {
    class: "usage",
    summary: "A redaction rule cannot be used",
    remedy:
      "Change what the message names: a rule needs a keyword, bounded repetitions, and no neighbours that can match the same text.",
  },
  POLICY_BUDGET: {
    class: "policy",
    summary: "A budget is used up",
    remedy: "Raise the budget that the message names, or wait until its day is over if it is one of a day.",
  },
  POLICY_BUDGET_UNKNOWN: {
    class: "policy",
    summary: "What the run costs is not known, and its budget insists on knowing",
    remedy:
      "Add the model's price to the settings, set a budget in tokens instead, or let the budget allow unknown costs.",
  },
} as const satisfies Record<string, ErrorEntry>
