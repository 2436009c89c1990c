/** Every error code of Runyard: its class, what it means, what to do about it. The docs' table is generated from here. */
import * as Schema from "effect/Schema"

/**
 * What an error asks of the caller. `transient`: the same request may work later. `auth`, `permission`: a person must
 * act. `policy`: not allowed here. `usage`: the request itself is wrong. `logic`: the work was done and is not good.
 * `unknown`: nothing is known, so nothing is retried.
 */
export const ErrorClass = Schema.Literals(["transient", "auth", "permission", "policy", "usage", "logic", "unknown"])
export type ErrorClass = typeof ErrorClass.Type

interface ErrorEntry {
  readonly class: ErrorClass
  readonly summary: string
  readonly remedy: string
}

const table = {
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
  QUEUE_REQUEST_INVALID: {
    class: "usage",
    summary: "The request is not valid",
    remedy: "Correct the field that the message names.",
  },
  QUEUE_PROVIDER_UNKNOWN: {
    class: "usage",
    summary: "No adapter knows this provider",
    remedy: "Use one of the providers that the message lists.",
  },
  QUEUE_OPTION_UNSUPPORTED: {
    class: "usage",
    summary: "This provider cannot do what the request asks",
    remedy: "Leave the option out, or use another provider.",
  },
  QUEUE_FULL: {
    class: "transient",
    summary: "So many runs wait that no more are taken",
    remedy: "Send it again when fewer wait: `runyard queue ls` shows them. Nothing was stored.",
  },
  QUEUE_QUOTA: {
    class: "transient",
    summary: "So many runs of this tenant, or of this workspace, wait that no more are taken",
    remedy: "Send it again when fewer of them wait: `runyard queue ls` shows them. Nothing was stored.",
  },
  QUEUE_BUDGET_NOT_FOUND: {
    class: "usage",
    summary: "No budget of the store has this id",
    remedy: "`runyard budget ls` lists those that are there; those of a program's settings are changed there.",
  },
  QUEUE_NOT_WAITING: {
    class: "usage",
    summary: "The run does not wait, so that there is nothing to change",
    remedy: "`runyard show` tells its state. A run that has ended is started again as a new one: `runyard rerun`.",
  },
  QUEUE_IDEMPOTENCY_CONFLICT: {
    class: "usage",
    summary: "This idempotency key was used for another request",
    remedy: "Use a new key for a new request; send the same request again to get its run.",
  },
  QUEUE_SCHEDULE_INVALID: {
    class: "usage",
    summary: "The schedule cannot be used",
    remedy:
      "Correct what the message names: five or six cron fields, and the name of a time zone such as `Europe/Berlin`.",
  },
  QUEUE_SCHEDULE_NOT_FOUND: {
    class: "usage",
    summary: "No schedule has this id",
    remedy: "`runyard schedule ls` lists the schedules that are there.",
  },
  QUEUE_SCHEDULE_CHANGED: {
    class: "usage",
    summary: "Somebody has changed the schedule since it was seen",
    remedy: "Look at it as it is now, and change that.",
  },
  QUEUE_SCHEDULES_FULL: {
    class: "policy",
    summary: "No more schedules may be kept on this store",
    remedy: "Remove some that are not needed any more with `runyard schedule remove`.",
  },
  QUEUE_PROVIDER_DOWN: {
    class: "transient",
    summary: "The provider failed again and again, and its runs wait until it is tried again",
    remedy:
      "Wait: one run tries it from time to time, and the others follow once that works. Look at the last failures.",
  },
  QUEUE_CANCELED: {
    class: "usage",
    summary: "The run was canceled",
    remedy: "Start it again if that was not meant.",
  },
  QUEUE_SHUTTING_DOWN: {
    class: "transient",
    summary: "This program is shutting down and takes no more requests",
    remedy: "Send it again once the program has been started again, or to another one; nothing was stored.",
  },
  QUEUE_RUNS_LEFT: {
    class: "unknown",
    summary: "The program shut down before the ends of its runs could be stored",
    remedy: "Start Runyard on the same store again once this program has ended: it ends what is left and records it.",
  },
  QUEUE_TIMED_OUT: {
    class: "transient",
    summary: "The run waited for its turn longer than it was allowed, and never started",
    remedy: "Submit it again when fewer runs wait, or allow more time in the queue or more runs at once.",
  },
  QUEUE_LEASE_LOST: {
    class: "transient",
    summary: "This host showed no sign of life for so long that others took over what it had begun",
    remedy: "Nothing: it has stopped those runs and goes on with new ones. Find out what kept it from running.",
  },
  QUEUE_HOST_DIED: {
    class: "unknown",
    summary: "The program that executed the run ended before the run did",
    remedy: "Look at the last events, then start it again or resume its session.",
  },
  SECRET_NOT_FOUND: {
    class: "usage",
    summary: "No secret has this name",
    remedy: "Set it with `runyard secret set NAME`, which asks for the value or reads it from stdin.",
  },
  SECRET_VALUE_INVALID: {
    class: "usage",
    summary: "This value cannot be kept as a secret",
    remedy: "A secret has 4 to 16384 characters, so that it can be masked, and no NUL byte.",
  },
  SECRET_READ_ONLY: {
    class: "usage",
    summary: "This secret comes from the environment, which Runyard does not change",
    remedy: "Change or unset the variable `RUNYARD_SECRET_NAME` where it is set.",
  },
  SECRET_PASSPHRASE_MISSING: {
    class: "auth",
    summary: "The secrets are encrypted with a passphrase, and there is none",
    remedy: "Give it to this program in `RUNYARD_SECRETS_PASSPHRASE`.",
  },
  SECRET_PASSPHRASE_WRONG: {
    class: "auth",
    summary: "The passphrase does not open the secrets",
    remedy: "Correct `RUNYARD_SECRETS_PASSPHRASE`. Without the passphrase the secrets cannot be had: set them again.",
  },
  SECRET_DAMAGED: {
    class: "unknown",
    summary: "A secret was changed from outside, or its file is damaged",
    remedy: "Remove it and set it again, or restore the whole directory of the secrets from one backup.",
  },
  SECRET_BUSY: {
    class: "transient",
    summary: "Another program writes this secret",
    remedy: "Try again; if it stays, look for a `runyard secret` that does not end.",
  },
  SECRET_STORE_UNAVAILABLE: {
    class: "unknown",
    summary: "The store of the secrets cannot be used",
    remedy: "Look at the message; `runyard doctor` says which store is used, and why not another.",
  },
  IO_DIRECTORY_UNREADABLE: {
    class: "usage",
    summary: "The working directory does not exist or cannot be read",
    remedy: "Name an existing directory that this user may read.",
  },
  IO_FILE_UNREADABLE: {
    class: "usage",
    summary: "A file that was named does not exist or cannot be read",
    remedy: "Check the path and its permissions.",
  },
  IO_SCRATCH_FAILED: {
    class: "unknown",
    summary: "A temporary file could not be written",
    remedy: "Check free space and permissions of the temporary directory.",
  },
  IO_OUTPUT_CLOSED: {
    class: "usage",
    summary: "The output could not be written",
    remedy: "Nothing to do if its reader was meant to leave; otherwise look for a full disk behind it.",
  },
  HTTP_HOST_REFUSED: {
    class: "policy",
    summary: "The request names a host that this server does not answer for",
    remedy: "Use the address that the server printed; a name behind a proxy is allowed with `--public-host`.",
  },
  HTTP_ORIGIN_REFUSED: {
    class: "policy",
    summary: "The request comes from a page of another origin",
    remedy: "Use the server's own page, or a client that is no browser.",
  },
  HTTP_UNAUTHENTICATED: {
    class: "auth",
    summary: "The request carries no valid token and no valid session",
    remedy: "Send `Authorization: Bearer` with the token, or open the link that `runyard serve` prints.",
  },
  HTTP_SCOPE_MISSING: {
    class: "permission",
    summary: "The token or session does not reach so far",
    remedy: "Use one that has the scope which the message names.",
  },
  HTTP_TOKEN_IN_URL: {
    class: "policy",
    summary: "The request has a credential in its address, where logs and histories keep it",
    remedy: "Send it as `Authorization: Bearer`, and replace the token if that address was written down anywhere.",
  },
  HTTP_CODE_REFUSED: {
    class: "auth",
    summary: "The one-time code is unknown, used or too old",
    remedy: "Ask for a new link: runyard serve link. A link works once, for some minutes.",
  },
  HTTP_BODY_TOO_LARGE: {
    class: "usage",
    summary: "The body of the request is too large",
    remedy: "Send less; the message names the bound.",
  },
  HTTP_BODY_INVALID: {
    class: "usage",
    summary: "The body of the request is not JSON that is read here",
    remedy: "Correct what the message names.",
  },
  HTTP_MEDIA_TYPE: {
    class: "usage",
    summary: "The body has a type that is not read here",
    remedy: "Send JSON, uncompressed, with `Content-Type: application/json`.",
  },
  HTTP_URL_TOO_LONG: {
    class: "usage",
    summary: "The address of the request is too long",
    remedy: "Send less in it.",
  },
  HTTP_HEADERS_TOO_LARGE: {
    class: "usage",
    summary: "The headers of the request are too large",
    remedy: "Send fewer or shorter headers; clear the cookies of this address in the browser.",
  },
  HTTP_METHOD_NOT_ALLOWED: {
    class: "usage",
    summary: "The route does not have this method",
    remedy: "Use one of those that the header `Allow` lists.",
  },
  HTTP_NOT_FOUND: {
    class: "usage",
    summary: "There is nothing at this address",
    remedy: "`/api/v1/openapi.json` describes every route.",
  },
  HTTP_RATE_LIMITED: {
    class: "transient",
    summary: "Too many requests, or too many at once",
    remedy: "Wait as long as the header `Retry-After` says, then send it again.",
  },
  HTTP_BUSY: {
    class: "transient",
    summary: "The server has as many connections or streams open as it may",
    remedy: "Close some, or wait as long as the header `Retry-After` says.",
  },
  HTTP_UPGRADE_REFUSED: {
    class: "usage",
    summary: "This server speaks HTTP/1.1 alone: no WebSocket, no h2c, no tunnel",
    remedy: "Send the request without `Upgrade`; events are streamed as server-sent events.",
  },
  HTTP_MALFORMED: {
    class: "usage",
    summary: "This is not a request of HTTP/1.1",
    remedy: "Look at the client, or at the proxy before this server.",
  },
  HTTP_TIMED_OUT: {
    class: "transient",
    summary: "The request took too long to arrive",
    remedy: "Send it again, faster.",
  },
  HTTP_SHUTTING_DOWN: {
    class: "transient",
    summary: "The server is shutting down",
    remedy: "Send it again once the server has been started again.",
  },
  HTTP_ADDRESS_IN_USE: {
    class: "usage",
    summary: "Another program listens at this address",
    remedy: "Choose another port, or `--port 0` for any that is free.",
  },
  HTTP_NO_SERVER: {
    class: "usage",
    summary: "No server is running on this store",
    remedy: "Start one: runyard serve.",
  },
  HTTP_BIND_REFUSED: {
    class: "policy",
    summary: "The server would be reached from other machines without protection",
    remedy:
      "Leave `--host` out, or give `--allow-remote` with `--tls-cert` and `--tls-key`, or `--behind-proxy` with `--public-host`.",
  },
  STORE_RUN_NOT_FOUND: {
    class: "usage",
    summary: "No run has this id",
    remedy: "`runyard ls` lists the runs of this store.",
  },
  STORE_UNAVAILABLE: {
    class: "unknown",
    summary: "The store cannot be opened",
    remedy: "Check the path, permissions and free space of the data directory.",
  },
  STORE_BUSY: {
    class: "transient",
    summary: "Another program holds the store",
    remedy: "Try again; if it stays, look for a program that keeps a transaction open.",
  },
  STORE_FULL: {
    class: "unknown",
    summary: "The disk of the store is full",
    remedy: "Free some space; nothing that was acknowledged is lost.",
  },
  STORE_FAILED: {
    class: "unknown",
    summary: "The store failed",
    remedy: "Look at the message, and at the disk of the data directory.",
  },
  STORE_CORRUPT: {
    class: "unknown",
    summary: "The store holds something that this version cannot read",
    remedy: "Use the version of Runyard that wrote it, or restore a backup.",
  },
  STORE_CONFLICT: {
    class: "usage",
    summary: "The change does not fit the state of the run",
    remedy: "Look at the run's state; it may have ended already.",
  },
  UPDATE_REQUIRED: {
    class: "usage",
    summary: "The store was written by a newer version of Runyard",
    remedy: "Update Runyard.",
  },
  INTERNAL_DEFECT: {
    class: "unknown",
    summary: "A defect in Runyard",
    remedy: "Please report it with what you did; no run's output is in this message.",
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof table

/** The table itself, for docs and hosts. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table

const codes = Object.keys(table) as [ErrorCode, ...Array<ErrorCode>]

export const ErrorCode = Schema.Literals(codes).annotate({ identifier: "ErrorCode" })
