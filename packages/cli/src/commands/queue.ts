/** `runyard queue`: looks at the queue of the store and changes it, for every program on it. */
import {
  type Actor,
  type ControlChange,
  type PlaceChange,
  type QueueControl,
  Runyard,
  runyardError,
} from "@runyard/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Argument, Command, Flag } from "effect/cli"
import { whoGrants } from "../askGrant.ts"
import { say, tell } from "../output.ts"
import { controlLines, decisionLine, queuedLine } from "../queueText.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"
import { findRun, json, runArgument } from "./runs.ts"

const reason = Flag.String("reason").pipe(Flag.withDescription("Why, for the log"), Flag.optional)
const actorOf = (why: Option.Option<string>): Actor => ({
  by: whoGrants(),
  ...(Option.isSome(why) ? { reason: why.value } : {}),
})

const list = Command.make(
  "ls",
  {
    json,
    limit: Flag.Int("limit").pipe(Flag.withAlias("n"), Flag.withDescription("At most so many"), Flag.withDefault(100)),
  },
  Effect.fn("queue ls")(function* ({ json, limit }) {
    if (limit < 1 || limit > 1000) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "--limit takes a number from 1 to 1000" })
    }
    yield* withYard(
      Effect.gen(function* () {
        const listing = yield* (yield* Runyard).queue.list({ limit })
        if (json) return say(terminalJson(listing))
        const now = yield* Clock.currentTimeMillis
        for (const line of controlLines(listing.control)) tell(line)
        if (listing.runs.length === 0) return tell("Nothing waits and nothing is executed.")
        for (const run of listing.runs) say(queuedLine(run, now))
        const shown = listing.runs.filter(({ state }) => state !== "executed").length
        if (shown < listing.waiting) tell(`… and ${listing.waiting - shown} more that wait`)
      }),
    )
  }),
).pipe(Command.withDescription("List what is executed and what waits, in order, with guesses at the starts"))

const explain = Command.make(
  "explain",
  { run: runArgument, json },
  Effect.fn("queue explain")(function* ({ json, run }) {
    yield* withYard(
      Effect.gen(function* () {
        const { id } = yield* findRun(run)
        const explanation = yield* (yield* Runyard).explain(id)
        say(json ? terminalJson(explanation) : terminalText(explanation.text))
      }),
    )
  }),
).pipe(Command.withDescription("Say why a run waits, or how it ended"))

/** Changes how one run waits, and prints it. */
const changing = Effect.fnUntraced(function* (text: string, change: PlaceChange, actor: Actor, asJson: boolean) {
  yield* withYard(
    Effect.gen(function* () {
      const yard = yield* Runyard
      const { id } = yield* findRun(text)
      const run = yield* yard.queue.change(id, change, actor)
      if (asJson) return say(terminalJson(run))
      say(`${id}  ${terminalText((yield* yard.explain(id)).text)}`)
    }),
  )
})

const priority = Command.make(
  "priority",
  {
    run: runArgument,
    class: Argument.Literals("class", ["interactive", "high", "normal", "low", "background"]).pipe(
      Argument.withDescription("interactive, high, normal, low or background"),
    ),
    reason,
    json,
  },
  Effect.fn("queue priority")((input) =>
    changing(input.run, { priority: input.class }, actorOf(input.reason), input.json),
  ),
).pipe(Command.withDescription("Change how urgent a run is that waits"))

const hold = Command.make(
  "hold",
  { run: runArgument, reason, json },
  Effect.fn("queue hold")((input) => changing(input.run, { held: true }, actorOf(input.reason), input.json)),
).pipe(Command.withDescription("Keep a run from starting"))

const release = Command.make(
  "release",
  { run: runArgument, reason, json },
  Effect.fn("queue release")((input) => changing(input.run, { held: false }, actorOf(input.reason), input.json)),
).pipe(Command.withDescription("Let a held run go on"))

const sayControl = (control: QueueControl, asJson: boolean): void => {
  if (asJson) return say(terminalJson(control))
  const lines = controlLines(control)
  for (const line of lines.length === 0 ? ["Nothing is paused, and each program has its own limits."] : lines) say(line)
}

/** Decides something for the whole queue, and prints what holds. */
const deciding = Effect.fnUntraced(function* (change: ControlChange, actor: Actor, asJson: boolean) {
  yield* withYard(
    Effect.gen(function* () {
      sayControl(yield* (yield* Runyard).queue.decide(change, actor), asJson)
    }),
  )
})

const provider = Argument.String("provider").pipe(
  Argument.withDescription("only this provider (default: the whole queue)"),
  Argument.optional,
)
const of = (name: Option.Option<string>) => (Option.isSome(name) ? { provider: name.value } : {})

const pause = Command.make(
  "pause",
  { provider, reason, json },
  Effect.fn("queue pause")((input) =>
    deciding({ kind: "pause", ...of(input.provider) }, actorOf(input.reason), input.json),
  ),
).pipe(Command.withDescription("Start nothing more; what is executed goes on"))

const resume = Command.make(
  "resume",
  { provider, reason, json },
  Effect.fn("queue resume")((input) =>
    deciding({ kind: "resume", ...of(input.provider) }, actorOf(input.reason), input.json),
  ),
).pipe(Command.withDescription("Go on after a pause"))

const drain = Command.make(
  "drain",
  { reason },
  Effect.fn("queue drain")(function* (input) {
    yield* withYard(
      Effect.gen(function* () {
        tell("The queue is paused; waiting for what is executed…")
        yield* (yield* Runyard).queue.drain(actorOf(input.reason))
        say("Nothing is executed any more. Go on with: runyard queue resume")
      }),
    )
  }),
).pipe(Command.withDescription("Pause the queue, and wait until nothing is executed any more"))

/** `3`, or `default` for what each program has in its settings. */
const limitOf = (text: string, flag: string) =>
  text === "default"
    ? Effect.succeed(null)
    : /^\d{1,6}$/.test(text)
      ? Effect.succeed(Number(text))
      : Effect.fail(
          runyardError("QUEUE_REQUEST_INVALID", {
            message: `--${flag} takes a number, or \`default\`, not "${text.slice(0, 40)}"`,
          }),
        )

const namedLimits = Effect.fnUntraced(function* (entries: ReadonlyArray<string>, flag: string) {
  const limits: Record<string, number | null> = {}
  for (const entry of entries) {
    const at = entry.lastIndexOf("=")
    if (at < 1) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", {
        message: `--${flag} takes NAME=NUMBER, not "${entry.slice(0, 40)}"`,
      })
    }
    limits[entry.slice(0, at)] = yield* limitOf(entry.slice(at + 1), flag)
  }
  return limits
})

const namedFlag = (name: string, example: string) =>
  Flag.String(name).pipe(Flag.withDescription(`${example}; may be repeated`), Flag.between(0, 64))

const limits = Command.make(
  "limits",
  {
    global: Flag.String("global").pipe(Flag.withDescription("Runs at once, in all"), Flag.optional),
    provider: namedFlag("provider", "codex=2"),
    account: namedFlag("account", "codex/team=1"),
    model: namedFlag("model", "codex/gpt-5=1"),
    tenant: namedFlag("tenant", "acme=3"),
    workspace: namedFlag("workspace", "acme/site=1"),
    reason,
    json,
  },
  Effect.fn("queue limits")(function* (input) {
    const named = yield* Effect.forEach(["provider", "account", "model", "tenant", "workspace"] as const, (kind) =>
      Effect.map(namedLimits(input[kind], kind), (of) => [kind, of] as const),
    )
    const asked = {
      ...(Option.isSome(input.global) ? { global: yield* limitOf(input.global.value, "global") } : {}),
      ...Object.fromEntries(named.filter(([, of]) => Object.keys(of).length > 0)),
    }
    if (Object.keys(asked).length > 0) {
      return yield* deciding({ kind: "limits", limits: asked }, actorOf(input.reason), input.json)
    }
    yield* withYard(
      Effect.gen(function* () {
        sayControl((yield* (yield* Runyard).queue.list({ limit: 1 })).control, input.json)
      }),
    )
  }),
).pipe(Command.withDescription("Change how much runs at once, for every program; without flags, say what holds"))

const quotas = Command.make(
  "quotas",
  {
    perTenant: Flag.String("per-tenant").pipe(Flag.withDescription("Runs of each tenant that may wait"), Flag.optional),
    perWorkspace: Flag.String("per-workspace").pipe(Flag.withDescription("The same of each workspace"), Flag.optional),
    tenant: namedFlag("tenant", "acme=100"),
    workspace: namedFlag("workspace", "acme/site=20"),
    reason,
    json,
  },
  Effect.fn("queue quotas")(function* (input) {
    const asked = {
      ...(Option.isSome(input.perTenant) ? { perTenant: yield* limitOf(input.perTenant.value, "per-tenant") } : {}),
      ...(Option.isSome(input.perWorkspace)
        ? { perWorkspace: yield* limitOf(input.perWorkspace.value, "per-workspace") }
        : {}),
      ...(input.tenant.length > 0 ? { tenant: yield* namedLimits(input.tenant, "tenant") } : {}),
      ...(input.workspace.length > 0 ? { workspace: yield* namedLimits(input.workspace, "workspace") } : {}),
    }
    if (Object.keys(asked).length > 0) {
      return yield* deciding({ kind: "quotas", quotas: asked }, actorOf(input.reason), input.json)
    }
    yield* withYard(
      Effect.gen(function* () {
        sayControl((yield* (yield* Runyard).queue.list({ limit: 1 })).control, input.json)
      }),
    )
  }),
).pipe(Command.withDescription("Change how many runs of a tenant or workspace may wait; without flags, say what holds"))

const history = Command.make(
  "history",
  { json },
  Effect.fn("queue history")(function* ({ json }) {
    yield* withYard(
      Effect.gen(function* () {
        const records = yield* (yield* Runyard).queue.decisions()
        if (records.length === 0) tell("Nothing was ever paused, and no limit was changed.")
        for (const record of records) say(json ? terminalJson(record) : decisionLine(record))
      }),
    )
  }),
).pipe(Command.withDescription("List who paused, resumed or limited what, and why"))

export const queue = Command.make("queue").pipe(
  Command.withSubcommands([list, explain, priority, hold, release, pause, resume, drain, limits, quotas, history]),
  Command.withDescription("Look at the queue and steer it"),
)
