/** `runyard schedule edit` and `fire`: changes a saved request, and runs it now. */
import { resolve } from "node:path"
import { MissedPolicy, OverlapPolicy, Priority, Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { asking, whoGrants } from "../askGrant.ts"
import { readKey } from "../firingKey.ts"
import { given, optional } from "../requestInput.ts"
import { watchRun } from "./exec.ts"
import { withYard } from "./root.ts"
import { json } from "./runs.ts"
import { idOf, scheduleArgument, show } from "./savedSchedule.ts"

const reason = optional(Flag.String("reason"), "Why, for the audit log")

export const edit = Command.make(
  "edit",
  {
    schedule: scheduleArgument,
    cron: optional(Flag.String("cron"), "Other times: five fields, or six with seconds"),
    timeZone: optional(Flag.String("time-zone"), "Such as Europe/Berlin"),
    missed: optional(
      Flag.Literals("missed", MissedPolicy.literals),
      "What becomes of times at which no program was there",
    ),
    maxCatchUp: optional(Flag.Int("max-catch-up"), "With --missed all: the latest so many, 1 to 100"),
    overlap: optional(
      Flag.Literals("overlap", OverlapPolicy.literals),
      "What becomes of a time while a run of it has not ended",
    ),
    name: optional(Flag.String("name"), "Another name for lists; an empty one takes it away"),
    prompt: optional(Flag.String("prompt"), "Another prompt"),
    model: optional(Flag.String("model"), "Another model"),
    title: optional(Flag.String("title"), "Another title of its runs"),
    priority: optional(Flag.Literals("priority", Priority.literals), "How urgent its runs are"),
    cwd: optional(Flag.String("cwd"), "Another directory"),
    revision: optional(
      Flag.Int("revision"),
      "Only where nobody has changed it since this revision (default: as it is now)",
    ),
    reason,
    json,
  },
  Effect.fn("schedule edit")(function* (input) {
    const { cwd, json, model, priority, prompt, reason, revision, schedule, title, ...rest } = input
    const asked = {
      ...given("prompt", prompt),
      ...given("model", model),
      ...given("title", title),
      ...given("priority", priority),
      ...(Option.isSome(cwd) ? { cwd: resolve(cwd.value) } : {}),
    }
    const fields = {
      ...given("expression", rest.cron),
      ...given("timeZone", rest.timeZone),
      ...given("missed", rest.missed),
      ...given("maxCatchUp", rest.maxCatchUp),
      ...given("overlap", rest.overlap),
      ...(Option.isSome(rest.name) ? { name: rest.name.value === "" ? null : rest.name.value } : {}),
    }
    const isEmpty = Object.keys(asked).length + Object.keys(fields).length === 0
    if (isEmpty)
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "There is nothing to change: name a flag" })
    yield* withYard(
      Effect.gen(function* () {
        const { schedules } = yield* Runyard
        const seen = yield* schedules.get(yield* idOf(schedule))
        const change = {
          revision: Option.getOrElse(revision, () => seen.revision),
          ...fields,
          ...(Object.keys(asked).length === 0 ? {} : { request: { ...seen.request, ...asked } }),
        }
        const actor = { by: whoGrants(), ...given("reason", reason) }
        show(yield* asking(schedules.edit(seen.id, change, actor), !json), json)
      }),
    )
  }),
).pipe(Command.withDescription("Change a schedule; its new times count from now on"))

export const fire = Command.make(
  "fire",
  {
    schedule: scheduleArgument,
    idempotencyKey: optional(
      Flag.String("idempotency-key"),
      "Your name for this run: asked for again, it is the same run",
    ),
    reason,
    json,
  },
  Effect.fn("schedule fire")(function* ({ idempotencyKey, json, reason, schedule }) {
    const key = yield* readKey(Option.getOrUndefined(idempotencyKey))
    yield* withYard(
      Effect.gen(function* () {
        const { schedules } = yield* Runyard
        const actor = { by: whoGrants(), ...given("reason", reason) }
        const run = yield* asking(schedules.fire(yield* idOf(schedule), actor, key), !json)
        yield* watchRun(run, { json })
      }),
    )
  }),
).pipe(Command.withDescription("Run a schedule now, outside of its plan, and watch the run"))
