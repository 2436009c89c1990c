/** `runyard schedule`: saves requests to be submitted at the times of a cron expression, and submits them. */
import { MissedPolicy, OverlapPolicy, Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import { Argument, Command, Flag } from "effect/cli"
import { asking, whoGrants } from "../askGrant.ts"
import { say, tell } from "../output.ts"
import { localTime } from "../render.ts"
import { given, optional, requestFlags, requestOf } from "../requestInput.ts"
import { terminalJson } from "@runyard/core/TerminalText"
import { root, withYard } from "./root.ts"
import { json } from "./runs.ts"
import { idOf, scheduleArgument, show } from "./savedSchedule.ts"
import { edit, fire } from "./scheduleChange.ts"

const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

const add = Command.make(
  "add",
  {
    cron: Argument.String("cron").pipe(
      Argument.withDescription(
        'five fields (minute, hour, day, month, weekday), such as "0 3 * * 1-5"; six with seconds',
      ),
    ),
    ...requestFlags,
    name: optional(Flag.String("name"), "A name for lists"),
    timeZone: optional(Flag.String("time-zone"), "Such as Europe/Berlin (default: this machine's)"),
    missed: Flag.Literals("missed", MissedPolicy.literals).pipe(
      Flag.withDescription("What becomes of times at which no program was there (default skip)"),
      Flag.withDefault("skip" as const),
    ),
    overlap: Flag.Literals("overlap", OverlapPolicy.literals).pipe(
      Flag.withDescription("What becomes of a time while a run of it has not ended (default allow)"),
      Flag.withDefault("allow" as const),
    ),
    maxCatchUp: optional(Flag.Int("max-catch-up"), "With --missed all: the latest so many, 1 to 100 (default 10)"),
    json,
  },
  Effect.fn("schedule add")(function* (input) {
    const request = yield* requestOf(input)
    const wanted = {
      request,
      expression: input.cron,
      missed: input.missed,
      overlap: input.overlap,
      timeZone: localZone(),
      ...given("timeZone", input.timeZone),
      ...given("maxCatchUp", input.maxCatchUp),
      ...given("name", input.name),
    }
    yield* withYard(
      Effect.gen(function* () {
        const { quiet } = yield* root
        const yard = yield* Runyard
        const created = yield* asking(yard.schedules.create(wanted, { by: whoGrants() }), !input.json)
        show(created, input.json)
        if (!input.json && !quiet) {
          tell("Its runs start while a program is there that submits them, such as: runyard schedule run")
        }
      }),
    )
  }),
).pipe(Command.withDescription("Run an agent at the times of a cron expression"))

const list = Command.make(
  "ls",
  { json },
  Effect.fn("schedule ls")(function* ({ json }) {
    yield* withYard(
      Effect.gen(function* () {
        const found = yield* (yield* Runyard).schedules.list
        if (found.length === 0 && !json) return tell('No schedules. Make one: runyard schedule add "0 3 * * *" …')
        for (const schedule of found) show(schedule, json)
      }),
    )
  }),
).pipe(Command.withAlias("list"), Command.withDescription("List schedules, with their next times and last runs"))

const acting = (verb: "pause" | "resume" | "remove", description: string) =>
  Command.make(
    verb,
    { schedule: scheduleArgument, json },
    Effect.fn(`schedule ${verb}`)(function* (input) {
      yield* withYard(
        Effect.gen(function* () {
          const id = yield* idOf(input.schedule)
          const schedule = yield* (yield* Runyard).schedules[verb](id, { by: whoGrants() })
          if (verb === "remove" && !input.json) return say(`${schedule.id}  removed`)
          show(schedule, input.json)
        }),
      )
    }),
  ).pipe(Command.withDescription(description))

const next = Command.make(
  "next",
  {
    schedule: scheduleArgument,
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("How many, 1 to 1000"),
      Flag.withDefault(5),
    ),
    json,
  },
  Effect.fn("schedule next")(function* ({ count, json, schedule }) {
    if (count < 1 || count > 1000) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "--count takes a number from 1 to 1000" })
    }
    yield* withYard(
      Effect.gen(function* () {
        const times = yield* (yield* Runyard).schedules.next(yield* idOf(schedule), count)
        for (const at of times) say(json ? terminalJson({ at }) : `${localTime(at)}  ${new Date(at).toISOString()}`)
      }),
    )
  }),
).pipe(Command.withDescription("Say when a schedule is due next"))

/** How often it is looked what schedules have become. */
const lookEvery = "1 second"

/** Says what becomes of schedules, for ever. */
const report = Effect.fnUntraced(function* (asJson: boolean) {
  const { schedules } = yield* Runyard
  const told = new Map<string, number>()
  for (let first = true; ; first = false) {
    const found = yield* schedules.list
    if (first) tell(`${found.length} schedules on this store. Their runs start here until this program is stopped.`)
    for (const schedule of found) {
      const last = Math.max(schedule.lastRun?.due ?? 0, schedule.lastRefusal?.due ?? 0)
      if (!first && last > (told.get(schedule.id) ?? 0)) show(schedule, asJson)
      told.set(schedule.id, last)
    }
    yield* Effect.sleep(lookEvery)
  }
})

const run = Command.make(
  "run",
  { json },
  Effect.fn("schedule run")(function* ({ json }) {
    return yield* withYard(report(json), { schedules: true, adopt: true })
  }),
).pipe(Command.withDescription("Stay, and start the runs of all schedules when they are due"))

export const schedule = Command.make("schedule").pipe(
  Command.withSubcommands([
    add,
    list,
    edit,
    fire,
    acting("pause", "Let no more times count"),
    acting("resume", "Let times count again, from now on"),
    acting("remove", "Forget a schedule; its runs stay"),
    next,
    run,
  ]),
  Command.withDescription("Run agents at the times of a cron expression"),
)
