/** Errors of the agent CLIs, of their logins, and of the services behind them. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const agents = {
  AUTH_REQUIRED: {
    class: "auth",
    summary: "The agent CLI has no login and no key",
    remedy: "Log in with the CLI itself, or pass its key in the environment; `runyard doctor` shows what it looks for.",
  },
  AUTH_REJECTED: {
    class: "auth",
    summary: "The model service refused the credentials",
    remedy: "Check that the key or login is still valid, then try again.",
  },
  AUTH_FORBIDDEN: {
    class: "permission",
    summary: "The credentials do not allow this request",
    remedy: "Ask the owner of the account for access to this model or organisation.",
  },
  AUTH_BILLING: {
    class: "auth",
    summary: "The account has no credit",
    remedy: "Add credit to the account or use another one.",
  },
  AUTH_ENV_MISSING: {
    class: "auth",
    summary: "The CLI's configuration asks for an environment variable that the run was not given",
    remedy: "Runs get an allowlisted environment: name the variable with `--env NAME` (or `env` in the request).",
  },
  CLI_NOT_FOUND: {
    class: "usage",
    summary: "The agent CLI is not installed",
    remedy: "Install it, or name its path; `runyard doctor` shows where it was looked for.",
  },
  CLI_SPAWN_FAILED: {
    class: "unknown",
    summary: "The agent CLI could not be started",
    remedy: "Check that the file is executable for this user and that the system has processes and memory left.",
  },
  CLI_CONTAINMENT_UNAVAILABLE: {
    class: "policy",
    summary: "The containment that this host asks for is not to be had here",
    remedy: "Choose another one (`RUNYARD_CONTAINMENT`), or give what the message names; `runyard doctor` tells.",
  },
  CLI_VERSION_UNSUPPORTED: {
    class: "usage",
    summary: "This version of the agent CLI cannot do what the request needs",
    remedy: "Update the CLI, or leave the option out; `runyard doctor` lists what the installed version can do.",
  },
  CLI_USAGE: {
    class: "usage",
    summary: "The agent CLI refused its arguments",
    remedy: "Look at the diagnostics of the run; the option may not exist in the installed version.",
  },
  CLI_CONFIG_INVALID: {
    class: "usage",
    summary: "The agent CLI cannot read its own configuration",
    remedy: "Correct the configuration file that the message names.",
  },
  CLI_NOT_A_REPOSITORY: {
    class: "usage",
    summary: "Codex works only inside a git repository unless told otherwise",
    remedy: "Run in a git repository, or allow it with `--skip-git-repo-check`.",
  },
  CLI_NO_PROMPT: {
    class: "usage",
    summary: "The agent CLI was given no prompt",
    remedy: "Give a prompt as argument, or pipe one and pass `-`.",
  },
  CLI_NO_RESULT: {
    class: "unknown",
    summary: "The agent CLI ended without a result",
    remedy: "Look at the last events and the diagnostics of the run; its work may be partly done.",
  },
  CLI_FAILED: {
    class: "unknown",
    summary: "The agent CLI reported a failure",
    remedy: "Look at the message and the last events of the run.",
  },
  CLI_OUTPUT_TRUNCATED: {
    class: "unknown",
    summary: "The agent CLI's output ends in the middle of a line",
    remedy: "Update the CLI: versions of Claude Code up to 2.1.100 lose output above about 60 kB on a pipe.",
  },
  CLI_KILLED: {
    class: "unknown",
    summary: "A signal ended the agent CLI",
    remedy: "Nothing to do if you stopped it; otherwise look for the out-of-memory killer or another supervisor.",
  },
  CLI_CRASHED: {
    class: "unknown",
    summary: "The agent CLI crashed",
    remedy: "Look at the diagnostics of the run and report it to the CLI's maintainers; try another version.",
  },
  CLI_INTERRUPTED: {
    class: "unknown",
    summary: "The agent's turn was interrupted",
    remedy: "Start a new run, or resume the session if its work should go on.",
  },
  CLI_SESSION_NOT_FOUND: {
    class: "usage",
    summary: "The session to resume does not exist",
    remedy: "Check the id and the directory; sessions that were not kept cannot be resumed.",
  },
  CLI_SESSION_IN_USE: {
    class: "usage",
    summary: "This session id is taken",
    remedy: "Choose another session id, or resume the session.",
  },
  CLI_RATE_LIMITED: {
    class: "transient",
    summary: "The model service asks to slow down",
    remedy: "Wait and try again; run fewer agents at once.",
  },
  CLI_USAGE_LIMIT: {
    class: "transient",
    summary: "The usage limit of the account is reached",
    remedy: "Wait until the limit resets, or use another account.",
  },
  CLI_OVERLOADED: {
    class: "transient",
    summary: "The model service is overloaded",
    remedy: "Try again later.",
  },
  CLI_SERVICE_ERROR: {
    class: "transient",
    summary: "The model service failed",
    remedy: "Try again later.",
  },
  CLI_CONNECTION: {
    class: "transient",
    summary: "The model service could not be reached, or the connection broke",
    remedy: "Check the network, proxy and base URL.",
  },
  CLI_REQUEST_INVALID: {
    class: "usage",
    summary: "The model service refused the request as invalid",
    remedy: "Look at the message; the model or an option of the request may not fit.",
  },
  CLI_REQUEST_TOO_LARGE: {
    class: "usage",
    summary: "The request is larger than the model service takes",
    remedy: "Send less: a shorter prompt, fewer or smaller images.",
  },
  CLI_CONTEXT_TOO_LONG: {
    class: "usage",
    summary: "The conversation does not fit in the model's context",
    remedy: "Start a new session, or ask for less at once.",
  },
  CLI_MODEL_NOT_FOUND: {
    class: "usage",
    summary: "The model does not exist or is not available to this account",
    remedy: "Choose another model.",
  },
  CLI_MODEL_REFUSED: {
    class: "logic",
    summary: "The model refused to answer",
    remedy: "Change the prompt.",
  },
  CLI_OUTPUT_LIMIT: {
    class: "logic",
    summary: "The model's answer hit its length limit",
    remedy: "Ask for less at once.",
  },
  CLI_MAX_TURNS: {
    class: "logic",
    summary: "The agent used all the turns it was allowed",
    remedy: "Allow more turns, or resume the session.",
  },
  CLI_BUDGET_EXCEEDED: {
    class: "policy",
    summary: "The agent spent the money it was allowed",
    remedy: "Allow more, or resume the session with a new budget.",
  },
  CLI_STRUCTURED_OUTPUT: {
    class: "logic",
    summary: "The answer does not have the requested structure",
    remedy: "Simplify the schema, or say in the prompt what the answer must contain.",
  },
  CLI_TIMED_OUT: {
    class: "unknown",
    summary: "The run took longer than it was allowed",
    remedy: "Allow more time, or find out what it waited for in its events.",
  },
  CLI_IDLE: {
    class: "unknown",
    summary: "The agent showed no sign of life for longer than it was allowed",
    remedy: "Allow more idle time if it runs long silent tools; otherwise check the model service.",
  },
  CLI_SURVIVORS: {
    class: "unknown",
    summary: "Processes of the run could not be ended",
    remedy: "End the processes that the error names by pid.",
  },
} as const satisfies Record<string, ErrorEntry>
