/** Errors of requests, and of runs as a whole. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const runs = {
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
} as const satisfies Record<string, ErrorEntry>
