/** `runyard audit`: who has decided what on this store. */
import { type AuditEntry, AuditLog, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { Command, Flag } from "effect/cli"
import { say, tell } from "../output.ts"
import { localTime } from "../render.ts"
import { given, optional } from "../requestInput.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"
import { json } from "./runs.ts"

const line = ({ action, actor, at, detail, subject }: AuditEntry): string => {
  const more = Object.keys(detail).length === 0 ? "" : JSON.stringify(detail)
  return [localTime(at), actor, action.padEnd(19), subject, more].map(terminalText).join("  ").trimEnd()
}

export const auditCommand = Command.make(
  "audit",
  {
    action: optional(Flag.String("action"), "Only what begins so: grant, queue.pause, budget, schedule, policy"),
    limit: Flag.Int("limit").pipe(Flag.withAlias("n"), Flag.withDescription("At most so many"), Flag.withDefault(100)),
    json,
  },
  Effect.fn("audit")(function* ({ action, json, limit }) {
    if (limit < 1 || limit > 10_000) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "--limit takes a number from 1 to 10000" })
    }
    yield* withYard(
      Effect.gen(function* () {
        const entries = yield* (yield* AuditLog).list({ limit, ...given("action", action) })
        if (entries.length === 0 && !json) return tell("Nothing of that was decided on this store.")
        for (const entry of entries) say(json ? terminalJson(entry) : line(entry))
      }),
    )
  }),
).pipe(Command.withDescription("List who has decided what: policies, grants, the queue, budgets, schedules"))
